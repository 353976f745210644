"""What a fill looks like beside its surroundings: whether the grain goes on within it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend.quality.clips import Clip, Frame, luma
from reelmend.quality.errors import QualityError
from reelmend.quality.matching import Mask
from reelmend.quality.mattes import Matte, Plane, outside, planes_of
from reelmend.quality.repair import with_matte

FILLED_FROM = 0.99
SIGMA_PX = 0.8
WINDOW_PX = 3
RING_PX = 8
"""How far around a fill its surroundings reach, beyond what the window sees of the fill."""


@dataclass
class _Energies:
    """Sums of squared high frequencies, and how many pixels they are of."""

    fill: float = 0.0
    ring: float = 0.0
    fill_pixels: int = 0
    ring_pixels: int = 0

    def add(self, frame: Frame, fill: Mask, ring: Mask) -> None:
        detail = _detail(luma(frame))
        self.fill += float(np.sum(detail, where=fill, dtype=np.float64))
        self.ring += float(np.sum(detail, where=ring, dtype=np.float64))
        self.fill_pixels += int(np.count_nonzero(fill))
        self.ring_pixels += int(np.count_nonzero(ring))

    @property
    def ratio(self) -> float:
        """Energy a pixel of the fill over that of its surroundings."""
        return (self.fill / self.fill_pixels) / (self.ring / self.ring_pixels)


def fill_grain(restored: Clip, truth: Clip, found: Matte | None, matte: Matte | None = None) -> float:
    """Return the high-frequency energy of the fills beside that of their surroundings, over the same in the truth.

    E = mean of (Y − G∗Y)², Y luma, G a 3×3 Gaussian of σ 0.8 px. The figure is (E in the fill / E in the ring) of the
    result over (E in the fill / E in the ring) of the truth, pooled over the clip: what the picture itself shows there
    cancels out. The fill is where the restorer's matte covers all (0.99 or more); the ring is what lies within 8 px
    of it and neither matte touches, the window's reach included. Range 0 to ∞, best at 1: less looks waxed, more is
    rougher than what is around it. QualityError when nothing was filled, or where the truth is flat. Definition: this
    project's.
    """
    mended, clean = _Energies(), _Energies()
    true_planes = None if matte is None else planes_of(matte)
    for result, real, plane in with_matte(restored, truth, found):
        true_plane = plane if true_planes is None else next(true_planes)
        fill, ring = _places(plane, true_plane)
        mended.add(result, fill, ring)
        clean.add(real, fill, ring)
    if mended.fill_pixels == 0 or mended.ring_pixels == 0:
        raise QualityError("nothing was filled with sound picture beside it: there is no fill to look at")
    if min(clean.fill, clean.ring, mended.ring) <= 0.0:
        raise QualityError("the truth is flat where it was filled, or around it: grain can't be compared")
    return mended.ratio / clean.ratio


def _places(found: Plane, true: Plane) -> tuple[Mask, Mask]:
    fill = found >= FILLED_FROM
    touched = ~outside(np.maximum(found, true))
    near = _grown(fill, RING_PX) & ~_grown(touched, WINDOW_PX // 2)
    return fill, near


def _grown(mask: Mask, reach_px: int) -> Mask:
    side = 2 * reach_px + 1
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((side, side), np.uint8)) > 0)


def _detail(plane: Frame) -> NDArray[np.float32]:
    return np.asarray(np.square(plane - cv2.GaussianBlur(plane, (WINDOW_PX, WINDOW_PX), SIGMA_PX)), np.float32)
