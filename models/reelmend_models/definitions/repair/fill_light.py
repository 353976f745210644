"""The light of neighbouring frames brought to that of the frame, and the surroundings of what is damaged, by cells."""

from __future__ import annotations

import torch
from torch import Tensor, nn

CELL = 16
"""Pixels along the side of a cell."""
NEIGHBOURS = 4
LUMA = (0.2126, 0.7152, 0.0722)
DARK = 0.02
UNLIKE_AT_ALL, UNLIKE_HERE = 0.2, 0.12
STEADYING = 0.05
ROUNDS = 5
NEAR_STEPS, FAR_STEPS = (1, 2), (1, 2, 4, 8, 16)
"""How far apart the cells lie whose means are taken, one mean after the other."""
LEAST_KNOWN = 0.25


class FillLight(nn.Module):
    """By what factor each neighbour's light differs, and what lies around the damaged cells.

    cells: (5, 3, h, w) means of 16×16 pixels of the frame and of four neighbours moved onto it. clean: (h, w) 1 where
    no pixel of the frame's cell is damaged, else 0. Returns `gain` (4, 3, h, w), factors that bring the neighbours to
    the frame's light, and `around` (3, h, w), the frame's cells with the damaged ones filled from their surroundings.
    """

    luma: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("luma", torch.tensor(LUMA).reshape(3, 1, 1), persistent=False)

    def forward(self, cells: Tensor, clean: Tensor) -> tuple[Tensor, Tensor]:
        own, others = cells[:1], cells[1:]
        return self._gain(own, others, clean[None, None]), self._around(own, clean[None, None])

    def _gain(self, own: Tensor, others: Tensor, clean: Tensor) -> Tensor:
        """Return local least-squares factors, leaning on that of the whole picture; outliers have little say."""
        ratio = torch.log(self._light(own) / self._light(others))
        overall = torch.zeros(NEIGHBOURS, 1, 1, 1)
        for _ in range(ROUNDS):
            say = clean / (1.0 + _fourth((ratio - overall) / UNLIKE_AT_ALL))
            total = say.sum(dim=(2, 3), keepdim=True)
            overall = (say * ratio).sum(dim=(2, 3), keepdim=True) / (total + 1e-3)
        say = clean / (1.0 + _fourth((ratio - overall) / UNLIKE_HERE))
        both = torch.cat([say * own * others, say * others * others])
        for step in NEAR_STEPS:
            both = _spread(both, step)
        lean = STEADYING * STEADYING
        return (both[:NEIGHBOURS] + lean * torch.exp(overall)) / (both[NEIGHBOURS:] + lean)

    def _light(self, planes: Tensor) -> Tensor:
        return torch.relu((planes * self.luma).sum(dim=1, keepdim=True)) + DARK

    def _around(self, own: Tensor, clean: Tensor) -> Tensor:
        """Return the nearest known mean over ever wider surroundings."""
        known = torch.cat([own * clean, clean], dim=1)
        everywhere = known.mean(dim=(2, 3), keepdim=True)
        levels = [known]
        for step in FAR_STEPS:
            levels.append(_spread(levels[-1], step))
        filled = everywhere[:, :3] / (everywhere[:, 3:] + 1e-4)
        for level in reversed(levels):
            trust = torch.clamp(level[:, 3:] / LEAST_KNOWN, 0.0, 1.0)
            filled = trust * level[:, :3] / (level[:, 3:] + 1e-4) + (1.0 - trust) * filled
        return filled[0]


def _spread(planes: Tensor, step: int) -> Tensor:
    """Return means of 3×3 cells that lie `step` apart; what lies outside of the picture counts as nothing."""
    tall = nn.functional.pad(planes, (0, 0, step, step))
    rows = tall[:, :, : -2 * step] + tall[:, :, step:-step] + tall[:, :, 2 * step :]
    wide = nn.functional.pad(rows, (step, step))
    return (wide[..., : -2 * step] + wide[..., step:-step] + wide[..., 2 * step :]) / 9.0


def _fourth(values: Tensor) -> Tensor:
    squares = values * values
    return squares * squares
