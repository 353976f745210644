"""The blocks of a picture that a matte touches, and what the fill reads of each: the frame, its neighbours, its light.

Blocks lie on a fixed grid and are read pixel by pixel, so that what is read for one does not depend on the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from reelmend.frames import Planes
from reelmend.motion import Flow

Plane = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]
"""(N, 2) row and column where the cores of N blocks begin."""

CORE = 48
MARGIN = 8
BLOCK = CORE + 2 * MARGIN
CELL = 16
CELLS = 5


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A frame beside the one that is filled: its planes (C, H, W), and the flow to it."""

    planes: Planes
    flow: Flow


def damaged_cells(matte: Plane) -> npt.NDArray[np.bool_]:
    """Return (h, w) whether any of a cell's pixels is in the matte."""
    height, width = matte.shape
    rows = np.maximum.reduceat(matte, np.arange(0, height, CELL), axis=0)
    return np.asarray(np.maximum.reduceat(rows, np.arange(0, width, CELL), axis=1) > 0)


def touched(damaged: npt.NDArray[np.bool_]) -> Places:
    """Return the blocks whose cores have damaged cells (h, w), row by row."""
    height, width = damaged.shape
    step = CORE // CELL
    rows = np.logical_or.reduceat(damaged, np.arange(0, height, step), axis=0)
    return np.argwhere(np.logical_or.reduceat(rows, np.arange(0, width, step), axis=1)) * CORE


def cells_of(planes: Planes) -> Planes:
    """Return (C, h, w) means of 16×16 pixels, of fewer at the lower and right edges."""
    height, width = planes.shape[1:]
    out = np.empty((len(planes), -(-height // CELL), -(-width // CELL)), np.float32)
    for rows, down in _parts(height):
        for columns, right in _parts(width):
            for plane, into in zip(planes, out, strict=True):
                size = (right.stop - right.start, down.stop - down.start)
                into[down, right] = cv2.resize(plane[rows, columns], size, interpolation=cv2.INTER_AREA)
    return out


def cut(plane: npt.NDArray[np.float32], places: Places, margin: int, side: int) -> npt.NDArray[np.float32]:
    """Return (N, …, side, side) squares that begin `margin` before each place; beyond the picture its edge repeats."""
    height, width = plane.shape[-2:]
    out = np.empty((len(places), *plane.shape[:-2], side, side), plane.dtype)
    for number, (row, column) in enumerate(places):
        top, left = int(row) - margin, int(column) - margin
        if top >= 0 and left >= 0 and top + side <= height and left + side <= width:
            out[number] = plane[..., top : top + side, left : left + side]
        else:
            rows = np.clip(np.arange(top, top + side), 0, height - 1)
            columns = np.clip(np.arange(left, left + side), 0, width - 1)
            out[number] = plane[..., rows[:, None], columns]
    return out


def light_of(cells: npt.NDArray[np.float32], places: Places) -> npt.NDArray[np.float32]:
    """Return (N, …, 5, 5) the cells that blocks read of (…, h, w)."""
    return cut(cells, places // CELL, 1, CELLS)


class Sight:
    """Where the pixels of blocks lie in a frame of this size, and in others along flows."""

    def __init__(self, places: Places, height: int, width: int) -> None:
        self._height, self._width = height, width
        self._count = len(places)
        self._grid_shape: tuple[int, ...] = ()
        self._grid_y = self._grid_x = np.empty((0, 0), np.float32)
        along = np.arange(BLOCK, dtype=np.float32) - MARGIN
        self._y = self._over_blocks(np.clip(places[:, :1] + along, 0, height - 1)[:, :, None])
        self._x = self._over_blocks(np.clip(places[:, 1:] + along, 0, width - 1)[:, None, :])

    def read(self, grid: Plane) -> Plane:
        """Return (N·64, 64) a plane of the flow's grid between its pixels."""
        if self._grid_shape != grid.shape:
            self._grid_shape = grid.shape
            scales = np.float32(self._height / grid.shape[0]), np.float32(self._width / grid.shape[1])
            self._grid_y, self._grid_x = (
                (own + np.float32(0.5)) / scale - np.float32(0.5)
                for own, scale in zip((self._y, self._x), scales, strict=True)
            )
        return _read(grid, self._grid_x, self._grid_y)

    def along(self, flow: Flow) -> Ways:
        """Return where the blocks' pixels lie along a flow."""
        scale_y, scale_x = self._height / flow.shape[1], self._width / flow.shape[2]
        x = self._x + np.float32(scale_x) * self.read(flow[0])
        y = self._y + np.float32(scale_y) * self.read(flow[1])
        return Ways(self._count, x, y)

    def _over_blocks(self, places: npt.NDArray[np.floating]) -> Plane:
        spread = np.broadcast_to(places, (self._count, BLOCK, BLOCK))
        return np.asarray(spread, np.float32).reshape(-1, BLOCK)


@dataclass(frozen=True, slots=True)
class Ways:
    """Places (N·64, 64) in another frame."""

    count: int
    x: Plane
    y: Plane

    def planes(self, planes: Planes) -> Planes:
        """Return (N, C, 64, 64) what blocks see there."""
        out = np.empty((self.count, len(planes), BLOCK, BLOCK), np.float32)
        for number, plane in enumerate(planes):
            out[:, number] = _read(plane, self.x, self.y).reshape(self.count, BLOCK, BLOCK)
        return out

    def halved(self, plane: Plane) -> Plane:
        """Return (N, 32, 32) what every second pixel sees there, taken between it and the next."""
        seen = _read(plane, self.x[::2, ::2] + np.float32(0.5), self.y[::2, ::2] + np.float32(0.5))
        return seen.reshape(self.count, BLOCK // 2, BLOCK // 2)


def halves(stacked: Plane) -> Plane:
    """Return (N, 32, 32) means of 2×2 of (N·64, 64)."""
    rows = stacked[::2] + stacked[1::2]
    means = np.float32(0.25) * (rows[:, ::2] + rows[:, 1::2])
    return np.asarray(means.reshape(-1, BLOCK // 2, BLOCK // 2), np.float32)


def _read(plane: Plane, x: Plane, y: Plane) -> Plane:
    return np.asarray(
        cv2.remap(plane, np.ascontiguousarray(x), np.ascontiguousarray(y), cv2.INTER_LINEAR,
                  borderMode=cv2.BORDER_REPLICATE),
        np.float32,
    )  # fmt: skip


def _parts(length: int) -> Sequence[tuple[slice, slice]]:
    """Return the pixels of whole cells and those cells, and of the rest and its cell."""
    whole = length // CELL
    parts = [(slice(0, whole * CELL), slice(0, whole))] if whole else []
    return [*parts, (slice(whole * CELL, length), slice(whole, whole + 1))] if length % CELL else parts
