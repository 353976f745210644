"""The shapes that true light may take over a window: broken lines with few or many breaks."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import torch
from torch import Tensor

BEFORE_WINDOW = -1.0
AFTER_WINDOW = 2.0
BREAKS = tuple(step / 15 for step in range(-13, 14))
EVEN_BREAKS = (3, 5, 7, 10)


@dataclass(frozen=True)
class Trends:
    """Broken lines over the window, J of them with at most P slopes.

    knots: (J, P) where slopes begin, the window spanning −1…1; AFTER_WINDOW stands for none.
    slopes: (J,) how many slopes each has. log_prior: (J,) log of the share of belief that each starts with.
    """

    knots: Tensor
    slopes: Tensor
    log_prior: Tensor


def simple_trends() -> Trends:
    """Return constant, straight, and once or twice broken lines: steady light, ramps, the start and end of fades."""
    classes: list[list[tuple[float, ...]]] = [
        [()],
        [(BEFORE_WINDOW,)],
        [(BEFORE_WINDOW, at) for at in BREAKS],
        [(BEFORE_WINDOW, *pair) for pair in itertools.combinations(BREAKS, 2)],
    ]
    return _trends(classes)


def winding_trends() -> Trends:
    """Return lines broken at even distances: light that wanders smoothly, as when things move in the frame."""
    return _trends([[(BEFORE_WINDOW, *(2 * (i + 1) / (n + 1) - 1 for i in range(n)))] for n in EVEN_BREAKS])


def _trends(classes: list[list[tuple[float, ...]]]) -> Trends:
    lines = [knots for members in classes for knots in members]
    most = max(map(len, lines))
    padded = [[*knots, *[AFTER_WINDOW] * (most - len(knots))] for knots in lines]
    log_prior = [-math.log(len(members)) for members in classes for _ in members]
    return Trends(torch.tensor(padded), torch.tensor([float(len(knots)) for knots in lines]), torch.tensor(log_prior))
