"""Clips as the measures see them: float32 frames, luma, and pairs of clips that match frame by frame."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend.quality.errors import QualityError

Frame: TypeAlias = NDArray[np.float32]
Clip: TypeAlias = NDArray[Any] | Iterable[NDArray[Any]]

LUMA_WEIGHTS_REC709 = (0.2126, 0.7152, 0.0722)
GRID_ROWS = 9
GRID_COLUMNS = 16

_FULL_SCALE = {"uint8": 255.0, "uint16": 65535.0}


def as_float_frame(frame: NDArray[Any], where: str = "frame") -> Frame:
    """Return the frame as float32 (H, W, 3), 1.0 at full scale.

    uint8 is divided by 255 and uint16 by 65535 (10- or 12-bit values must be scaled to 16 bits first); floats pass
    unchanged and are not clipped. Raises QualityError on any other type, another shape, or values that are not finite.
    """
    pixels = np.asarray(frame)
    if pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape:
        raise QualityError(f"{where} must be (H, W, 3), got {pixels.shape}; drop alpha, repeat a single channel")
    if pixels.dtype.name in _FULL_SCALE:
        return pixels.astype(np.float32) / np.float32(_FULL_SCALE[pixels.dtype.name])
    if pixels.dtype.kind != "f":
        raise QualityError(f"{where} must be uint8, uint16 or float, got {pixels.dtype}")
    converted = np.ascontiguousarray(pixels, dtype=np.float32)
    if not np.isfinite(converted).all():
        raise QualityError(f"{where} holds NaN or infinity; mend the file or clamp it before measuring")
    return converted


def frames_of(clip: Clip, name: str = "clip") -> Iterator[Frame]:
    """Yield the clip's frames as float32 (H, W, 3), refusing an empty clip and a change of size within it."""
    shape: tuple[int, ...] | None = None
    for index, raw in enumerate(clip):
        frame = as_float_frame(raw, f"{name} frame {index}")
        if shape is not None and frame.shape != shape:
            raise QualityError(
                f"{name} changes size at frame {index}: {_size(shape)} before, {_size(frame.shape)} here"
            )
        shape = frame.shape
        yield frame
    if shape is None:
        raise QualityError(f"{name} has no frames")


def paired(first: Clip, second: Clip, names: tuple[str, str] = ("restored", "truth")) -> Iterator[tuple[Frame, Frame]]:
    """Yield matching frames of two clips; QualityError when their sizes or lengths differ."""
    one, two = frames_of(first, names[0]), frames_of(second, names[1])
    for index, left in enumerate(one):
        right = next(two, None)
        if right is None:
            raise QualityError(f"{names[1]} ends after {index} frames, {names[0]} goes on: both must be equally long")
        if left.shape != right.shape:
            raise QualityError(
                f"{names[0]} is {_size(left.shape)} and {names[1]} is {_size(right.shape)}: both must have one size"
            )
        yield left, right
        count = index + 1
    if next(two, None) is not None:
        raise QualityError(f"{names[0]} ends after {count} frames, {names[1]} goes on: both must be equally long")


def luma(frame: Frame) -> Frame:
    """Return Rec. 709 luma (H, W) of the coded values, with no change of transfer function."""
    return np.asarray(cv2.transform(frame, np.array([LUMA_WEIGHTS_REC709], np.float32)), np.float32)


def luma_grid(luma_plane: Frame) -> NDArray[np.float64]:
    """Return the mean luma of each of 9 rows × 16 columns of equal cells, shape (9, 16)."""
    height, width = luma_plane.shape
    if height < GRID_ROWS or width < GRID_COLUMNS:
        raise QualityError(f"frames of {width}×{height} are too small for a {GRID_COLUMNS}×{GRID_ROWS} grid")
    cells = cv2.resize(luma_plane, (GRID_COLUMNS, GRID_ROWS), interpolation=cv2.INTER_AREA)
    return np.asarray(cells, np.float64)


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}×{shape[0]}"
