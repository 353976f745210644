"""The first graph of the deflicker model: a frame's proxy in, what later graphs must know of it out."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from reelmend_models.definitions.deflicker.luma import luma
from reelmend_models.definitions.deflicker.sampling import cell_means, smoothing
from reelmend_models.definitions.deflicker.tones import tone_shares

GRID_ROWS = 18
GRID_COLUMNS = 32
PEDESTAL_SHARE = 0.04
LEVEL_FLOOR = 1e-6
SURROUNDINGS_PIXELS = 12.0
GREY = 128.0
STEPS_PER_LOG = 120.0


class Describe(nn.Module):
    """A frame's luma, its texture without its light, its tones and a coarse grid, as a pure function of its proxy.

    proxy: (3, H, W) float32, finite, any size from 1×1.
    luma: (H, W) Rec. 709 luma in the input's own values.
    texture: (H, W) whole numbers in 0…255 for optical flow: log luma less the mean of its surroundings, grey where both
    are equal. Twice the light leaves it as it is.
    tones: (16,) the share of the picture at each tone; they sum to 1.
    grid: (18, 32) mean luma of each cell; pixels that straddle two cells count by area, so that the grid may be finer
    than the proxy.
    """

    def forward(self, proxy: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        plane = luma(proxy)
        height, width = plane.shape
        grid = cell_means(height, GRID_ROWS) @ plane @ cell_means(width, GRID_COLUMNS).transpose(0, 1)
        return plane, _texture(plane), tone_shares(plane).mean(dim=(0, 1)), grid


def _texture(plane: Tensor) -> Tensor:
    bright = torch.clamp(plane, min=0.0)
    log_light = torch.log(bright + (PEDESTAL_SHARE * bright.mean() + LEVEL_FLOOR))
    rows, columns = (smoothing(size, SURROUNDINGS_PIXELS) for size in plane.shape)
    detail = log_light - rows @ log_light @ columns.transpose(0, 1)
    return torch.clamp(torch.round(GREY + STEPS_PER_LOG * detail), 0.0, 255.0)
