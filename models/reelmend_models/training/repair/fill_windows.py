"""Damaged windows for the fill: more scratches than the detector sees, in colour as often as not, and even scenes too.

In an even scene, a sky or a wall, the least rest of a scratch is seen; in a busy one much may be wrong.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from reelmend_models.damage import Blotch, Dust, Flicker, Grain, Hair, Scratch, Stage
from reelmend_models.definitions.repair.detect import FRAMES, KINDS
from reelmend_models.training.repair.samples import (
    LUMA,
    Pool,
    Window,
    _at_scale,
    _staged,
    _stored,
    _with_motion,
)
from reelmend_models.training.repair.scenes import Frames, moving_scene, part_of_stretch

SIDE = 240
LINES = (280.0, 1200.0)
"""Lines of the film that damage is drawn for."""
EVEN_SHARE, STRETCH_SHARE, GREY_SHARE, GRAIN_SHARE, FLICKER_SHARE = 0.25, 0.3, 0.5, 0.5, 0.5
EVEN_SOFTNESS_PX = (2.0, 16.0)
KIND_SHARES = {"dust": 0.6, "blotch": 0.6, "hair": 0.35, "scratch": 0.55}


def fill_window_of(pool: Pool, number: int) -> Window:
    """Return the pool's window of that number for the fill."""
    rng = np.random.default_rng((pool.seed, 19, number))
    if pool.stretches and rng.random() < STRETCH_SHARE:
        clean = part_of_stretch(rng, pool.stretches[int(rng.integers(len(pool.stretches)))], SIDE)
    else:
        clean = moving_scene(rng, pool.stills, SIDE)
    clean = _looked(rng, clean)
    lines = float(np.exp(rng.uniform(*np.log(LINES))))
    if rng.random() < GRAIN_SHARE:
        grain = Grain(std=(0.004, 0.04), size_px=(0.4, 1.2), colour=float(rng.choice([0.0, 0.5])))
        clean = _staged(rng, _at_scale(grain, SIDE, 720.0), clean)[0]
    damaged, mattes = _damaged(rng, clean, lines)
    if rng.random() < FLICKER_SHARE:
        flicker = Flicker(gain_std=(0.0, 0.08), outlier_probability=0.02)
        seed = int(rng.integers(1 << 31))
        clean, damaged = (_staged(np.random.default_rng(seed), flicker, one)[0] for one in (clean, damaged))
    clean, damaged = _stored(rng, clean, damaged)
    return _with_motion(rng, clean, damaged, mattes)


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
    """Return the frames with some kinds of damage, at least one, and their mattes."""
    stages: dict[str, Stage] = {
        "dust": Dust(per_frame=(8.0, 30.0), light_share=(0.1, 0.9), opacity=(0.5, 1.0), clustering=0.3),
        "blotch": Blotch(per_frame=(1.5, 6.0), light_share=(0.1, 0.9), opacity=(0.5, 1.0), clustering=0.3),
        "hair": Hair(short_per_frame=2.0, long_per_frame=0.5, gate_per_frame=0.0, light_share=0.4),
        "scratch": Scratch(standing=(1.0, 3.0), per_frame=0.2, duration_frames=(1.0, 3.0), opacity=(0.2, 0.95)),
    }
    chosen = [name for name, share in KIND_SHARES.items() if rng.random() < share] or ["scratch"]
    damaged, mattes = clean, np.zeros((FRAMES, len(KINDS), SIDE, SIDE), np.float32)
    for name in chosen:
        damaged, found = _staged(rng, _at_scale(stages[name], SIDE, lines), damaged)
        mattes = 1 - (1 - mattes) * (1 - found)
    return damaged, mattes
