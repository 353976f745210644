"""Clips made here: a textured pan with a moving disc and grain, flicker laid over it, all from a seed."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from reelmend.errors import MediaError
from reelmend.frames import Planes

Frames = npt.NDArray[np.float32]


@dataclass
class ArrayClip:
    """A clip in memory, (N, 3, H, W); counts how often each frame was read."""

    frames: Frames
    first_frame: int = 0
    reads: dict[int, int] = field(default_factory=dict)
    broken: frozenset[int] = frozenset()

    @property
    def last_frame(self) -> int:
        return self.first_frame + len(self.frames) - 1

    def read(self, frame: int) -> Planes:
        self.reads[frame] = self.reads.get(frame, 0) + 1
        if frame in self.broken:
            raise MediaError(f"frame {frame} can't be read")
        return self.frames[frame - self.first_frame]


def moving_scene(count: int, width: int = 96, height: int = 64, seed: int = 1, grain: float = 0.01) -> Frames:
    """Return (N, 3, H, W) frames of a slow pan over texture with a disc that crosses it."""
    rng = np.random.default_rng(seed)
    texture = cv2.GaussianBlur(rng.random((height + 64, width + 2 * count + 64), dtype=np.float32), (0, 0), 6)
    texture = 0.15 + 0.6 * (texture - texture.min()) / np.ptp(texture)
    frames = np.empty((count, 3, height, width), np.float32)
    rows, columns = np.mgrid[:height, :width]
    for index in range(count):
        view = texture[20 : 20 + height, 10 + index : 10 + index + width].copy()
        x, y = width * (0.2 + 0.6 * index / max(count - 1, 1)), height * 0.5
        view[(columns - x) ** 2 + (rows - y) ** 2 < (height / 8) ** 2] = 0.8
        tint = np.array([1.05, 1.0, 0.9], np.float32)[:, None, None]
        frames[index] = view * tint + rng.normal(0, grain, (3, height, width)).astype(np.float32)
    return frames


def with_flicker(frames: Frames, seed: int = 5, deviation: float = 0.08) -> Frames:
    """Return the frames under a random gain of that standard deviation, one value a frame."""
    gains = np.exp(np.random.default_rng(seed).normal(0, deviation, len(frames))).astype(np.float32)
    return frames * gains[:, None, None, None]
