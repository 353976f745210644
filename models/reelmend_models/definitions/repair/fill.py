"""The fill of one block of the picture: neighbours, surroundings and what shines through, weighed by a small net."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from reelmend_models.definitions.repair.fill_light import CELL, LUMA, NEIGHBOURS

CORE = 48
MARGIN = 8
BLOCK = CORE + 2 * MARGIN
CELLS = 5
"""Cells that a block reads: they begin one cell left of its core and end one right of it."""
HALF = BLOCK // 2
SOURCES = NEIGHBOURS + 3
MOST_SURE = 12.0
CLEARER = 4.0
"""Differences of light are this many times as large to the net."""
FULL_WIDTH, HALF_WIDTH, QUARTER_WIDTH = 16, 32, 48
FIRST_OPINION = (1.5, 1.5, 0.0, 0.0, 0.0, 0.5, -1.0)
KNOWN_ENOUGH = 0.25
ALONG_ROWS_FALLS = 3.0
"""Power of the distance by which pixels to the left and right lose their say."""
ALONG_LINE_ROWS = 6.0
"""Deviation, in rows, of the surroundings that a scratch's own light is told from."""
LEAST = 1e-4


class Fill(nn.Module):
    """What a block should show, and how much of the grain of each of its sources is left in that.

    All with a leading axis of blocks, 1 in the engine. here: (3, 64, 64) the block as it is, others: (4, 3, 64, 64) the
    neighbours at −1, +1, −2, +2 moved onto it, there: (4,) 1 for neighbours that exist. gain (4, 3, 5, 5) and around
    (3, 5, 5): as `FillLight` gives them, from the cell left of and above the core. matte: (64, 64), above 0 where
    damaged; scratch: (64, 64) 1 on line scratches. known: (6, 32, 32) in 0…1: whether the neighbours were scratched at
    the same place of the screen, and by how far the flows to −1 and to +1 miss.

    Its sources: the neighbours in the frame's light; what lies around, in two dimensions and along the row; and what
    shines through, which under a scratch is the block less the mean light of the line. These it weighs, and adds a
    correction of luma in proportion to how much those that it trusts disagree: where they agree, nothing is made up.

    Returns `fill` (3, 48, 48), the core, and `left` (5, 48, 48): the share of each neighbour and of the block's own
    pixels in it.
    """

    luma: Tensor
    enlarge_cells: Tensor
    enlarge_8: Tensor
    enlarge_16: Tensor
    enlarge_32: Tensor
    spread_cells: Tensor
    along_rows: Tensor
    along_line: Tensor

    def __init__(self) -> None:
        super().__init__()
        self._constant("luma", torch.tensor(LUMA).reshape(1, 3, 1, 1))
        self._constant("enlarge_cells", _between(CELLS, CELL, BLOCK, CELL - MARGIN))
        self._constant("spread_cells", _between(CELLS, CELL, BLOCK, CELL - MARGIN).reshape(8, 8, CELLS).mean(1))
        for side in (8, 16, 32):
            self._constant(f"enlarge_{side}", _between(side, 2, 2 * side, 0))
        apart = (torch.arange(BLOCK)[:, None] - torch.arange(BLOCK)[None]).abs().float()
        self._constant("along_rows", torch.clamp(apart, min=0.5) ** -ALONG_ROWS_FALLS)
        self._constant("along_line", torch.exp(-0.5 * (apart / ALONG_LINE_ROWS) ** 2))
        features = 4 * (SOURCES + 3) + 2 * (NEIGHBOURS + 2)
        self.enter = nn.Conv2d(features, FULL_WIDTH, 3, padding=1)
        self.down_1 = nn.Conv2d(FULL_WIDTH, HALF_WIDTH, 3, stride=2, padding=1)
        self.at_16 = nn.Conv2d(HALF_WIDTH, HALF_WIDTH, 3, padding=1)
        self.down_2 = nn.Conv2d(HALF_WIDTH, QUARTER_WIDTH, 3, stride=2, padding=1)
        self.at_8 = nn.Conv2d(QUARTER_WIDTH, QUARTER_WIDTH, 3, padding=1)
        self.up_1 = nn.Conv2d(QUARTER_WIDTH, HALF_WIDTH, 1)
        self.back_16 = nn.Conv2d(HALF_WIDTH, HALF_WIDTH, 3, padding=1)
        self.up_2 = nn.Conv2d(HALF_WIDTH, FULL_WIDTH, 1)
        self.back_32 = nn.Conv2d(FULL_WIDTH, FULL_WIDTH, 3, padding=1)
        self.leave = nn.Conv2d(2 * FULL_WIDTH, 4 * (SOURCES + 1), 1)
        nn.init.zeros_(self.leave.weight)
        opinion = torch.tensor([*FIRST_OPINION, 0.0]).repeat_interleave(4)
        with torch.no_grad():
            torch.as_tensor(self.leave.bias).copy_(opinion)

    def forward(
        self,
        here: Tensor,
        others: Tensor,
        there: Tensor,
        gain: Tensor,
        around: Tensor,
        matte: Tensor,
        scratch: Tensor,
        known: Tensor,
    ) -> tuple[Tensor, Tensor]:
        damaged = (matte > 0).to(here.dtype)[:, None]
        good = 1.0 - nn.functional.max_pool2d(damaged, 3, 1, 1)
        around_here, share_known = self._surroundings(here, good, around)
        across = self._across(here, good, around_here)
        behind = self._behind(here, across, scratch[:, None])
        exists = there[:, :, None, None, None]
        lit = others * _enlarged(gain, self.enlarge_cells)
        candidates = exists * lit + (1.0 - exists) * around_here[:, None]
        sources = torch.cat([candidates, torch.stack([around_here, across, behind], dim=1)], dim=1)
        lumas = self._lumas(torch.cat([sources, here[:, None]], dim=1))
        base, own = lumas[:, NEIGHBOURS : NEIGHBOURS + 1], lumas[:, SOURCES:]
        stands_out = torch.cat([lumas[:, :NEIGHBOURS], lumas[:, NEIGHBOURS + 1 :]], dim=1) - base
        unlike = good * (own - lumas[:, :NEIGHBOURS]).abs()
        full = torch.cat([CLEARER * stands_out, matte[:, None], scratch[:, None], damaged], dim=1)
        half = nn.functional.avg_pool2d(torch.cat([2.0 * CLEARER * unlike, base], dim=1), 2)
        features = torch.cat([nn.functional.pixel_unshuffle(full, 2), known, half, share_known], dim=1)
        opinion = _core(nn.functional.pixel_shuffle(self._net(features), 2))
        shares = self._shares(opinion[:, :SOURCES], there)
        core_lumas = _core(lumas[:, :SOURCES])
        mean = (shares * core_lumas).sum(dim=1, keepdim=True)
        spread = (shares * (core_lumas - mean).abs()).sum(dim=1, keepdim=True)
        fill = (shares[:, :, None] * _core(sources)).sum(dim=1) + opinion[:, SOURCES:] * spread
        core = _core(good)
        own_share = shares[:, SOURCES - 1 :] + core * (shares[:, NEIGHBOURS : SOURCES - 1].sum(dim=1, keepdim=True))
        return fill, torch.cat([shares[:, :NEIGHBOURS], own_share], dim=1)

    def _constant(self, name: str, value: Tensor) -> None:
        self.register_buffer(name, value, persistent=False)

    def _across(self, here: Tensor, good: Tensor, otherwise: Tensor) -> Tensor:
        """Return what the intact pixels of the same row say, the nearest most; where there are none, `otherwise`."""
        told = torch.cat([good * here, good], dim=1) @ self.along_rows
        spread = (told[:, :3] + LEAST * otherwise) / (told[:, 3:] + LEAST)
        return good * here + (1.0 - good) * spread

    def _behind(self, here: Tensor, across: Tensor, scratch: Tensor) -> Tensor:
        """Return the block less the mean light, up and down the line, by which a scratch stands off its row."""
        light = self.along_line @ torch.cat([scratch * (here - across), scratch], dim=1)
        return here - scratch * light[:, :3] / (light[:, 3:] + LEAST)

    def _lumas(self, planes: Tensor) -> Tensor:
        """Return (B, N, H, W) of planes (B, N, 3, H, W)."""
        return nn.functional.conv2d(planes.flatten(0, 1), self.luma).reshape(planes.shape[:2] + planes.shape[3:])

    def _shares(self, opinion: Tensor, there: Tensor) -> Tensor:
        """Return the softmax of opinions over the sources that exist."""
        exists = torch.cat([there, torch.ones_like(there[:, : SOURCES - NEIGHBOURS])], dim=1)[:, :, None, None]
        say = torch.exp(torch.clamp(opinion, -MOST_SURE, MOST_SURE)) * exists
        return say / nn.functional.conv2d(say, say.new_ones(1, SOURCES, 1, 1))

    def _surroundings(self, here: Tensor, good: Tensor, around: Tensor) -> tuple[Tensor, Tensor]:
        """Return the block with what is damaged filled from around it, coarse where holes are wide (push and pull)."""
        levels = [torch.cat([good * here, good], dim=1)]
        for _ in range(3):
            levels.append(nn.functional.avg_pool2d(levels[-1], 2))
        filled = _enlarged(around, self.spread_cells)
        for level, enlarge in zip(levels[:0:-1], (self.enlarge_8, self.enlarge_16, self.enlarge_32), strict=True):
            trust = torch.clamp(level[:, 3:] / KNOWN_ENOUGH, 0.0, 1.0)
            filled = trust * level[:, :3] / (level[:, 3:] + LEAST) + (1.0 - trust) * filled
            filled = _enlarged(filled, enlarge)
        return good * here + (1.0 - good) * filled, levels[1][:, 3:]

    def _net(self, features: Tensor) -> Tensor:
        relu = nn.functional.relu
        at_32 = relu(self.enter(features))
        at_16 = relu(self.at_16(relu(self.down_1(at_32))))
        at_8 = relu(self.at_8(relu(self.down_2(at_16))))
        at_16 = relu(self.back_16(at_16 + _doubled(self.up_1(at_8))))
        back = relu(self.back_32(at_32 + _doubled(self.up_2(at_16))))
        return torch.as_tensor(self.leave(torch.cat([at_32, back], dim=1)))


def _core(planes: Tensor) -> Tensor:
    return planes[..., MARGIN : MARGIN + CORE, MARGIN : MARGIN + CORE]


def _doubled(planes: Tensor) -> Tensor:
    return nn.functional.interpolate(planes, scale_factor=2.0, mode="nearest")


def _enlarged(planes: Tensor, enlarge: Tensor) -> Tensor:
    """Return planes (…, n, n) read between their pixels at (…, N, N); enlarge: (N, n)."""
    return enlarge @ planes @ enlarge.T


def _between(cells: int, cell: int, pixels: int, first: int) -> Tensor:
    """Return (pixels, cells): the say of each cell in the pixels, the first of which is the `first` of the cells'."""
    place = (torch.arange(pixels) + first + 0.5) / cell - 0.5
    place = torch.clamp(place, 0.0, cells - 1.0)
    return torch.relu(1.0 - (place[:, None] - torch.arange(cells)[None]).abs())
