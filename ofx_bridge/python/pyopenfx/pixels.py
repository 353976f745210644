"""The pixel formats of OpenFX as numpy knows them."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .errors import ShapeError

Depth = Literal["byte", "short", "half", "float"]
Components = Literal["RGBA", "RGB", "Alpha"]
FieldOrder = Literal["none", "lower", "upper"]
Field = Literal["none", "both", "lower", "upper"]
Pixels = NDArray[Any]  # uint8, uint16, float16 or float32: (height, width, channels)

DTYPES: dict[str, np.dtype[Any]] = {
    "byte": np.dtype(np.uint8),
    "short": np.dtype(np.uint16),
    "half": np.dtype(np.float16),
    "float": np.dtype(np.float32),
}
CHANNELS: dict[str, int] = {"RGBA": 4, "RGB": 3, "Alpha": 1}


def depth_of(pixels: object, what: str) -> Depth:
    """Return the OpenFX depth of an array's samples; raise ShapeError when OpenFX has no such depth."""
    if not isinstance(pixels, np.ndarray):
        raise ShapeError(f"{what} must be a numpy array, got {type(pixels).__name__}")
    for depth, dtype in DTYPES.items():
        if pixels.dtype == dtype:
            return depth  # type: ignore[return-value]
    raise ShapeError(f"{what} must be float32, float16, uint16 or uint8, got {pixels.dtype}")


def native_depth(depth: str) -> str:
    """Return "OfxBitDepthFloat" for "float"."""
    return f"OfxBitDepth{depth.capitalize()}"


def native_field(field: str) -> str:
    """Return "OfxFieldLower" for "lower"."""
    return f"OfxField{field.capitalize()}"


def with_contiguous_rows(picture: Pixels) -> Pixels:
    """Return `picture` itself when each row's pixels lie side by side in memory, else a copy where they do."""
    sample = picture.itemsize
    height, width, channels = picture.shape
    # numpy gives axes of length 1 any stride it likes.
    rows_contiguous = picture.strides[2] == sample and picture.strides[1] == channels * sample
    return picture if rows_contiguous else np.ascontiguousarray(picture).reshape(height, width, channels)
