"""The usual way with line scratches: columns that stand out, filled from their left and right. Own implementation."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend.quality.peers.method import Method, Pixels, Restored, as_pixels, luma_of

SLOPES_PX = (-8, -6, -4, -2, 0, 2, 4, 6, 8)
"""How far the lower end of a line stands to the right of its upper end."""
STANDS_OUT = 6.0
"""How many robust standard deviations of all columns a column's mean must be off."""
CLIPPED_LEVELS = 8.0
REACH_PX = 2
"""Columns on either side of a found line that are filled too."""
DEVIATION_OF_MAD = 1.4826
INSIDE_ABOVE = 0.1
MEDIAN_PX = 9

Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]


def column_filter(frames: Pixels) -> Restored:
    """Return each frame with the columns that stand out filled across, and where that was.

    Luma less its median of 9×9, clipped to ±8 levels, is averaged along lines of nine slopes; a line whose mean is off
    by more than 6 robust standard deviations, and by more than its neighbours', is a scratch, five columns wide from
    top to bottom. No memory of other frames. Source: the detection by column sums that
    Kokaram, "Motion Picture Restoration", 1998, ch. 6, begins with.
    """
    found = np.stack([scratched(luma_of(frame)) for frame in frames])
    return _filled(frames, found)


def column_filter_told(frames: Pixels, matte: NDArray[np.uint8]) -> Restored:
    """Return each frame filled across where the true matte says that a scratch is (above 0.1): the best it could do."""
    return _filled(frames, matte > INSIDE_ABOVE * 255.0)


def scratched(luma: Plane) -> Mask:
    """Return (H, W) where lines stand out of a picture in levels of 255."""
    height, width = luma.shape
    levels = np.asarray(np.rint(luma), np.uint8)
    bumps = np.clip(luma - cv2.medianBlur(levels, MEDIAN_PX), -CLIPPED_LEVELS, CLIPPED_LEVELS)
    scores = np.stack([_scores(bumps, slope) for slope in SLOPES_PX])
    strongest = np.abs(scores).max(axis=0)
    peaks = (strongest > STANDS_OUT) & (strongest >= cv2.dilate(strongest[None], np.ones((1, 7), np.uint8))[0])
    found = np.zeros((height, width), np.bool_)
    rows = np.arange(height)
    for column in np.flatnonzero(peaks):
        slope = SLOPES_PX[int(np.abs(scores[:, column]).argmax())]
        centre = np.rint(column + slope * (rows / max(1, height - 1) - 0.5)).astype(int)
        for offset in range(-REACH_PX, REACH_PX + 1):
            found[rows, np.clip(centre + offset, 0, width - 1)] = True
    return found


def filled_across(frame: NDArray[np.uint8], found: Mask) -> NDArray[np.uint8]:
    """Return the frame with each run of found pixels of a row interpolated between the pixels at its two ends."""
    height, width = found.shape
    places = np.broadcast_to(np.arange(width), (height, width))
    left = np.maximum.accumulate(np.where(found, -1, places), axis=1)
    right = np.minimum.accumulate(np.where(found, width, places)[:, ::-1], axis=1)[:, ::-1]
    rows, columns = np.nonzero(found)
    one, other = left[rows, columns], right[rows, columns]
    one, other = np.where(one < 0, other, one), np.where(other >= width, one, other)
    known = (one >= 0) & (other < width) & (one < width)
    rows, columns, one, other = rows[known], columns[known], one[known], other[known]
    share = ((columns - one) / np.maximum(other - one, 1)).astype(np.float32)[:, None]
    result = frame.copy()
    result[rows, columns] = as_pixels(frame[rows, one] * (1.0 - share) + frame[rows, other] * share)
    return result


def _scores(bumps: Plane, slope_px: float) -> Plane:
    """Return the mean along each line of a slope, in robust standard deviations over all of them; (W,)."""
    height, width = bumps.shape
    upright = np.array([[1.0, slope_px / max(1, height - 1), -0.5 * slope_px], [0.0, 1.0, 0.0]], np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    means = cv2.warpAffine(bumps, upright, (width, height), flags=flags, borderMode=cv2.BORDER_REFLECT).mean(axis=0)
    away = means - np.median(means)
    return np.asarray(away / (DEVIATION_OF_MAD * np.median(np.abs(away)) + 1e-3), np.float32)


def _filled(frames: Pixels, found: Mask) -> Restored:
    restored = np.stack([filled_across(frame, mask) for frame, mask in zip(frames, found, strict=True)])
    return Restored(restored, found, {"scratch": found})


def _version() -> str:
    return f"reelmend's own implementation, OpenCV {cv2.__version__}"


METHODS = (
    Method(
        "column-filter",
        f"columns whose mean stands out by {STANDS_OUT:g} deviations, on lines of nine slopes, interpolated across",
        column_filter,
        _version,
        is_variant=True,
    ),
    Method(
        "column-filter-told",
        "the same interpolation, told by the true matte where the scratches are",
        column_filter,
        _version,
        is_variant=True,
        restore_told=column_filter_told,
    ),
)
