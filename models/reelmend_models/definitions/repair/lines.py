"""The graph `lines`: what speaks for a near-vertical line in one frame, strip by strip, column by column."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

RIBS = 160
"""Rows that a frame is averaged to before anything is looked for: a scratch hardly bends within one."""
STRIPS = 40
MOST_LINES = 720
"""A frame of more lines is averaged to as many columns as it would have at this height."""
SLOPES = (-20.0, -15.0, -10.0, -5.0, 0.0, 5.0, 10.0, 15.0, 20.0)
"""Columns by which the lower end stands to the right of the upper."""
FINE, BROAD = 0, 1
REACH = 6
CELLS = 40
EVEN_TEXTURE = 1.4
"""Standard deviation over the clipped mean size, of Gaussian noise."""
EDGES = 0.75
LEAST_TEXTURE = 6e-4
MOST_OF_A_PIXEL, MOST_OF_A_STRIP = 2.5, 4.0
LEAST_SPREAD = 0.05


class Lines(nn.Module):
    """Evidence along near-vertical lines, as a pure function of one frame.

    A pixel's detail is its light less that of both sides, for fine lines and for broad ones. It counts by how far it
    stands out of the texture around it, and never for more than MOST_OF_A_PIXEL: the sum along a line then tells a
    faint line that stands everywhere from a few strong edges. The step from side to side weakens what is an edge.

    ribs: (160, C) the frame's luma averaged to 160 rows and at most as many columns as it has at 720 lines; display
    values, finite. evidence: (2, 40, C) fine and broad, bright positive, of deviation 1 where there is no line.
    strips: (40, C) mean luma. sums: (9, C) evidence summed along straight lines of SLOPES through the middle row.
    """

    kernels: Tensor
    rays: Tensor
    down: Tensor
    level: Tensor
    up: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("kernels", _kernels(), persistent=False)
        self.register_buffer("rays", _rays(), persistent=False)
        means = torch.kron(torch.eye(STRIPS), torch.full((1, RIBS // STRIPS), STRIPS / RIBS))
        self.register_buffer("down", means, persistent=False)
        self.register_buffer("level", _neighbours(STRIPS), persistent=False)
        self.register_buffer("up", torch.kron(torch.eye(STRIPS), torch.ones(RIBS // STRIPS, 1)), persistent=False)

    def forward(self, ribs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        strips = self.down @ ribs
        padded = functional.pad(ribs[None, None], (REACH, REACH, 0, 0), mode="replicate")
        found = functional.conv2d(padded, self.kernels)[0]
        detail, edges = found[:2], self.up @ (self.level @ (self.down @ found[2:])).abs()
        columns = ribs.shape[1]
        narrow = cells_of(columns)
        spread = self._texture(detail, narrow) + EDGES * edges + LEAST_TEXTURE
        pixels = torch.clamp(detail / spread, -MOST_OF_A_PIXEL, MOST_OF_A_PIXEL)
        evidence = self.down @ pixels
        size = _robust(evidence.abs(), lambda plane: self.level @ (plane @ narrow) @ _wide(columns))
        evidence = torch.clamp(evidence / (EVEN_TEXTURE * size + LEAST_SPREAD), -MOST_OF_A_STRIP, MOST_OF_A_STRIP)
        beside = self.rays.shape[-1] // 2
        both = functional.pad(evidence.sum(dim=0)[None, None], (beside, beside, 0, 0))
        sums = functional.conv2d(both, self.rays)[0, :, 0]
        return evidence, strips, sums

    def _texture(self, detail: Tensor, narrow: Tensor) -> Tensor:
        wide = _wide(detail.shape[-1])
        return EVEN_TEXTURE * _robust(
            detail.abs(), lambda plane: self.up @ (self.level @ ((self.down @ plane) @ narrow) @ wide)
        )


def cells_of(columns: int) -> Tensor:
    """Return (columns, 40) the share of each column in the mean of each of 40 cells of the width."""
    start = torch.arange(CELLS, dtype=torch.float32)[None, :] * columns / CELLS
    column = torch.arange(columns, dtype=torch.float32)[:, None]
    overlap = torch.minimum(column + 1, start + columns / CELLS) - torch.maximum(column, start)
    return torch.clamp(overlap, min=0.0) * (CELLS / columns)


def _wide(columns: int) -> Tensor:
    """Return (40, columns) that spreads cells over the columns, each smoothed with its neighbours."""
    place = (torch.arange(columns, dtype=torch.float32) + 0.5) * CELLS / columns - 0.5
    distance = (place[None, :] - torch.arange(CELLS, dtype=torch.float32)[:, None]).abs()
    weights = torch.clamp(2.0 - distance, min=0.0)
    return weights / weights.sum(dim=0, keepdim=True)


def _robust(sizes: Tensor, mean: object) -> Tensor:
    """Return the mean of sizes where those above twice the mean count as that."""
    first = mean(sizes)  # type: ignore[operator]
    return mean(torch.minimum(sizes, 2.0 * first))  # type: ignore[operator,no-any-return]


def _neighbours(count: int) -> Tensor:
    """Return (count, count) the mean over each row and its two neighbours above and below, weighted 1 2 3 2 1."""
    place = torch.arange(count, dtype=torch.float32)
    weights = torch.clamp(3.0 - (place[:, None] - place[None, :]).abs(), min=0.0)
    return weights / weights.sum(dim=1, keepdim=True)


def _kernels() -> Tensor:
    """Return (4, 1, 1, 13): fine and broad detail, fine and broad steps from left to right."""
    kernels = torch.zeros(4, 2 * REACH + 1)
    for row, (half, sides) in enumerate((((0,), (2, 3)), ((-1, 0, 1), (4, 5)))):
        for at in half:
            kernels[row, REACH + at] = 1.0 / len(half)
        for side in sides:
            kernels[row, REACH + side] = kernels[row, REACH - side] = -0.5 / len(sides)
            kernels[2 + row, REACH + side], kernels[2 + row, REACH - side] = 1.0 / len(sides), -1.0 / len(sides)
    return kernels[:, None, None]


def _rays() -> Tensor:
    """Return (9, 1, 40, 2n+1) which columns of each strip a line of each slope crosses, a pixel wide either way."""
    beside = int(max(SLOPES) / 2) + 2
    ray = torch.tensor(SLOPES)[:, None] * strip_places()[None, :]
    away = (torch.arange(-beside, beside + 1, dtype=torch.float32)[None, None, :] - ray[:, :, None]).abs()
    return torch.clamp(1.0 - 0.5 * away, min=0.0)[:, None] * 0.5


def strip_places() -> Tensor:
    """Return (40,) how far down each strip lies, −½ … ½."""
    return (torch.arange(STRIPS, dtype=torch.float32) + 0.5) / STRIPS - 0.5
