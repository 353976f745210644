"""How a window's frames were exposed relative to its centre, told apart from what moves in them."""

from __future__ import annotations

import torch
from torch import Tensor

PEDESTAL_SHARE = 0.02
LEVEL_FLOOR = 1e-6
USUAL_CHANGE = 0.05
ROUNDS = 6


def log_exposures(grids: Tensor, offsets: Tensor) -> Tensor:
    """Return the log exposure (T,) of each frame relative to the one at offset 0.

    grids: (T, rows, columns) of mean luma. From frame to frame the log ratio that most cells share is taken for
    exposure, and cells that differ from it by more than about 5 % for moving content. The steps are added up. Grids of
    zeros say nothing and give 0.
    """
    cells = torch.clamp(grids.flatten(1, 2), min=0.0)
    levels = cells + (PEDESTAL_SHARE * cells.mean() + LEVEL_FLOOR)
    before = torch.cat([levels[:1], levels[:-1]])
    half = 0.5 * _shared_change(2.0 * (levels - before) / (levels + before))
    path = torch.cumsum(torch.log((1.0 + half) / (1.0 - half)), dim=0)
    return path - torch.where(offsets == 0, path, 0.0).sum()


def _shared_change(changes: Tensor) -> Tensor:
    """Return the (T,) change that most of the (T, N) cells share: the median, then means ever less led by outliers.

    A change is the difference of two values over their mean: as symmetric as a log ratio, but without logarithms of
    many cells, whose last bit would depend on how the work is split over threads.
    """
    middle = changes.shape[1] // 2
    shared = torch.sort(changes, dim=1).values[:, middle]
    for _ in range(ROUNDS):
        say = 1.0 / (1.0 + ((changes - shared[:, None]) / USUAL_CHANGE) ** 2) ** 2
        shared = (say * changes).sum(dim=1) / say.sum(dim=1)
    return shared
