"""Frames moved along a flow onto another frame, at full size."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from reelmend.motion.flow import Flow

Plane = npt.NDArray[np.float32]
STRIP_ROWS = 128
"""Rows that are worked on at once: their maps stay in the processor's cache."""


def moved(plane: Plane, flow: Flow, interpolation: int = cv2.INTER_LINEAR) -> Plane:
    """Return a (H, W) plane of the other frame as it lies on the frame that the flow starts from.

    The flow's grid may be coarser than the plane. Beyond the picture its edge is repeated.
    """
    height, width = plane.shape
    own = (np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None])
    x, y = (
        cv2.add(
            cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR) * np.float32(scale),
            np.broadcast_to(places, (height, width)),
        )
        for part, scale, places in zip(flow, (width / flow.shape[2], height / flow.shape[1]), own, strict=True)
    )
    return np.asarray(cv2.remap(plane, x, y, interpolation, borderMode=cv2.BORDER_REPLICATE), np.float32)


def moved_part(
    plane: Plane, flow: Flow, rows: tuple[int, int], columns: tuple[int, int], interpolation: int = cv2.INTER_LINEAR
) -> Plane:
    """Return the part [rows, columns) of the frame moved, each (first, end), the same bits whatever part is asked for.

    As `moved`, but for the rounding of where a pixel is read.
    """
    out = np.empty((rows[1] - rows[0], columns[1] - columns[0]), np.float32)
    for top in range(rows[0], rows[1], STRIP_ROWS):
        end = min(top + STRIP_ROWS, rows[1])
        x, y = _maps(flow, plane.shape, (top, end), columns)
        strip = cv2.remap(plane, x, y, interpolation, borderMode=cv2.BORDER_REPLICATE)
        out[top - rows[0] : end - rows[0]] = strip
    return out


def _maps(flow: Flow, shape: tuple[int, ...], rows: tuple[int, int], columns: tuple[int, int]) -> tuple[Plane, Plane]:
    """Return the columns and rows of the other frame that a part of this one shows."""
    height, width = shape
    own_y = np.arange(*rows, dtype=np.float32)[:, None]
    own_x = np.arange(*columns, dtype=np.float32)
    if flow.shape[1:] == (height, width):
        part = flow[:, rows[0] : rows[1], columns[0] : columns[1]]
        return own_x + part[0], own_y + part[1]
    scale_y, scale_x = height / flow.shape[1], width / flow.shape[2]
    grid_y = np.clip((own_y[:, 0] + 0.5) / scale_y - 0.5, 0, flow.shape[1] - 1)
    grid_x = np.clip((own_x + 0.5) / scale_x - 0.5, 0, flow.shape[2] - 1)
    spread = [_spread(plane, grid_y, grid_x) for plane in flow]
    return own_x + np.float32(scale_x) * spread[0], own_y + np.float32(scale_y) * spread[1]


def _spread(plane: Plane, grid_y: npt.NDArray[np.float64], grid_x: npt.NDArray[np.float64]) -> Plane:
    """Return a plane of the grid read between its pixels, rows first, then columns."""
    top = np.minimum(grid_y.astype(np.int64), plane.shape[0] - 1)
    below = np.minimum(top + 1, plane.shape[0] - 1)
    down = (grid_y - top).astype(np.float32)[:, None]
    lines = plane[top] * (1 - down) + plane[below] * down
    left = np.minimum(grid_x.astype(np.int64), plane.shape[1] - 1)
    right = np.minimum(left + 1, plane.shape[1] - 1)
    along = (grid_x - left).astype(np.float32)
    return np.asarray(lines[:, left] * (1 - along) + lines[:, right] * along, np.float32)
