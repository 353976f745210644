"""Halos: light that is wrong around something, where a coarse gain field took it for flicker."""

from __future__ import annotations

import cv2
import numpy as np

from reelmend.quality.clips import Clip, Frame, luma
from reelmend.quality.errors import QualityError
from reelmend.quality.mattes import Matte
from reelmend.quality.repair import with_matte

FIELD_SIGMA_PX = 3.0
DARKEST = 16.0 / 255.0


def halo(restored: Clip, truth: Clip, around: Matte | None) -> float:
    """Return the gain error around something over that elsewhere: 1 says that nothing shows where it was.

    rms(e) where the matte is not 0 / rms(e) where it is 0, e = ln(G∗L_restored) − ln(G∗L_truth), L = luma, G = a
    Gaussian of σ 3 px, over all frames and pixels where G∗L_truth ≥ 16/255. The matte is a ring around the object, not
    the object. Range 0 to ∞, lower is better, and above 1 is a halo. QualityError when the matte is empty, or nothing
    is wrong elsewhere. Definition: this project's.
    """
    sums = np.zeros(4)
    for one, two, plane in with_matte(restored, truth, around):
        sums += _squares(luma(one), luma(two), plane)
    if sums[1] == 0 or sums[3] == 0:
        raise QualityError("nothing bright enough lies inside or outside the matte: there is no halo to look for")
    inside, outside = sums[0] / sums[1], sums[2] / sums[3]
    if outside == 0.0:
        raise QualityError("no light is wrong outside the matte: a halo has nothing to be held against")
    return float(np.sqrt(inside / outside))


def _squares(restored: Frame, truth: Frame, plane: Frame) -> list[float]:
    """Return summed squares and pixels, inside and outside."""
    blurred, true = (cv2.GaussianBlur(one, (0, 0), FIELD_SIGMA_PX) for one in (restored, truth))
    seen = true >= DARKEST
    error = np.log(np.maximum(blurred, DARKEST / 4.0)) - np.log(np.maximum(true, DARKEST / 4.0))
    places = (seen & (plane > 0), seen & (plane == 0))
    return [float(value) for at in places for value in (np.sum(np.square(error[at]), dtype=np.float64), at.sum())]
