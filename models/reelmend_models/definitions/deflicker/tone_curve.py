"""The smooth monotone curve that brings a frame's brightness to where it should be, as a table over luma."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from reelmend_models.definitions.deflicker.running_max import running_max

CELLS = 256
PEDESTAL_SHARE = 0.02
LEVEL_FLOOR = 1e-6
KERNEL_WIDTH = 0.035
POOLED_SHARE = 0.3
LEAST_CONTRAST = 0.25
TRUSTED_LOG_GAIN = math.log(2.5)
REFUSED_LOG_GAIN = math.log(6.0)
JUST_SEEN = 0.0055
STANDS_OUT = 0.2


class ToneCurve(NamedTuple):
    """Gain over luma: `gains` (CELLS + 2,) at equal steps of the compressed luma Y / (Y + middle) from `low` to `high`.

    The last entry repeats its neighbour, so that interpolation at the upper end stays inside the table. A pixel becomes
    (x + pedestal) · gain − pedestal · overall: black stays black, and where all gains are equal the pedestal has no
    effect. The other fields are scalars in the frame's own values.
    """

    gains: Tensor
    low: Tensor
    high: Tensor
    middle: Tensor
    pedestal: Tensor
    overall: Tensor


def tone_curve(current: Tensor, target: Tensor, flicker: Tensor, strength: Tensor) -> ToneCurve:
    """Return the curve that takes the quantiles `current` (K,) to `target` (K,), `strength` of the way in log gain.

    Gains at the quantiles are smoothed over luma and pulled a little to the gain of the whole frame, so that many
    equal quantiles (letterbox, title card, flat frame) share one value and thin parts of the histogram cannot
    swing. Mean luma then meets that of the target exactly. Gains of 2.5 and more are less and less believed, and
    from 6 on the frame is left alone: a flash or a black frame is no flicker. Where the window's `flicker` (a
    relative standard deviation) is too small to be seen, the frame is left alone as well, unless it stands out
    itself. Local contrast never falls below a quarter, so the curve is strictly monotone. Beyond the outer
    quantiles the gain stays constant.
    """
    now, wanted = torch.clamp(current, min=0.0), running_max(torch.clamp(target, min=0.0))
    middle = now.mean() + LEVEL_FLOOR
    pedestal = PEDESTAL_SHARE * middle
    pooled = torch.log((wanted.mean() + LEVEL_FLOOR) / middle)
    wanted_pedestal = pedestal * torch.exp(pooled)
    at_quantiles = torch.log((wanted + wanted_pedestal) / (now + pedestal))
    place = now / (now + middle)
    low, high = now[0], now[-1]
    steps = place[0] + (place[-1] - place[0]) * torch.linspace(0.0, 1.0, CELLS + 1)
    log_gain = _smoothed(steps, place, at_quantiles, pooled)
    reached = ((now + pedestal) * torch.exp(_smoothed(place, place, at_quantiles, pooled))).mean()
    shift = torch.log((wanted.mean() + wanted_pedestal) / reached)
    belief = torch.clamp((REFUSED_LOG_GAIN - pooled.abs()) / (REFUSED_LOG_GAIN - TRUSTED_LOG_GAIN), min=0.0, max=1.0)
    log_luma = torch.log(middle * steps / (1.0 - steps) + pedestal)
    share = belief * _visible_share(flicker, pooled) * strength
    gains = torch.exp(_with_least_contrast((log_gain + shift) * share, log_luma))
    return ToneCurve(torch.cat([gains, gains[-1:]]), low, high, middle, pedestal, torch.exp(pooled * share))


def _smoothed(at: Tensor, place: Tensor, log_gain: Tensor, pooled: Tensor) -> Tensor:
    """Return kernel means of `log_gain` (K,), given at `place` (K,), at the points `at` (N,)."""
    distance = (at[:, None] - place[None, :]) / KERNEL_WIDTH
    kernel = 1.0 / (1.0 + distance * distance) ** 2
    return ((kernel * log_gain).sum(dim=1) + POOLED_SHARE * pooled) / (kernel.sum(dim=1) + POOLED_SHARE)


def _visible_share(flicker: Tensor, pooled: Tensor) -> Tensor:
    """Return 0 where flicker is far below what an eye notices, 1 where it is far above."""
    seen = (flicker * flicker + (STANDS_OUT * pooled) ** 2) / JUST_SEEN**2
    return seen * seen / (seen * seen + 1.0)


def _with_least_contrast(log_gain: Tensor, log_luma: Tensor) -> Tensor:
    slack = (1.0 - LEAST_CONTRAST) * log_luma
    return running_max(log_gain + slack) - slack
