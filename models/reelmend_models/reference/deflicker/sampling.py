"""Matrices that average, enlarge and smooth along one axis of a picture; each row sums to 1."""

from __future__ import annotations

import numpy as np

from reelmend_models.reference.deflicker.arrays import Array, single


def cell_means(pixels: int, cells: int) -> Array:
    """Return (cells, pixels): how much of each cell every pixel fills."""
    edges = np.arange(cells + 1)[:, None] * pixels / cells
    pixel = np.arange(pixels)[None, :]
    overlap = np.minimum(pixel + 1, edges[1:]) - np.maximum(pixel, edges[:-1])
    return single(np.maximum(overlap, 0.0) * cells / pixels)


def enlarging(pixels: int, cells: int) -> Array:
    """Return (pixels, cells): Keys' cubic interpolation between the centres of cells, those at the edge repeated."""
    return cubic_weights((np.arange(pixels) + 0.5) * cells / pixels - 0.5, cells)


def cubic_weights(places: np.ndarray, cells: int) -> Array:
    """Return (N, cells): the weight of each cell at N places, counted in cells from the centre of the first."""
    weights = np.zeros((len(places), cells))
    for step in (-1, 0, 1, 2):
        cell = np.floor(places).astype(int) + step
        np.add.at(weights, (np.arange(len(places)), np.clip(cell, 0, cells - 1)), _cubic(np.abs(places - cell)))
    return single(weights)


def smoothing(cells: int, deviation_cells: float) -> Array:
    """Return (cells, cells): Gaussian means over neighbours."""
    place = np.arange(cells)
    weights = np.exp(-0.5 * ((place[:, None] - place[None, :]) / deviation_cells) ** 2)
    return single(weights / weights.sum(axis=1, keepdims=True))


def smoothed(cells: Array, deviation_cells: float) -> Array:
    """Return (rows, columns) with each cell the mean of those around it."""
    rows, columns = (smoothing(count, deviation_cells) for count in cells.shape)
    return rows @ cells @ columns.T


def _cubic(distance: np.ndarray) -> np.ndarray:
    near = 1.5 * distance**3 - 2.5 * distance**2 + 1.0
    far = -0.5 * distance**3 + 2.5 * distance**2 - 4.0 * distance + 2.0
    return np.where(distance <= 1, near, np.where(distance < 2, far, 0.0))
