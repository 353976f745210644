"""How far light must jump before it is taken for flicker."""

from __future__ import annotations

import math

import torch
from torch import Tensor

DISTANCES_FRAMES = (1, 2, 3, 4)
JUST_SEEN = (1.0, 1.5, 2.2, 3.0)
SAME_DEVIATION = 1.4826 / math.sqrt(6.0)
FAR_AWAY = 1e9
LEAVES_ALONE, TAKES_OUT = 0.5, 1.5
FADES_BEND = 0.35
STANDS_OUT, STANDS_OUT_FROM = 0.3, 0.05


def restlessness(paths: Tensor, present: Tensor) -> Tensor:
    """Return how restless B paths of log light (B, T) are, (B,): the deviation of white noise that jumps as much.

    Taken from the median of second differences between frames 1 to 4 apart, so that ramps and single flashes say
    nothing; longer distances, where true light bends, must show more. The log light of a fade bends by a quarter of its
    slope squared: that is taken off with some to spare, of each path by its own slope or that of the first, which is
    the light of the whole picture. present: (B, T), or (1, T) for all alike, 1 for frames that are known.
    """
    present = present + torch.zeros_like(paths)
    found = []
    for distance, seen in zip(DISTANCES_FRAMES, JUST_SEEN, strict=True):
        before, at, after = slice(None, -2 * distance), slice(distance, -distance), slice(2 * distance, None)
        known = present[:, before] * present[:, at] * present[:, after]
        slope = (paths[:, after] - paths[:, before]).abs()
        slope = torch.maximum(slope, slope[:1])
        jump = (paths[:, before] - 2.0 * paths[:, at] + paths[:, after]).abs() - FADES_BEND * slope * slope
        found.append(_median(torch.relu(jump), known) * (SAME_DEVIATION / seen))
    return torch.stack(found).amax(dim=0)


def share_to_correct(restless: Tensor, correction: Tensor, just_seen: float) -> Tensor:
    """Return 0 where flicker could not be seen, 1 where it could: nothing is corrected that nobody sees.

    restless: deviation of the path. correction: the log gain that is about to be applied; one that stands out, of a
    flash in steady light, counts as well, but not the few per cent by which the corner of a fade is misjudged.
    just_seen: the deviation halfway.
    """
    stands_out = STANDS_OUT * torch.relu(correction.abs() - STANDS_OUT_FROM)
    seen = torch.sqrt(restless * restless + stands_out * stands_out) / just_seen
    share = torch.clamp((seen - LEAVES_ALONE) / (TAKES_OUT - LEAVES_ALONE), 0.0, 1.0)
    return share * share * (3.0 - 2.0 * share)


def _median(values: Tensor, known: Tensor) -> Tensor:
    """Return the lower median (B,) of the values (B, N) that are known, 0 when none is."""
    ordered = torch.sort(torch.where(known > 0, values, FAR_AWAY), dim=1).values
    count = known.sum(dim=1, keepdim=True)
    middle = torch.clamp((count - 1) / 2, min=0.0).to(torch.int64)
    return torch.where(count > 0, torch.gather(ordered, 1, middle), 0.0)[:, 0]
