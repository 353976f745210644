"""The matte: the core grown and feathered, exactly 0 beyond; as a whole, and by kind."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from reelmend.effects.repair.detect import KINDS
from reelmend.effects.repair.pieces import Mask, Pieces
from reelmend.frames import Planes

Plane = npt.NDArray[np.float32]

_SQUARE = np.ones((3, 3), np.uint8)
_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
MOST_PIXELS = 64
"""How far a core may grow, and its feather reach."""


@dataclass(frozen=True, slots=True)
class Edge:
    """How a core becomes a matte: grown by whole pixels, then feathered over a width in pixels, each at most 64."""

    dilate_px: int
    feather_px: float


def soft_matte(core: Mask, edge: Edge) -> Plane:
    """Return the matte (H, W) of a core of 0 and 1.

    1 in the core grown by `dilate_px`; outside, at a distance d from it, ½·(1 − d / (feather + 1)), which is less than
    a half; 0 from the distance feather + 1 on. Distances are counted in steps of 3×3 squares and crosses in turn, which
    come near to circles.
    """
    rings = math.ceil(edge.feather_px)
    grown = _grown(core, edge.dilate_px)
    levels = grown.copy() if rings else grown
    for ring in range(rings):
        grown = cv2.dilate(grown, _step(edge.dilate_px + ring))
        levels += grown
    falling = [0.5 * (1 - distance / (edge.feather_px + 1)) for distance in range(rings, 0, -1)]
    table = np.zeros(256, np.float32)
    table[1 : rings + 2] = [*falling, 1.0]
    return np.asarray(cv2.LUT(levels, table), np.float32)


def matte_of(pieces: Pieces, edge: Edge, given: Planes | None = None, share: Plane | None = None) -> Plane:
    """Return the matte (H, W) of pieces, or the given one (3, H, W) by kind where that is more, times the share."""
    return _finished(soft_matte(pieces.mask(), edge), None if given is None else given.max(axis=0), share)


def mattes_by_kind(pieces: Pieces, edge: Edge, given: Planes | None = None, share: Plane | None = None) -> Planes:
    """Return the same (3, H, W) for each kind alone; the largest of them is the matte."""
    parts = [None] * len(KINDS) if given is None else list(given)
    mattes = [
        _finished(soft_matte(core.view(np.uint8), edge), part, share)
        for core, part in zip(pieces.core(), parts, strict=True)
    ]
    return np.stack(mattes)


def _finished(matte: Plane, given: Plane | None, share: Plane | None) -> Plane:
    if given is not None:
        np.maximum(matte, given, out=matte)
    return matte if share is None else np.multiply(matte, share, out=matte)


def _grown(core: Mask, pixels: int) -> Mask:
    for step in range(pixels):
        core = cv2.dilate(core, _step(step))
    return core


def _step(number: int) -> Mask:
    return _CROSS if number % 2 else _SQUARE
