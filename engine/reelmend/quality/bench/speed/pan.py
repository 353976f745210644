"""Endless footage that costs no memory: every frame is a window into a few tall pictures, and no two are alike."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from reelmend.frames import FrameFormat, Planes

EXPOSURES = 8
"""Pictures of different exposure: neighbours never share memory, as neighbours in a host don't."""
ROWS_A_FRAME = 2
FLICKER = 0.03
SEED = 3
GRAIN = 0.01
SPECKS_A_FRAME = 40
SPECK_RADII_PX = (2.0, 12.0)
"""At 1080 rows: from dust to a blotch."""

Picture = npt.NDArray[np.float32]


class Pan:
    """A flickering pan, frames 0 to `frames` − 1, as RGBA pictures without a copy, or as planes.

    A frame is the same at every call and has its own content. It pans by two rows in eight frames: no cut is seen.
    dirty: steady light in place of the flicker, and on each frame about forty specks and blotches that its neighbours
    don't have.
    """

    def __init__(self, width: int, height: int, frames: int, *, dirty: bool = False) -> None:
        self.width, self.height, self.frames = width, height, frames
        rng = np.random.default_rng(SEED)
        rows = height + ROWS_A_FRAME * (frames // EXPOSURES + 1)
        coarse = rng.random((rows // 8 + 2, width // 8 + 2, 3), dtype=np.float32) * np.float32(0.8)
        scene = cv2.resize(coarse, (width, rows), interpolation=cv2.INTER_LINEAR)
        scene += rng.normal(0.0, 0.01, (1, width, 3)).astype(np.float32)
        gains = 1.0 + (0.0 if dirty else FLICKER) * rng.standard_normal(EXPOSURES)
        self._tall = np.ones((EXPOSURES, rows, width, 4), np.float32)
        for picture, gain in zip(self._tall, gains, strict=True):
            np.multiply(scene, np.float32(gain), out=picture[:, :, :3])
            if dirty:
                picture[:, :, :3] += rng.normal(0.0, GRAIN, (rows, width, 1)).astype(np.float32)
                _soil(picture, rng, round(SPECKS_A_FRAME * rows / height))

    @property
    def frame_bytes(self) -> int:
        return self.width * self.height * 16

    def memory(self, frame: int) -> Picture:
        """Return the frame's memory as (H, W, 4), bottom row first as hosts have it, alpha 1: not to be written to."""
        start = ROWS_A_FRAME * (frame // EXPOSURES)
        return self._tall[frame % EXPOSURES, start : start + self.height]

    def rgba(self, frame: int) -> Picture:
        """Return the frame as (H, W, 4), top row first: a view of its memory."""
        return self.memory(frame)[::-1]

    def planes(self, frame: int) -> Planes:
        """Return the frame as fresh (3, H, W) planes."""
        planes = np.empty((3, self.height, self.width), np.float32)
        for plane, channel in zip(planes, cv2.split(self.memory(frame)), strict=False):
            plane[...] = channel[::-1]
        return planes

    def proxy(self, frame: int) -> Planes:
        """Return the frame as its proxy; to within rounding, at whole multiples of the proxy's size."""
        form = FrameFormat(self.width, self.height).proxy
        small = cv2.resize(self.memory(frame), (form.width, form.height), interpolation=cv2.INTER_AREA)
        return np.ascontiguousarray(small[::-1, :, :3].transpose(2, 0, 1), np.float32)


def _soil(picture: Picture, rng: np.random.Generator, specks: int) -> None:
    """Paint round specks, dark or light, into R, G and B of a tall picture."""
    rows, width = picture.shape[:2]
    least, most = (radius * width / 1920.0 for radius in SPECK_RADII_PX)
    for _ in range(specks):
        place = int(rng.integers(0, width)), int(rng.integers(0, rows))
        light = 0.02 if rng.random() < 0.5 else 0.95
        radius = max(1, round(float(rng.uniform(least, most))))
        cv2.circle(picture, place, radius, (light, light, light, 1.0), cv2.FILLED, cv2.LINE_AA)


def pan_bytes(width: int, height: int, frames: int) -> int:
    """Return the memory that such a pan takes."""
    return EXPOSURES * width * (height + ROWS_A_FRAME * (frames // EXPOSURES + 1)) * 16
