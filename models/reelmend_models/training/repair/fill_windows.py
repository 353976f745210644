"""Damaged windows for the fill: more scratches than the detector sees, in colour as often as not, and even scenes too.

In an even scene, a sky or a wall, the least rest of a scratch is seen; in a busy one much may be wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from reelmend.motion import Flow, composed, disagreement, flow_between, texture_of
from reelmend_models.damage import Blotch, ClipInfo, Dust, Flicker, Grain, Hair, Scratch, Stage
from reelmend_models.training.repair.samples import KIND_OF_CLASS, LUMA, Pool
from reelmend_models.training.repair.scenes import Frames, moving_scene, part_of_stretch

SIDE = 240
LINES = (280.0, 1200.0)
"""Lines of the film that damage is drawn for."""
EVEN_SHARE, STRETCH_SHARE, GREY_SHARE, GRAIN_SHARE, FLICKER_SHARE = 0.25, 0.3, 0.5, 0.5, 0.5
EVEN_SOFTNESS_PX = (2.0, 16.0)
FRAMES, MIDDLE, KINDS = 5, 2, 3
FLOW_SHRINKS = (1.0, 1.0, 2.0, 3.0)
"""By how much flow is measured on smaller pictures than the frame: large frames have it so."""
STORED_SHARE = 0.8
"""Share of windows in 8 bits."""
KIND_SHARES = {"dust": 0.6, "blotch": 0.6, "hair": 0.35, "scratch": 0.55}


@dataclass(frozen=True)
class FillWindow:
    """Five frames around one, damaged, and the truth.

    clean, damaged: (5, H, W, 3). mattes: (3, H, W) opacity of blotches, hairs and scratches in the middle frame. flows:
    from it to those at −1, +1, −2, +2; missed: (2, H, W) pixels by which −1 and +1 miss.
    """

    clean: Frames
    damaged: Frames
    mattes: npt.NDArray[np.float32]
    flows: Sequence[Flow]
    missed: npt.NDArray[np.float32]


def fill_window_of(pool: Pool, number: int) -> FillWindow:
    """Return the pool's window of that number for the fill."""
    rng = np.random.default_rng((pool.seed, 19, number))
    if pool.stretches and rng.random() < STRETCH_SHARE:
        clean = part_of_stretch(rng, pool.stretches[int(rng.integers(len(pool.stretches)))], SIDE)
    else:
        clean = moving_scene(rng, pool.stills, SIDE)
    clean = _looked(rng, clean)
    lines = float(np.exp(rng.uniform(*np.log(LINES))))
    if rng.random() < GRAIN_SHARE:
        grain = Grain(std=(0.004, 0.04), size_px=(1.2, 3.6), colour=float(rng.choice([0.0, 0.5])))
        clean = _staged(int(rng.integers(1 << 31)), grain, clean)[0]
    damaged, mattes = _damaged(rng, clean, lines)
    if rng.random() < FLICKER_SHARE:
        flicker = Flicker(gain_std=(0.0, 0.08), outlier_probability=0.02)
        seed = int(rng.integers(1 << 31))
        clean, damaged = (_staged(seed, flicker, one)[0] for one in (clean, damaged))
    if rng.random() < STORED_SHARE:
        clean, damaged = _rounded(clean), _rounded(damaged)
    return _with_motion(clean, damaged, mattes, float(rng.choice(FLOW_SHRINKS)))


def _looked(rng: np.random.Generator, frames: Frames) -> Frames:
    """Return the frames in a contrast and softness of their own, a share of them without detail."""
    if rng.random() < EVEN_SHARE:
        softness = float(np.exp(rng.uniform(*np.log(EVEN_SOFTNESS_PX))))
        frames = np.stack([cv2.GaussianBlur(frame, (0, 0), softness) for frame in frames])
    elif rng.random() < 0.4:
        softness = rng.uniform(0.3, 1.4)
        frames = np.stack([cv2.GaussianBlur(frame, (0, 0), softness) for frame in frames])
    if rng.random() < GREY_SHARE:
        frames = np.repeat((frames @ LUMA)[..., None], 3, -1)
    frames = np.clip(frames, 0, 1) ** np.float32(np.exp(rng.normal(0, 0.4)))
    low, high = rng.uniform(0, 0.12), rng.uniform(0.5, 1.0)
    return np.asarray(np.float32(low) + np.float32(high - low) * frames, np.float32)


def _damaged(rng: np.random.Generator, clean: Frames, lines: float) -> tuple[Frames, npt.NDArray[np.float32]]:
    """Return the frames with some kinds of damage, at least one, and the middle frame's mattes."""
    stages: dict[str, Stage] = {
        "dust": Dust(per_frame=(8.0, 30.0), light_share=(0.1, 0.9), opacity=(0.5, 1.0), clustering=0.3),
        "blotch": Blotch(per_frame=(1.5, 6.0), light_share=(0.1, 0.9), opacity=(0.5, 1.0), clustering=0.3),
        "hair": Hair(short_per_frame=2.0, long_per_frame=0.5, gate_per_frame=0.0, light_share=0.4),
        "scratch": Scratch(standing=(1.0, 3.0), per_frame=0.2, duration_frames=(1.0, 3.0), opacity=(0.2, 0.95)),
    }
    chosen = [name for name, share in KIND_SHARES.items() if rng.random() < share] or ["scratch"]
    damaged, mattes = clean, np.zeros((KINDS, SIDE, SIDE), np.float32)
    for name in chosen:
        damaged, found = _staged(int(rng.integers(1 << 31)), _at_scale(stages[name], lines), damaged)
        mattes = 1 - (1 - mattes) * (1 - found)
    return damaged, mattes


def _staged(seed: int, stage: Stage, frames: Frames) -> tuple[Frames, npt.NDArray[np.float32]]:
    """Return the frames after a stage, and the middle frame's mattes of the three kinds."""
    plan = stage.plan(ClipInfo(*frames.shape[:3]), seed)
    done = [plan.apply(np.ascontiguousarray(frame), index) for index, frame in enumerate(frames)]
    mattes = np.zeros((KINDS, *frames.shape[1:3]), np.float32)
    for name, matte in done[MIDDLE][1].mattes.items():
        np.maximum(mattes[KIND_OF_CLASS[name]], matte, out=mattes[KIND_OF_CLASS[name]])
    return np.stack([frame for frame, _ in done]), mattes


def _rounded(frames: Frames) -> Frames:
    return np.asarray(np.rint(np.clip(frames, 0, 1) * 255) / 255, np.float32)


def _at_scale(stage: Stage, lines: float) -> Stage:
    """Return a stage whose pixels, meant at 720 lines, come out as on a frame of `lines` lines."""
    factor = lines / SIDE
    changes: dict[str, object] = {}
    for name in ("radius_px", "max_radius_px", "softness_px", "short_px", "long_px", "width_px", "wander_px"):
        if hasattr(stage, name):
            value = getattr(stage, name)
            changes[name] = tuple(factor * one for one in value) if isinstance(value, tuple) else factor * value
    return replace(stage, **changes)  # type: ignore[type-var]


def _with_motion(clean: Frames, damaged: Frames, mattes: npt.NDArray[np.float32], shrink: float) -> FillWindow:
    """Return the window with flow measured as the engine would."""
    textures = [_texture(frame, shrink) for frame in damaged]
    there = {index: flow_between(textures[MIDDLE], textures[index]) for index in (1, 3)}
    back = {index: flow_between(textures[index], textures[MIDDLE]) for index in (1, 3)}
    flows = [
        there[1],
        there[3],
        composed(there[1], flow_between(textures[1], textures[0])),
        composed(there[3], flow_between(textures[3], textures[4])),
    ]
    missed = [shrink * cv2.resize(disagreement(there[index], back[index]), (SIDE, SIDE)) for index in (1, 3)]
    return FillWindow(clean, damaged, mattes, flows, np.asarray(np.stack(missed), np.float32))


def _texture(frame: Frames, shrink: float) -> npt.NDArray[np.uint8]:
    luma = np.ascontiguousarray(frame @ LUMA)
    if shrink != 1:
        luma = cv2.resize(luma, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA)
    return texture_of(luma)
