"""Lines as pixels: which of them a scratch covers, from its way down the picture, its width and where it is seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float32]

LEAST_CONFIDENCE = 0.02
WIDTH_TO_DEVIATION = 1.0 / 2.355
COVERED_DEVIATIONS = (1.5, 2.1)
"""How far a line covers to each side of its middle, in deviations of its profile: where it hides little, and much."""
LEAST_COVERED_PX = 0.7
GAP_STRIPS, SPECK_STRIPS = 5, 3
SIDE_SHARE = 0.015
"""What lies so near to the picture's left or right side, as a share of its width, is the edge of the film's frame."""
WIDENED, LEAST_WIDTH = 0.9, 0.8
FADED = (0.3, 0.6)
"""Where a line is seen less than the second, its pixels are less likely, down to the first, where they are not."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line in one frame. confidence: 0…1 that it is a scratch. columns: (H,) where its middle is in each row, pixels.

    seen: (H,) 0…1 whether it is to be seen there. half_width_px: how far it covers to each side.
    """

    confidence: float
    columns: Plane
    seen: Plane
    half_width_px: float


def lines_of(judged: Mapping[str, Plane], wide: int, size: tuple[int, int]) -> list[Line]:
    """Return the lines of the graph "judge", its outputs by name, in pixels of a frame of that size (height, width).

    wide: columns that the judge saw.
    """
    height, width = size
    scale = width / wide
    columns, seen, confidence = judged["columns"], judged["seen"], judged["confidence"]
    strips = columns.shape[1]
    places = (np.arange(height) + 0.5) * strips / height - 0.5
    whole = _without_specks(_without_gaps(seen))
    found = []
    for line in np.flatnonzero(confidence >= LEAST_CONFIDENCE):
        path = (_along(columns[line], places) + 0.5) * scale - 0.5
        if not SIDE_SHARE * width <= path.mean() <= (1 - SIDE_SHARE) * width:
            continue
        half = _half_width_px(_sharp(float(judged["width"][line])) * scale, float(judged["opacity"][line]))
        found.append(Line(float(confidence[line]), path.astype(np.float32), _along(whole[line], places), half))
    return found


def drawn(lines: Sequence[Line], size: tuple[int, int]) -> Plane:
    """Return (H, W) in 0…1 the likelihood of each pixel: the largest of the lines that cover it."""
    plane = np.zeros(size, np.float32)
    rows = np.arange(size[0])[:, None]
    for line in lines:
        reach = int(np.ceil(line.half_width_px + 1.0))
        pixels = np.rint(line.columns).astype(np.int64)[:, None] + np.arange(-reach, reach + 1)
        away = np.abs(pixels - line.columns[:, None])
        covered = np.clip(line.half_width_px + 0.5 - away, 0.0, 1.0)
        shown = np.clip((line.seen - FADED[0]) / (FADED[1] - FADED[0]), 0.0, 1.0)[:, None]
        inside = (pixels >= 0) & (pixels < size[1])
        values = np.where(inside, line.confidence * covered * shown, 0.0).astype(np.float32)
        at = (np.broadcast_to(rows, pixels.shape), np.clip(pixels, 0, size[1] - 1))
        np.maximum.at(plane, at, values)
    return plane


def _without_gaps(seen: Plane) -> Plane:
    """Return (K, 40) with what lies between two seen parts seen as well, where it is no longer than GAP_STRIPS."""
    return -_largest(-_largest(seen, GAP_STRIPS), GAP_STRIPS)


def _without_specks(seen: Plane) -> Plane:
    """Return (K, 40) without what is seen for less than SPECK_STRIPS."""
    return _largest(-_largest(-seen, SPECK_STRIPS), SPECK_STRIPS)


def _largest(values: Plane, strips: int) -> Plane:
    """Return (K, 40) the largest value of so many strips around each."""
    half = strips // 2
    padded = np.pad(values, ((0, 0), (half, half)), mode="edge")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, strips, axis=1).max(axis=-1), np.float32)


def _sharp(width: float) -> float:
    """Return a width in columns less what reading between columns, and not quite along the line, adds to it."""
    return float(np.sqrt(max(width**2 - WIDENED**2, LEAST_WIDTH**2)))


def _half_width_px(width_px: float, opacity: float) -> float:
    low, high = COVERED_DEVIATIONS
    hides = np.interp(opacity, (0.12, 0.2, 0.6), (high, low, high))
    return max(LEAST_COVERED_PX, float(hides) * width_px * WIDTH_TO_DEVIATION)


def _along(values: Plane, places: npt.NDArray[np.float64]) -> Plane:
    """Return values of strips at each row, straight between the strips' middles and on beyond the first and last."""
    strips = np.arange(len(values))
    inner = np.interp(places, strips, values)
    return np.asarray(inner, np.float32)
