"""Matrices that enlarge, average and smooth along one axis of a picture of any size."""

from __future__ import annotations

import torch
from torch import Tensor

SLOPE = -0.5


def cell_means(pixels: int, cells: int) -> Tensor:
    """Return (cells, pixels): the share of each pixel in the mean of each cell; rows sum to 1.

    Pixels that straddle two cells count by their part, so there may be more cells than pixels.
    """
    start = torch.arange(cells, dtype=torch.float32)[:, None] * pixels / cells
    pixel = torch.arange(pixels, dtype=torch.float32)[None, :]
    overlap = torch.minimum(pixel + 1, start + pixels / cells) - torch.maximum(pixel, start)
    return torch.clamp(overlap, min=0.0) * (cells / pixels)


def enlarging(pixels: int, cells: int) -> Tensor:
    """Return (pixels, cells): cubic interpolation (R. Keys, 1981, a = −1/2) between cell centres, edge cells repeated.

    Rows sum to 1 up to rounding. `cells` must be fixed at export and at least 3.
    """
    return cubic_weights((torch.arange(pixels, dtype=torch.float32) + 0.5) * cells / pixels - 0.5, cells)


def cubic_weights(places: Tensor, cells: int) -> Tensor:
    """Return (N, cells): the weight of each cell at N places, counted in cells from the centre of the first."""
    distance = (places[:, None] - torch.arange(-2, cells + 2, dtype=torch.float32)[None, :]).abs()
    near = ((SLOPE + 2) * distance - (SLOPE + 3)) * distance * distance + 1
    far = ((SLOPE * distance - 5 * SLOPE) * distance + 8 * SLOPE) * distance - 4 * SLOPE
    weights = torch.where(distance <= 1, near, torch.where(distance < 2, far, 0.0))
    first = weights[:, :3].sum(dim=1, keepdim=True)
    last = weights[:, -3:].sum(dim=1, keepdim=True)
    return torch.cat([first, weights[:, 3:-3], last], dim=1)


def smoothing(cells: int, deviation_cells: float) -> Tensor:
    """Return (cells, cells): a Gaussian mean over neighbours; rows sum to 1, so that edges are not darkened."""
    place = torch.arange(cells, dtype=torch.float32)
    distance = (place[:, None] - place[None, :]) / deviation_cells
    weights = torch.exp(-0.5 * distance * distance)
    return weights / weights.sum(dim=1, keepdim=True)
