"""Broken pixels in pieces: what *Decide* finds, what a matte brings in, what masks leave of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from reelmend.effects.repair.detect import KINDS

Mask = npt.NDArray[np.uint8]
"""(H, W) of 0 and 1."""
Index = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Pieces:
    """Pixels of a frame by kind and piece, one entry a pixel.

    index: places in the picture, row after row; ascending within a kind. kind: places in KINDS. label: number of the
    piece, unique within a kind. confidence: in 0…1.
    """

    shape: tuple[int, int]
    index: Index
    kind: npt.NDArray[np.intp]
    label: npt.NDArray[np.int32]
    confidence: npt.NDArray[np.float32]

    @classmethod
    def none(cls, shape: tuple[int, int]) -> Pieces:
        empty = np.zeros(0, np.intp)
        return cls(shape, empty, empty, np.zeros(0, np.int32), np.zeros(0, np.float32))

    def core(self) -> npt.NDArray[np.bool_]:
        """Return (3, H, W) the broken pixels by kind."""
        core = np.zeros((len(KINDS), *self.shape), bool)
        core.reshape(-1)[self.kind * (self.shape[0] * self.shape[1]) + self.index] = True
        return core

    def mask(self) -> Mask:
        """Return (H, W) the broken pixels, of whatever kind."""
        mask: Mask = np.zeros(self.shape, np.uint8)
        mask.reshape(-1)[self.index] = 1
        return mask

    def where(self, kept: npt.NDArray[np.bool_]) -> Pieces:
        """Return what lies where `kept` (H, W) is true."""
        here = kept.reshape(-1)[self.index]
        if here.all():
            return self
        return Pieces(self.shape, self.index[here], self.kind[here], self.label[here], self.confidence[here])


@dataclass(frozen=True, slots=True)
class Boxes:
    """The pieces one by one: `order` sorts the pixels by piece, `starts` says where in that order each begins.

    kind, left, top, right, bottom (beyond the last pixel) and area_px have one entry a piece.
    """

    order: Index
    starts: Index
    kind: Index
    left: Index
    top: Index
    right: Index
    bottom: Index
    area_px: Index


def boxes_of(pieces: Pieces) -> Boxes:
    """Return where each piece lies."""
    key = pieces.kind * (1 + int(pieces.label.max(initial=0))) + pieces.label
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    rows, columns = np.divmod(pieces.index[order], pieces.shape[1])
    if not len(starts):
        none = np.zeros(0, np.intp)
        return Boxes(order, starts, none, none, none, none, none, none)
    return Boxes(
        order,
        starts,
        pieces.kind[order][starts],
        np.minimum.reduceat(columns, starts),
        np.minimum.reduceat(rows, starts),
        np.maximum.reduceat(columns, starts) + 1,
        np.maximum.reduceat(rows, starts) + 1,
        np.diff(starts, append=len(order)),
    )


def joined(pieces: Sequence[Pieces], shape: tuple[int, int]) -> Pieces:
    """Return pieces of different kinds, or with different labels, as one."""
    if not pieces:
        return Pieces.none(shape)
    if len(pieces) == 1:
        return pieces[0]
    return Pieces(
        shape,
        np.concatenate([part.index for part in pieces]),
        np.concatenate([part.kind for part in pieces]),
        np.concatenate([part.label for part in pieces]),
        np.concatenate([part.confidence for part in pieces]),
    )


def labelled(mask: Mask) -> tuple[int, npt.NDArray[np.int32]]:
    """Return one more than the number of 8-connected pieces, and each pixel's piece; 0 is none."""
    count, labels = cv2.connectedComponents(mask, connectivity=8, ltype=cv2.CV_32S)
    return count, np.asarray(labels, np.int32)
