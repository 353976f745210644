"""Frames in tiles, to cap memory: where tiles lie, what of each is kept. Frames padded to a model's multiple."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from reelmend.errors import ModelError
from reelmend.frames import round_to_halves

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Span:
    """Along one axis: what a tile reads, and the part of it that is kept. The kept parts cover the axis once."""

    start: int
    stop: int
    keep_start: int
    keep_stop: int


def spans(length: int, tile: int, overlap: int, multiple: int) -> list[Span]:
    """Return the tiles of an axis: all equally long, neighbours sharing at least `overlap`, starting at multiples.

    `length` is a multiple of `multiple`. An axis that is no longer than a tile has one. Neighbours part in the middle
    of what they share. A pure function of its arguments, so that a frame is cut the same way each time. Raises
    ModelError for a tile that does not go forward.
    """
    tile, overlap = tile // multiple * multiple, -(-overlap // multiple) * multiple
    if length <= tile:
        return [Span(0, length, 0, length)]
    if tile <= overlap:
        raise ModelError(f"tiles of {tile} pixels can't overlap by {overlap}; correct [spatial] in the manifest")
    starts = [*range(0, length - tile, tile - overlap), length - tile]
    parts = [_middle(after, before + tile, multiple) for before, after in itertools.pairwise(starts)]
    kept = zip([0, *parts], [*parts, length], strict=True)
    return [Span(start, start + tile, *keep) for start, keep in zip(starts, kept, strict=True)]


def _middle(start: int, stop: int, multiple: int) -> int:
    return (start + stop) // 2 // multiple * multiple


def padded_length(length: int, multiple: int) -> int:
    """Return the next multiple."""
    return -(-length // multiple) * multiple


def pad_into(target: Array, source: Array) -> None:
    """Write (C, H, W) samples into the corner of (C, ≥H, ≥W), converting the type; the last row and column repeat.

    Repeating is defined down to a frame of one pixel, where reflecting is not.
    """
    _, rows, columns = source.shape
    if target.dtype == np.float16 and source.dtype == np.float32:
        source = round_to_halves(source, np.empty(source.shape, np.float16))
    np.copyto(target[:, :rows, :columns], source, casting="unsafe")
    target[:, :rows, columns:] = target[:, :rows, columns - 1 : columns]
    target[:, rows:] = target[:, rows - 1 : rows]
