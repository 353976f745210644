"""Motion under damage, taken from around it: what lies over the picture leads flow astray."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float32]
Mask = npt.NDArray[np.uint8]

REACH = 2
"""Pixels of the grid around damage in which flow is not trusted either."""
SIDES = (9, 25, 65, 129)
"""Of the squares of the grid that are tried, the next where the one before knows too little."""
LEAST_KNOWN = 0.15


def hidden_on_grid(matte: Plane, rows: int, columns: int) -> Mask:
    """Return (rows, columns) 1 where the grid's pixels lie under a matte (H, W) that is above 0, or close to it."""
    share = cv2.resize((matte > 0).astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    side = 2 * REACH + 1
    return np.asarray(cv2.dilate((share > 0).astype(np.uint8), np.ones((side, side), np.uint8)), np.uint8)


def steadied(planes: npt.NDArray[np.float32], hidden: Mask) -> npt.NDArray[np.float32]:
    """Return planes (N, h, w) of the grid in which hidden pixels hold the mean of those around; the others stay."""
    known = (hidden == 0).astype(np.float32)
    out, lacking = planes.copy(), hidden > 0
    for side in SIDES:
        if not lacking.any():
            break
        share = cv2.blur(known, (side, side))
        here = lacking & (share > LEAST_KNOWN)
        for plane, into in zip(planes, out, strict=True):
            into[here] = cv2.blur(plane * known, (side, side))[here] / share[here]
        lacking &= ~here
    return out
