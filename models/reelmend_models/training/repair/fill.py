"""The training of the net that weighs what damaged pixels should show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from reelmend_models.definitions.repair.fill import CORE, MARGIN, Fill
from reelmend_models.definitions.repair.fill_light import NEIGHBOURS, FillLight
from reelmend_models.training.repair.fill_blocks import (
    Blocks,
    blocks_of,
    case_of,
    matte_as_found,
    touched_places,
)
from reelmend_models.training.repair.fill_windows import fill_window_of
from reelmend_models.training.repair.part import Settings
from reelmend_models.training.repair.samples import Pool
from reelmend_models.training.repair.stills import Origin

SCRATCH = 2
POOL_WINDOWS, POOL_STEPS = 400, 800
"""Windows are drawn in pools, a new one every so many steps."""
VALIDATION_WINDOWS = 96
MOST_BLOCKS_A_WINDOW = 12
LOST_SIDES = (0.06, 0.06, 0.03)
"""Share of windows that lose what is before, what is after, and both: clip ends and cuts."""
LOST_NEIGHBOUR = 0.04
DAMAGED_FROM, SEEN_FROM = 0.05, 0.1
BESIDE_WEIGHT = 0.25
BUSY_FROM, EVEN_PIXELS = 0.04, 9
SCRATCH_SHARE = 0.45
SQUARE_WEIGHT, ABSOLUTE_WEIGHT, SLOPE_WEIGHT = 5.0, 0.5, 0.15
AT_ONCE = 64

Batch = tuple[Tensor, ...]


class Filler:
    """The part "fill". A batch is what `Fill` takes, the core as it should be and the true opacities (B, 2, 48, 48)."""

    name = "fill"

    def __init__(self, settings: Settings, pool: Pool, validation: Pool) -> None:
        self.settings = settings
        self._pool, self._validation = pool, validation
        self._light = FillLight().eval()
        self._drawn: tuple[int, Drawn] | None = None
        self._coming: tuple[int, Future[Drawn]] | None = None
        self._background = ThreadPoolExecutor(1, thread_name_prefix="fill")

    @property
    def origins(self) -> Sequence[Origin]:
        return self._pool.origins

    def net(self) -> nn.Module:
        return Fill()

    def batch(self, step: int) -> Batch:
        """Return blocks of the step's pool, those with scratches as often as others, mirrored by chance."""
        rng = np.random.default_rng((self.settings.seed, 7, step))
        drawn = self._pool_of(step // POOL_STEPS)
        chosen = torch.from_numpy(rng.choice(len(drawn.say), self.settings.batch, p=drawn.say))
        blocks, true = drawn.blocks.chosen(chosen), drawn.true[chosen].float()
        parts = (*blocks.inputs(), blocks.clean, true)
        return tuple(part.flip(-1) if part.ndim > 2 else part for part in parts) if rng.random() < 0.5 else parts

    def loss(self, net: nn.Module, batch: Batch) -> Tensor:
        *inputs, clean, true = batch
        with torch.autocast(clean.device.type, enabled=False):
            fill, _ = net(*inputs)
        return loss_of(fill, clean, inputs[5], true)

    def validated(self, net: nn.Module) -> Mapping[str, float]:
        """Return the loss, and the PSNR inside particles and inside scratches, beside those of the median of three."""
        device = next(net.parameters()).device
        drawn = self._unseen
        fills = []
        for first in range(0, len(drawn.true), AT_ONCE):
            part = drawn.blocks.chosen(torch.arange(first, min(first + AT_ONCE, len(drawn.true))))
            fills.append(net(*(tensor.to(device) for tensor in part.inputs()))[0].cpu())
        every = drawn.blocks.chosen(torch.arange(len(drawn.true)))
        fill, true = torch.cat(fills), drawn.true.float()
        core = slice(MARGIN, -MARGIN)
        three = torch.cat([every.here[:, None], every.others[:, :2]], 1)[..., core, core].median(1).values
        figures = {"loss": float(loss_of(fill, every.clean, every.matte, true))}
        whole, scratch = true[:, 0] > SEEN_FROM, true[:, 1] > SEEN_FROM
        for name, inside in (("particles", whole & ~scratch), ("scratches", scratch)):
            for method, picture in (("", fill), ("_median", three)):
                figures[f"{name}{method}_psnr_db"] = _psnr(picture, every.clean, inside)
        return figures

    def _pool_of(self, number: int) -> Drawn:
        """Return a pool of blocks; the next one is drawn in the background meanwhile."""
        if self._drawn is None or self._drawn[0] != number:
            coming = self._coming
            drawn = coming[1].result() if coming is not None and coming[0] == number else self._draw(number)
            self._drawn = number, drawn
            self._coming = number + 1, self._background.submit(self._draw, number + 1)
        return self._drawn[1]

    def _draw(self, number: int) -> Drawn:
        first = number * POOL_WINDOWS
        return drawn_from(self._pool, range(first, first + POOL_WINDOWS), self._light, is_training=True)

    @cached_property
    def _unseen(self) -> Drawn:
        return drawn_from(self._validation, range(VALIDATION_WINDOWS), self._light, is_training=False)


class Drawn:
    """Blocks as halves, true opacities of all damage and of scratches (N, 2, 48, 48), how often each is drawn."""

    def __init__(self, parts: Sequence[tuple[Blocks, Tensor]]) -> None:
        self.blocks = Blocks.of([blocks for blocks, _ in parts])
        self.true = torch.cat([true for _, true in parts])
        scratched = (self.true[:, 1].amax((1, 2)) > SEEN_FROM).double()
        share = scratched.mean().clamp(1e-3, 1 - 1e-3)
        say = torch.where(scratched > 0, SCRATCH_SHARE / share, (1 - SCRATCH_SHARE) / (1 - share))
        say = say * (self.true[:, 0] > SEEN_FROM).double().mean((1, 2)).clamp(0.002, 0.2).sqrt()
        self.say = (say / say.sum()).numpy()


def drawn_from(pool: Pool, windows: range, light: FillLight, is_training: bool) -> Drawn:
    """Return blocks of the damaged windows of these numbers; for validation under mattes that are a pixel too wide."""
    parts = []
    for number in windows:
        window = fill_window_of(pool, number)
        rng = np.random.default_rng((pool.seed, 5, number))
        true = window.mattes
        matte, scratch = matte_as_found(rng, true) if is_training else matte_as_found(None, true)
        there = _left(rng) if is_training else [1.0] * NEIGHBOURS
        places = [
            (top, left)
            for top, left in touched_places(matte)
            if top + CORE <= matte.shape[0] and left + CORE <= matte.shape[1]
        ]
        if not places:
            continue
        chosen = [places[index] for index in rng.permutation(len(places))[:MOST_BLOCKS_A_WINDOW]]
        blocks = blocks_of(case_of(window, matte, scratch, there, light), chosen)
        opacity = torch.from_numpy(np.stack([true.max(0), true[SCRATCH]]))
        cores = torch.stack([opacity[:, top : top + CORE, left : left + CORE] for top, left in chosen])
        parts.append((blocks.halves(), cores.half()))
    return Drawn(parts)


def loss_of(fill: Tensor, clean: Tensor, matte: Tensor, true: Tensor) -> Tensor:
    """Return how far the fill is off where it will be seen: mostly where the picture is truly damaged, and even."""
    seen = BESIDE_WEIGHT + (1 - BESIDE_WEIGHT) * (true[:, 0] > DAMAGED_FROM).float()
    say = matte[:, None, MARGIN:-MARGIN, MARGIN:-MARGIN] * seen[:, None] * _evenness(clean)
    off = fill - clean
    across, down = off.diff(dim=3) * say[..., 1:], off.diff(dim=2) * say[..., 1:, :]
    slopes = across.abs().sum() + down.abs().sum()
    squares, absolute = (off * off * say).sum(), (off.abs() * say).sum()
    weighted = SQUARE_WEIGHT * squares + ABSOLUTE_WEIGHT * absolute + SLOPE_WEIGHT * slopes
    return weighted / (3 * say.sum() + 1)


def _evenness(clean: Tensor) -> Tensor:
    """Return (B, 1, H, W) from 1 where the picture is even down to little where it is busy and hides what is wrong."""
    light = clean.mean(1, keepdim=True)
    light = light - light.mean((2, 3), keepdim=True)
    mean, square = (
        functional.avg_pool2d(values, EVEN_PIXELS, 1, EVEN_PIXELS // 2, count_include_pad=False)
        for values in (light, light * light)
    )
    return BUSY_FROM / (BUSY_FROM + torch.sqrt(torch.relu(square - mean * mean) + 1e-8))


def _left(rng: np.random.Generator) -> list[float]:
    """Return which neighbours there are, as cuts and clip ends leave them."""
    there = [1.0] * NEIGHBOURS
    before, after, both = np.cumsum(LOST_SIDES)
    chance = rng.random()
    if chance < before or after <= chance < both:
        there[0] = there[2] = 0.0
    if before <= chance < both:
        there[1] = there[3] = 0.0
    return [one * float(rng.random() >= LOST_NEIGHBOUR) for one in there]


def _psnr(picture: Tensor, clean: Tensor, inside: Tensor) -> float:
    squares = ((picture - clean) ** 2).mean(1)[inside]
    return float(-10 * torch.log10(squares.mean())) if len(squares) else 0.0
