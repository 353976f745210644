"""A matte that is given: the clip "Matte" as pieces, each with its kind."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from reelmend.effects.repair.detect import KINDS
from reelmend.effects.repair.pieces import Mask, Pieces, boxes_of, joined, labelled
from reelmend.frames import Planes

Plane = npt.NDArray[np.float32]

HALF = np.float32(0.5)
"""From here on a pixel of a matte is broken; below, it lies in the feather."""
EIGHTHS = 8.0
LENGTHS = 8.0
"""How many times as long as thick a thin piece is."""
SCRATCH_HEIGHT_SHARE = 1.0 / 12.0
"""How high a scratch is at least, as a share of the picture."""
SCRATCH_LEAN = 0.1
BLOTCH, HAIR, SCRATCH = range(len(KINDS))


def pieces_of_matte(matte: Plane) -> tuple[Pieces, Planes]:
    """Return the pieces of a matte (H, W) in 0…1, and the matte by kind (3, H, W), each of its pixels in one of them.

    A matte doesn't say what is broken there, so that the shape of each piece does: what is thin and upright is a
    scratch, what is thin otherwise a hair, all else a blotch.
    """
    count, labels = labelled((matte > 0).astype(np.uint8))
    index = np.flatnonzero(matte > 0)
    label, value = labels.reshape(-1)[index], matte.reshape(-1)[index]
    broken = value >= HALF
    blotches = np.full(np.count_nonzero(broken), BLOTCH)
    pieces = Pieces(matte.shape, index[broken], blotches, label[broken], np.ones(len(blotches), np.float32))
    kind_of = np.full(count, BLOTCH)
    boxes = boxes_of(pieces)
    kind_of[pieces.label[boxes.order][boxes.starts]] = _kinds(
        boxes.bottom - boxes.top, boxes.right - boxes.left, boxes.area_px, matte.shape[0]
    )
    by_kind = np.zeros((len(KINDS), matte.size), np.float32)
    by_kind[kind_of[label], index] = value
    kinds = kind_of[pieces.label]
    return Pieces(pieces.shape, pieces.index, kinds, pieces.label, pieces.confidence), by_kind.reshape(-1, *matte.shape)


def pieces_of_classes(coded: Plane) -> Pieces:
    """Return the pieces that a plane (H, W) codes: the sum of 1/8 for blotch, 2/8 for hair and 4/8 for scratch."""
    bits = np.rint(coded * np.float32(EIGHTHS)).astype(np.uint8)
    return joined([_pieces_of_kind((bits >> kind) & 1, kind) for kind in range(len(KINDS))], coded.shape)


def _pieces_of_kind(mask: Mask, kind: int) -> Pieces:
    index = np.flatnonzero(mask)
    _, labels = labelled(mask)
    height, width = mask.shape
    sure = np.ones(len(index), np.float32)
    return Pieces((height, width), index, np.full(len(index), kind), labels.reshape(-1)[index], sure)


def _kinds(
    height: npt.NDArray[np.intp], width: npt.NDArray[np.intp], area_px: npt.NDArray[np.intp], rows: int
) -> npt.NDArray[np.intp]:
    """Return what pieces of such boxes and areas are, in a picture of so many rows."""
    thickness = area_px / height
    upright = (height >= LENGTHS * thickness) & (width <= 2 * thickness + SCRATCH_LEAN * height)
    is_scratch = upright & (height >= SCRATCH_HEIGHT_SHARE * rows)
    is_thin = height**2 + width**2 >= LENGTHS * area_px
    return np.where(is_scratch, SCRATCH, np.where(is_thin, HAIR, BLOTCH))
