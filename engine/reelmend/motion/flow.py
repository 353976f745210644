"""Dense optical flow between frames, on a grid of at most 360 rows.

T. Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016, as OpenCV has it, on pictures that are
levelled first, so that flicker is no motion and specks of dirt pull on nothing.
"""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

Flow: TypeAlias = npt.NDArray[np.float32]
"""(2, h, w): how many pixels of the grid right and down each of its pixels lies in the other frame."""

FLOW_ROWS = 360
LEAST_FLOW_PIXELS = 16
"""OpenCV's DIS fails on smaller pictures; between these nothing is taken to move."""
GREY = 128.0
SURROUNDINGS_PIXELS = 25
"""Width of the surroundings that a pixel is levelled by, in pixels of the grid."""
CONTRAST = 220.0
LEAST_LIGHT = 0.05

cv2.setNumThreads(1)  # DIS splits its work by threads and rounds accordingly; the engine shares work out by frames


def flow_size(height: int, width: int) -> tuple[int, int]:
    """Return (rows, columns) of the grid for frames of this size: the size itself, or 360 rows and as many columns."""
    if height <= FLOW_ROWS:
        return height, width
    return FLOW_ROWS, max(1, round(width * FLOW_ROWS / height))


def texture_of(luma: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Return what flow is measured on: log luma less the mean of its surroundings, on the grid, 0…255.

    luma: (H, W), finite, display values. A 3×3 median takes single specks away.
    """
    rows, columns = flow_size(*luma.shape)
    small = luma if (rows, columns) == luma.shape else cv2.resize(luma, (columns, rows), interpolation=cv2.INTER_AREA)
    light = np.log2(np.clip(small, 0.0, 16.0) + np.float32(LEAST_LIGHT))
    around = cv2.blur(light, (SURROUNDINGS_PIXELS, SURROUNDINGS_PIXELS), borderType=cv2.BORDER_REPLICATE)
    levelled = np.clip(np.rint(GREY + CONTRAST / 4.0 * (light - around)), 0, 255).astype(np.uint8)
    return np.asarray(cv2.medianBlur(levelled, 3), np.uint8)


def flow_between(before: npt.NDArray[np.uint8], after: npt.NDArray[np.uint8]) -> Flow:
    """Return where each pixel of one texture lies in the other."""
    if min(before.shape) < LEAST_FLOW_PIXELS:
        return np.zeros((2, *before.shape), np.float32)
    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST)  # type: ignore[attr-defined]
    return np.ascontiguousarray(dis.calc(before, after, None).transpose(2, 0, 1))


def composed(first: Flow, second: Flow) -> Flow:
    """Return the flow a → c of flows a → b and b → c."""
    return first + _followed(second, first)


def disagreement(forward: Flow, backward: Flow) -> npt.NDArray[np.float32]:
    """Return (h, w) how many pixels of the grid a pixel misses itself by, there and back: large where it is hidden."""
    missed = forward + _followed(backward, forward)
    return np.asarray(np.sqrt(missed[0] ** 2 + missed[1] ** 2), np.float32)


def _followed(flow: Flow, along: Flow) -> Flow:
    rows, columns = flow.shape[1:]
    x, y = along[0] + np.arange(columns, dtype=np.float32), along[1] + np.arange(rows, dtype=np.float32)[:, None]
    taken = [cv2.remap(plane, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for plane in flow]
    return np.asarray(np.stack(taken), np.float32)
