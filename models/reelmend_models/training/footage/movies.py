"""Frames out of camera clips and of clips written as files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from reelmend_models.training.footage.errors import FootageError


def movie_frames(file: Path, frames: int, start: int = 0, stop: int | None = None) -> Iterator[npt.NDArray[np.float32]]:
    """Give the frames start … stop - 1 of a movie, (H, W, 3) float32 RGB display values in 0–1.

    frames: how many the manifest says. Decoded by OpenCV; frames before `start` are decoded and dropped,
    because seeking is not exact in all of these files. Raises FootageError when the movie ends early.
    """
    last = frames if stop is None else min(stop, frames)
    capture = cv2.VideoCapture(str(file))
    try:
        if not capture.isOpened():
            raise FootageError(f"{file} cannot be decoded; build the footage again")
        for index in range(last):
            pixels = capture.read()[1] if index >= start else None
            if (index >= start and pixels is None) or (index < start and not capture.grab()):
                raise FootageError(f"{file} ends at frame {index} of {frames}; build the footage again")
            if pixels is not None:
                yield np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.float32) / np.float32(255)
    finally:
        capture.release()


def png_frames(folder: Path, frames: int, start: int = 0, stop: int | None = None) -> Iterator[npt.NDArray[np.float32]]:
    """Give the frames start … stop - 1 of a folder of 16-bit PNGs, as movie_frames does."""
    for index in range(start, frames if stop is None else min(stop, frames)):
        pixels = cv2.imread(str(png_file(folder, index)), cv2.IMREAD_UNCHANGED)
        if pixels is None:
            raise FootageError(f"{png_file(folder, index)} is missing or broken; build the footage again")
        yield np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.float32) / np.float32(65535)


def png_file(folder: Path, index: int) -> Path:
    """Return the file of a frame in a folder of PNGs."""
    return folder / f"{index:06d}.png"
