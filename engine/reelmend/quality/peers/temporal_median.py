"""Temporal medians as dirt removers: plain, motion-compensated, and motion-compensated through a mask."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend.quality.peers.method import Method, Pixels, Restored

THRESHOLD_LEVELS = 16
SMALLEST_AREA_PX = 6

Plane = NDArray[np.uint8]


def temporal_median(frames: Pixels) -> Restored:
    """Return the median of each frame and its two neighbours, pixel by pixel; the first and last frame stay."""
    inner = [median_of_3(*frames[t - 1 : t + 2]) for t in range(1, len(frames) - 1)]
    return Restored(np.stack([frames[0], *inner, frames[-1]]) if inner else frames.copy())


def compensated_median(frames: Pixels) -> Restored:
    """Return the median of each frame and its two neighbours moved onto it along DIS flow ("SpotLess").

    At the clip's ends both neighbours come from one side. Needs three frames; fewer come back as they are.
    """
    clip = _CompensatedClip(frames)
    return Restored(np.stack([clip.median(t, 1) for t in range(len(frames))]))


def masked_compensated_median(frames: Pixels) -> Restored:
    """Return the compensated median pasted only where it finds dirt; everything else keeps its bits.

    Dirt is where frame and median differ in some channel by more than 16 levels, for the median of t±1 and for that
    of t±2 alike, in 8-connected areas of at least 6 pixels. The fill is the median of t±1.
    """
    clip = _CompensatedClip(frames)
    restored, mattes = np.empty_like(frames), np.zeros(frames.shape[:3], np.bool_)
    for t, frame in enumerate(frames):
        near, far = clip.median(t, 1), clip.median(t, 2)
        found = _differs(frame, near) & _differs(frame, far)
        mattes[t] = without_small_areas(found, SMALLEST_AREA_PX)
        restored[t] = np.where(mattes[t][:, :, None], near, frame)
    return Restored(restored, mattes)


class _CompensatedClip:
    """Neighbours moved onto a frame along OpenCV's DIS flow (medium preset) of 8-bit luma."""

    def __init__(self, frames: Pixels) -> None:
        self._frames = frames
        self._grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]
        self._dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        height, width = frames.shape[1:3]
        self._columns, self._rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        self._moved: dict[tuple[int, int], Pixels] = {}

    def median(self, t: int, radius: int) -> Pixels:
        """Return the median of frame t and its 2·radius nearest frames, moved onto it."""
        near = sorted(range(len(self._frames)), key=lambda s: (abs(s - t), s))[1 : 2 * radius + 1]
        if len(near) < 2 * radius:
            return np.array(self._frames[t], np.uint8)
        moved = [self._onto(t, s) for s in near]
        return median_of_3(self._frames[t], *moved) if radius == 1 else median_of_5(self._frames[t], *moved)

    def _onto(self, t: int, s: int) -> Pixels:
        if (t, s) not in self._moved:
            self._moved = {key: kept for key, kept in self._moved.items() if key[0] == t}
            flow = self._dis.calc(self._grey[t], self._grey[s], None)
            maps = (self._columns + flow[:, :, 0], self._rows + flow[:, :, 1])
            warped = cv2.remap(self._frames[s], *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            self._moved[t, s] = np.asarray(warped, np.uint8)
        return self._moved[t, s]


def median_of_3(a: Pixels, b: Pixels, c: Pixels) -> Pixels:
    """Return the middle of three values, pixel by pixel."""
    return np.asarray(np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c)), np.uint8)


def median_of_5(a: Pixels, b: Pixels, c: Pixels, d: Pixels, e: Pixels) -> Pixels:
    """Return the middle of five: the middle of the larger minimum, the smaller maximum and the fifth."""
    lower = np.maximum(np.minimum(a, b), np.minimum(c, d))
    upper = np.minimum(np.maximum(a, b), np.maximum(c, d))
    return median_of_3(lower, upper, e)


def without_small_areas(mask: NDArray[np.bool_], smallest_px: int) -> NDArray[np.bool_]:
    """Return the mask without its 8-connected areas of fewer than `smallest_px` pixels."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    kept = stats[:, cv2.CC_STAT_AREA] >= smallest_px
    kept[0] = False
    return np.asarray(kept[labels])


def _differs(frame: Pixels, median: Pixels) -> NDArray[np.bool_]:
    return np.asarray(cv2.absdiff(frame, median).max(axis=2) > THRESHOLD_LEVELS)


def _own_version() -> str:
    return f"reelmend's own implementation, OpenCV {cv2.__version__}"


METHODS = (
    Method("temporal-median", "median of t±1 at each pixel, without motion", temporal_median, _own_version),
    Method("mc-median", "median of t±1 moved onto t along DIS flow (SpotLess)", compensated_median, _own_version),
    Method(
        "mc-median-masked",
        f"the same, pasted where it differs by more than {THRESHOLD_LEVELS} levels over at least {SMALLEST_AREA_PX} px "
        "for t±1 and t±2 alike",
        masked_compensated_median,
        _own_version,
    ),
)
