"""Damaged windows with the truth: what the nets of repair are trained and validated on.

A window is a pure function of the pool of pictures, the seed and its number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from reelmend.motion import Flow, composed, disagreement, flow_between, moved, texture_of
from reelmend_models.damage import Blotch, ClipInfo, Dust, Flicker, Grain, Hair, Scratch, Stage
from reelmend_models.damage.noise import fractal_field
from reelmend_models.damage.stage import apply_plan
from reelmend_models.definitions.repair.detect import BLOCK, FRAMES, KINDS
from reelmend_models.scenery import TRAINING_SCENERY, cropped
from reelmend_models.training.footage import Split, split_seeds
from reelmend_models.training.footage.footage import Footage
from reelmend_models.training.repair.scenes import MIDDLE, Frames, moving_scene, part_of_stretch, stretches_of
from reelmend_models.training.repair.stills import Origin, Still, stills_of

LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
SIDE = 256
MARGIN = 16
MOST_MISSED_PIXELS = 8.0
KIND_OF_CLASS = {"dust": 0, "blotch": 0, "hair": 1, "scratch": 2}
OFFSETS = (-2, -1, 0, 1, 2)
LINES = (300.0, 1200.0)
"""Lines of the pictures that windows are parts of: they say how large defects and scenery are."""
SCENERY_SHARE = 0.35
LEAST_SEEN = 4.0 / 255.0
"""By how much luma must differ for damage to count as seen."""
UNSURE = 0.05
"""An opacity that counts neither as damage nor as intact."""
SCRATCH = KINDS.index("scratch")
SCENERY_FRAMES = 200


@dataclass(frozen=True)
class Pool:
    """What windows are made from: still pictures, and stretches of footage (5, side, side, 3)."""

    split: Split
    seed: int
    stills: Sequence[Still]
    stretches: Sequence[npt.NDArray[np.uint8]]
    origins: Sequence[Origin]


@dataclass(frozen=True)
class Window:
    """Five frames around one, damaged, and the truth.

    clean, damaged: (5, H, W, 3). mattes: (5, 3, H, W) opacity of blotches, hairs and scratches in each frame. flows:
    from the middle frame to those at −2, −1, +1, +2; missed: (2, H, W) pixels by which −1 and +1 miss. present: which
    offsets are there; the others hold a frame of the other side. standing: (5, H, W) opacity of the scratches that all
    frames have, which are among the mattes.
    """

    clean: Frames
    damaged: Frames
    mattes: npt.NDArray[np.float32]
    flows: Sequence[Flow]
    missed: npt.NDArray[np.float32]
    present: tuple[bool, ...]
    standing: npt.NDArray[np.float32]

    def luma(self) -> npt.NDArray[np.float32]:
        """Return (5, H, W) luma, the neighbours moved onto the middle frame."""
        planes = [np.ascontiguousarray(frame @ LUMA) for frame in self.damaged]
        own = planes.pop(MIDDLE)
        others = [moved(plane, flow) for plane, flow in zip(planes, self.flows, strict=True)]
        return np.stack([*others[:MIDDLE], own, *others[MIDDLE:]])


@dataclass(frozen=True)
class Sample:
    """What the detector learns from: luma (5, S, S), missed (2, S/4, S/4), mattes (3, S, S) as opacities.

    Where damage is not to be seen, or is a scratch that all frames have, mattes are UNSURE: that counts as neither.
    """

    luma: npt.NDArray[np.float16]
    missed: npt.NDArray[np.float16]
    mattes: npt.NDArray[np.float16]


def pool_of(footage: Footage, split: Split) -> Pool:
    """Return the pictures of a split."""
    seed = split_seeds(split)[0]
    stills, origins = stills_of(footage, split, seed)
    return Pool(split, seed, stills, stretches_of(footage, split, seed), origins)


def window_of(pool: Pool, number: int, side: int = SIDE + 2 * MARGIN, clean_share: float = 0.25) -> Window:
    """Return the pool's window of that number. clean_share: share of windows without damage."""
    rng = np.random.default_rng((pool.seed, number))
    if pool.stretches and rng.random() < 0.35:
        clean = part_of_stretch(rng, pool.stretches[int(rng.integers(len(pool.stretches)))], side)
    else:
        clean = moving_scene(rng, pool.stills, side)
    clean = _looked(rng, clean)
    lines = float(np.exp(rng.uniform(*np.log(LINES))))
    if rng.random() < SCENERY_SHARE:
        clean = _with_scenery(rng, clean, lines)
    if rng.random() < 0.5:
        grain = Grain(std=(0.004, 0.04), size_px=(0.4, 1.2), colour=float(rng.choice([0.0, 0.5])))
        clean = _staged(rng, _at_scale(grain, side, 720.0), clean)[0]
    damaged, mattes = clean, np.zeros((FRAMES, len(KINDS), side, side), np.float32)
    standing = np.zeros((FRAMES, side, side), np.float32)
    if rng.random() >= clean_share:
        damaged, mattes, standing = _damaged(rng, clean, lines)
    if rng.random() < 0.4:
        flicker = Flicker(gain_std=(0.0, 0.04), outlier_probability=0.0)
        clean, damaged = (
            _staged(np.random.default_rng((pool.seed, number, 1)), flicker, one)[0] for one in (clean, damaged)
        )
    clean, damaged = _stored(rng, clean, damaged)
    return _with_motion(rng, clean, damaged, mattes, standing)


def sample_of(pool: Pool, number: int) -> Sample:
    """Return what the detector learns from a window: its inner part, whose surroundings flow has seen."""
    window = window_of(pool, number)
    inner = slice(MARGIN, MARGIN + SIDE)
    luma = window.luma()[:, inner, inner]
    missed = np.stack([quartered(plane) for plane in window.missed[:, inner, inner]])
    mattes = window.mattes[MIDDLE][:, inner, inner].copy()
    apart = np.abs((window.damaged[MIDDLE] - window.clean[MIDDLE]) @ LUMA)[inner, inner]
    standing = window.standing[MIDDLE][inner, inner]
    mattes[(mattes > 0) & (apart < LEAST_SEEN)] = UNSURE
    mattes[SCRATCH][standing > 0] = UNSURE
    return Sample(luma.astype(np.float16), missed.astype(np.float16), mattes.astype(np.float16))


def quartered(missed: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return how far flow misses, in shares of 8 pixels, a value for each 4×4 square."""
    height, width = missed.shape
    small = cv2.resize(missed, (width // BLOCK, height // BLOCK), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.minimum(small, MOST_MISSED_PIXELS) / MOST_MISSED_PIXELS, np.float32)


def _looked(rng: np.random.Generator, frames: Frames) -> Frames:
    """Return the frames as film of another contrast and softness shows them, most of them in black and white."""
    if rng.random() < 0.7:
        frames = np.repeat((frames @ LUMA)[..., None], 3, -1)
    frames = np.clip(frames, 0, 1) ** np.float32(np.exp(rng.normal(0, 0.25)))
    low, high = rng.uniform(0, 0.12), rng.uniform(0.8, 1.0)
    frames = np.float32(low) + np.float32(high - low) * frames
    if rng.random() < 0.5:
        softness = rng.uniform(0.3, 1.4)
        frames = np.stack([cv2.GaussianBlur(frame, (0, 0), softness) for frame in frames])
    return np.asarray(frames, np.float32)


def _with_scenery(rng: np.random.Generator, frames: Frames, lines: float) -> Frames:
    """Return the frames with rain, snow, lamps and the like before them, as a picture of so many lines shows these."""
    name = list(TRAINING_SCENERY)[int(rng.integers(len(TRAINING_SCENERY)))]
    stage = TRAINING_SCENERY[name]
    if name == "flashes":
        stage = replace(stage, per_frame=0.4)  # type: ignore[call-arg]
    side = frames.shape[1]
    plan = cropped(stage, max(1.0, lines / side)).plan(ClipInfo(SCENERY_FRAMES, side, side), int(rng.integers(1 << 31)))
    start = int(rng.integers(SCENERY_FRAMES - FRAMES))
    return np.stack([plan.apply(frame, start + index)[0] for index, frame in enumerate(frames)])


def _damaged(
    rng: np.random.Generator, clean: Frames, lines: float
) -> tuple[Frames, npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the frames with dust, blotches, hairs and scratches of one size of film, and what of it lies where.

    That is the mattes of the three kinds, and the opacity of scratches that all frames have.
    """
    side = clean.shape[1]
    any_light = {"dark_level": (0.0, 0.4), "light_level": (0.5, 1.0), "light_share": (0.1, 0.9), "clustering": 0.3}
    stages: list[Stage] = []
    if rng.random() < 0.8:
        stages.append(Dust(per_frame=(2.0, 25.0), **any_light))  # type: ignore[arg-type]
    if rng.random() < 0.6:
        stages.append(Blotch(per_frame=(0.5, 5.0), **any_light))  # type: ignore[arg-type]
    if rng.random() < 0.45:
        stages.append(Hair(short_per_frame=1.5, long_per_frame=0.4, gate_per_frame=0.0, light_share=0.4))
    if rng.random() < 0.3:
        stages.append(Scratch(standing=0.0, per_frame=0.5, duration_frames=(1.0, 1.9), opacity=(0.25, 0.9)))
    if rng.random() < 0.25:
        stages.append(Scratch(standing=(1.0, 2.4), per_frame=0.0, opacity=(0.15, 0.9)))
    damaged, mattes = clean, np.zeros((FRAMES, len(KINDS), side, side), np.float32)
    standing = np.zeros((FRAMES, side, side), np.float32)
    for stage in stages:
        before = damaged
        damaged, found = _staged(rng, _at_scale(stage, side, lines), damaged)
        damaged, found = _thinned(rng, before, damaged, found)
        mattes = 1 - (1 - mattes) * (1 - found)
        if isinstance(stage, Scratch) and not stage.per_frame:
            standing = found[:, SCRATCH]
    return damaged, mattes, standing


def _thinned(
    rng: np.random.Generator, before: Frames, after: Frames, mattes: npt.NDArray[np.float32]
) -> tuple[Frames, npt.NDArray[np.float32]]:
    """Return a stage's work as dirt that lets light through, all alike or in places, makes it: half of it is opaque."""
    share = np.ones((1, *before.shape[1:3]), np.float32)
    if rng.random() < 0.3:
        share *= np.float32(rng.uniform(0.35, 1.0))
    if rng.random() < 0.3:
        height, width = before.shape[1:3]
        inside = fractal_field(rng, height, width, cell_px=float(rng.uniform(2.0, 12.0)), octaves=2)
        share = share * np.clip(0.7 + 0.3 * inside, 0.15, 1.0)
    return before + (after - before) * share[..., None], mattes * share[:, None]


def _staged(rng: np.random.Generator, stage: Stage, frames: Frames) -> tuple[Frames, npt.NDArray[np.float32]]:
    """Return the frames after a stage, and the mattes of the three kinds that it made."""
    plan = stage.plan(ClipInfo(*frames.shape[:3]), int(rng.integers(1 << 31)))
    mattes = np.zeros((FRAMES, len(KINDS), *frames.shape[1:3]), np.float32)
    done = []
    for index, frame in enumerate(frames):
        following = frames[index + 1] if index + 1 < len(frames) else None
        changed, truth = apply_plan(plan, frame, following, index)
        done.append(changed)
        for name, matte in truth.mattes.items():
            kind = mattes[index, KIND_OF_CLASS[name]]
            np.maximum(kind, matte, out=kind)
    return np.stack(done), mattes


def _at_scale(stage: Stage, side: int, lines: float) -> Stage:
    """Return a stage whose pixels, meant at 720 lines, come out as those of a frame of `lines` lines."""
    factor = (lines / 720.0) / (side / 720.0)
    changes: dict[str, object] = {}
    for name in (
        "radius_px",
        "max_radius_px",
        "softness_px",
        "short_px",
        "long_px",
        "width_px",
        "size_px",
        "wander_px",
    ):
        if hasattr(stage, name):
            value = getattr(stage, name)
            changes[name] = tuple(factor * one for one in value) if isinstance(value, tuple) else factor * value
    return replace(stage, **changes)  # type: ignore[type-var]


def _stored(rng: np.random.Generator, clean: Frames, damaged: Frames) -> tuple[Frames, Frames]:
    """Return both as a scan stores them: in 8 bits, now and then with losses, or as they are."""
    if rng.random() < 0.2:
        quality = int(rng.integers(70, 96))
        return _lossy(clean, quality), _lossy(damaged, quality)
    if rng.random() < 0.8:
        return _rounded(clean), _rounded(damaged)
    return clean, damaged


def _rounded(frames: Frames) -> Frames:
    return np.asarray(np.rint(np.clip(frames, 0, 1) * 255) / 255, np.float32)


def _lossy(frames: Frames, quality: int) -> Frames:
    kept = []
    for frame in frames:
        whole = np.asarray(np.clip(np.rint(frame * 255), 0, 255), np.uint8)
        _, stored = cv2.imencode(".jpg", whole, [cv2.IMWRITE_JPEG_QUALITY, quality])
        kept.append(np.asarray(cv2.imdecode(stored, cv2.IMREAD_COLOR), np.float32) / np.float32(255))
    return np.stack(kept)


def _with_motion(
    rng: np.random.Generator,
    clean: Frames,
    damaged: Frames,
    mattes: npt.NDArray[np.float32],
    standing: npt.NDArray[np.float32],
) -> Window:
    """Return the window with flow measured as the engine would; now and then one side is missing."""
    order = list(OFFSETS)
    one_sided = rng.random()
    if one_sided < 0.04:
        order = [2, 1, 0, 1, 2]
    elif one_sided < 0.08:
        order = [-2, -1, 0, -1, -2]
    present = tuple(offset == wanted for offset, wanted in zip(order, OFFSETS, strict=True))
    places = [MIDDLE + offset for offset in order]
    damaged, clean, mattes, standing = (stack[places] for stack in (damaged, clean, mattes, standing))
    shrink = float(rng.choice([1.0, 1.0, 2.0, 3.0]))
    textures = [_texture(frame, shrink) for frame in damaged]
    there = {index: flow_between(textures[MIDDLE], textures[index]) for index in (1, 3)}
    back = {index: flow_between(textures[index], textures[MIDDLE]) for index in (1, 3)}
    flows = [
        composed(there[1], flow_between(textures[1], textures[0])),
        there[1],
        there[3],
        composed(there[3], flow_between(textures[3], textures[4])),
    ]
    side = damaged.shape[1]
    missed = [shrink * cv2.resize(disagreement(there[index], back[index]), (side, side)) for index in (1, 3)]
    return Window(clean, damaged, mattes, flows, np.stack(missed), present, standing)


def _texture(frame: Frames, shrink: float) -> npt.NDArray[np.uint8]:
    luma = np.ascontiguousarray(frame @ LUMA)
    if shrink != 1:
        luma = cv2.resize(luma, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA)
    return texture_of(luma)
