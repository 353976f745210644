"""Safe ways to change pixels: defects stamped through a matte, filters and shifts that keep NaN where it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend_models.damage.stage import Frame, Plane

Rgb: TypeAlias = tuple[float, float, float]

SHIFT_STEPS_PER_PX = 32
"""OpenCV interpolates at 1/32 pixel; shifts are rounded to it first, so that the recorded truth is exact."""


def stamp(frame: Frame, matte: Plane, patch: Plane, top: int, left: int, colour: Rgb) -> None:
    """Blend a colour into frame[top:, left:] through a patch of opacities, in place, and add the patch to the matte.

    What the patch does not cover keeps its bits; what falls outside the frame is cut off.
    """
    height, width = matte.shape
    y0, x0 = max(top, 0), max(left, 0)
    y1, x1 = min(top + patch.shape[0], height), min(left + patch.shape[1], width)
    if y0 >= y1 or x0 >= x1:
        return
    alpha = patch[y0 - top : y1 - top, x0 - left : x1 - left]
    area = frame[y0:y1, x0:x1]
    blended = area * (1.0 - alpha)[:, :, None] + alpha[:, :, None] * np.asarray(colour, np.float32)
    np.copyto(area, blended, where=(alpha > 0)[:, :, None])
    region = matte[y0:y1, x0:x1]
    np.subtract(1.0, (1.0 - region) * (1.0 - alpha), out=region, where=alpha > 0)


def keeping_nonfinite(frame: Frame, change: Callable[[Frame], Frame]) -> Frame:
    """Return change(frame) where NaN and infinity stay as they are, and count as black for their neighbours."""
    finite = np.isfinite(frame)
    if finite.all():
        return change(frame)
    changed = change(np.where(finite, frame, np.float32(0.0)))
    return np.where(finite, changed, frame)


def rounded_shift(shift_px: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return shifts rounded to what the interpolation can do."""
    return (np.round(shift_px * SHIFT_STEPS_PER_PX) / SHIFT_STEPS_PER_PX).astype(np.float32)


def shift_rows(rows: Frame, shift_px: NDArray[np.float32]) -> Frame:
    """Return (H, W, 3) rows moved to the right by (H,) pixels each, linear, the edge pixels repeated."""
    height, width = rows.shape[:2]
    columns = np.arange(width, dtype=np.float32)[None, :] - shift_px[:, None]
    lines = np.broadcast_to(np.arange(height, dtype=np.float32)[:, None], (height, width))
    moved: Frame = cv2.remap(rows, columns, lines, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return moved


def row_displacement(shift_px: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """Return the (H, W, 2) displacement of rows moved to the right by (H,) pixels."""
    field = np.zeros((len(shift_px), width, 2), np.float32)
    field[:, :, 0] = -shift_px[:, None]
    return field
