"""The first graph of the deflicker model: a frame's proxy in, its brightness descriptor out."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from reelmend_models.definitions.deflicker.luma import luma

QUANTILES = 64
GRID_ROWS = 18
GRID_COLUMNS = 32


class Describe(nn.Module):
    """Luma quantiles and a coarse luma grid of a frame, as a pure function of its proxy.

    proxy: (3, H, W) float32, finite, any size from 1×1.
    quantiles: (64,) float32, luma at the levels (k + 0.5) / 64, interpolated between order statistics (Hazen's rule),
    non-decreasing, in the input's own values.
    grid: (18, 32) float32, mean luma of each cell; pixels that straddle two cells count by area, so that the grid may
    be finer than the proxy.
    """

    def forward(self, proxy: Tensor) -> tuple[Tensor, Tensor]:
        plane = luma(proxy)
        return _quantiles(plane), _grid(plane)


def _quantiles(plane: Tensor) -> Tensor:
    ordered = torch.sort(plane.reshape(-1)).values
    count = plane.shape[0] * plane.shape[1]
    levels = (torch.arange(QUANTILES, dtype=torch.float32) + 0.5) / QUANTILES
    positions = torch.clamp(levels * count - 0.5, min=0.0).clamp(max=count - 1)
    below = torch.floor(positions)
    left = below.to(torch.int64)
    right = torch.clamp(left + 1, max=count - 1)
    return torch.lerp(ordered[left], ordered[right], positions - below)


def _grid(plane: Tensor) -> Tensor:
    rows = _cell_shares(plane.shape[0], GRID_ROWS)
    columns = _cell_shares(plane.shape[1], GRID_COLUMNS)
    return rows @ plane @ columns.transpose(0, 1)


def _cell_shares(pixels: int, cells: int) -> Tensor:
    """Return (cells, pixels): the share of each pixel in the mean of each cell; rows sum to 1."""
    start = torch.arange(cells, dtype=torch.float32)[:, None] * pixels / cells
    pixel = torch.arange(pixels, dtype=torch.float32)[None, :]
    overlap = torch.minimum(pixel + 1, start + pixels / cells) - torch.maximum(pixel, start)
    return torch.clamp(overlap, min=0.0) * (cells / pixels)
