"""A clip without footage: a pan over texture, a disc that crosses it, grain, and light that rises and falls."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

FRAMES = 120
PAN_PX_PER_FRAME = 3.0
LIGHT_SWING = 0.15
GRAIN_STD = 0.012
SEED = 2_000_000


def synthetic_pan(width: int, height: int, frames: int = FRAMES) -> Iterator[NDArray[np.float32]]:
    """Yield (H, W, 3) float32 frames, 0…1; the same bytes for a size at every call.

    The light follows half a sine of ±15 % over the clip: a ramp that a deflicker must leave alone. Pixels are meant at
    720 lines. The motion is a whole-pixel pan of 3 px and a disc against it: an easy case, which upper bounds are.
    """
    scale = height / 720.0
    step = max(1, round(PAN_PX_PER_FRAME * scale))
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence(SEED)))
    texture = _texture(rng, height, width + step * frames, scale)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    for index in range(frames):
        view = texture[:, step * index : step * index + width].copy()
        across = width * (0.85 - 0.7 * index / frames)
        view[(columns - across) ** 2 + (rows - 0.45 * height) ** 2 < (0.12 * height) ** 2] = (0.72, 0.55, 0.38)
        light = 1.0 + LIGHT_SWING * np.sin(np.pi * index / frames)
        grain = rng.normal(0.0, GRAIN_STD, (height, width, 1))
        yield np.clip(view * light + grain, 0.0, 1.0).astype(np.float32)


def _texture(rng: np.random.Generator, height: int, width: int, scale: float) -> NDArray[np.float32]:
    """Return (H, W, 3) smooth patches of three sizes, from 0.08 to 0.75."""
    whole = np.zeros((height, width, 3), np.float32)
    for size_px, strength in ((60.0, 1.0), (12.0, 0.5), (3.0, 0.25)):
        noise = rng.normal(0.0, 1.0, (height, width, 3)).astype(np.float32)
        smooth = cv2.GaussianBlur(noise, (0, 0), max(size_px * scale, 0.5), borderType=cv2.BORDER_REFLECT)
        whole += np.float32(strength) * smooth / smooth.std()
    low, high = np.percentile(whole, [1, 99])
    return np.asarray(np.clip(0.08 + 0.67 * (whole - low) / (high - low), 0.0, 1.0), np.float32)
