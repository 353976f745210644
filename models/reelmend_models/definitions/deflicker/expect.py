"""The third graph of the deflicker model: the changes of light over a window in, the correction of its centre out."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from reelmend_models.definitions.deflicker.compare import BANDS, FIELD_COLUMNS, FIELD_ROWS
from reelmend_models.definitions.deflicker.sampling import smoothing
from reelmend_models.definitions.deflicker.tones import TONES
from reelmend_models.definitions.deflicker.trend_net import REACH_FRAMES
from reelmend_models.definitions.deflicker.visible import restlessness, share_to_correct

LEVEL_JUST_SEEN, TONES_JUST_SEEN, FIELD_JUST_SEEN, BANDS_JUST_SEEN = 0.004, 0.0025, 0.008, 0.004
RARE_TONE = 1e-3
TRUSTED_LOG_GAIN, REFUSED_LOG_GAIN = math.log(2.5), math.log(6.0)
CELL_NEIGHBOURS, PROTECTING_CELLS = 1.0, 2.0
WELL_KNOWN = 0.3
NOTHING = 1e-6


class Paths(NamedTuple):
    """Light over the window relative to its centre, by position from 60 frames before to 60 after: (…, 121)."""

    level: Tensor
    tones: Tensor
    field: Tensor
    bands: Tensor
    present: Tensor


class Expect(nn.Module):
    """The correction of a window's centre: where its light should be, less where it is.

    curve_steps: (T, 16), field_steps: (T, 9, 16), band_steps: (T, 60) and trusts: (T, 9, 16), what `Compare` says of
    each of the window's frames and the one before it; 0 for the first frame, after cuts and where frames repeat.
    tones: (16,) of the centre. offsets: (T,) frame numbers relative to the centre, at most 60 away. weights: (T,) 1 for
    frames of this shot. balance: 0 corrects the whole picture alone, 1 the field alone, 0.5 both in full. limit:
    greatest log gain of the field. protection: 0…1, how much cells in which little could be compared lean on their
    neighbours.

    curve: (16,) log gain by tone. field: (9, 16) and bands: (60,) further log gains. level: (T,) measured log light of
    the frames relative to the centre; expected: (1,), where the centre's should be.
    """

    def __init__(self, trend: nn.Module) -> None:
        super().__init__()
        self.trend = trend

    def forward(
        self,
        curve_steps: Tensor,
        field_steps: Tensor,
        band_steps: Tensor,
        trusts: Tensor,
        tones: Tensor,
        offsets: Tensor,
        weights: Tensor,
        balance: Tensor,
        limit: Tensor,
        protection: Tensor,
    ) -> tuple[Tensor, ...]:
        rarity = torch.sqrt(tones * TONES + RARE_TONE)
        steps = torch.cat([curve_steps, field_steps.flatten(1), band_steps], dim=1)
        paths = _paths(steps, tones, rarity, offsets, weights)
        expected = _expected(self.trend, paths)
        whole = torch.clamp(2.0 - 2.0 * balance, max=1.0)
        local = torch.clamp(2.0 * balance, max=1.0)
        trust = _at(trusts, offsets, 0.0) + _at(trusts, offsets, 1.0)
        shares = _shares(expected, paths)
        curve = (expected.level + expected.tones / rarity) * (shares.curve * whole)
        cells = expected.field.reshape(FIELD_ROWS, FIELD_COLUMNS)
        field = _protected(cells * shares.field, trust / 2.0, protection)
        stripes = expected.bands * shares.bands
        belief = _belief(expected.level)
        level = torch.cumsum((curve_steps * tones).sum(dim=1), dim=0)
        level = level - (level * (offsets == 0)).sum()
        return (
            curve * belief,
            _within(field * (local * belief), limit),
            _within(stripes * (local * belief), limit),
            level,
            expected.level,
        )


class Expected(NamedTuple):
    """Where the centre's light should be relative to where it is: (1,), (16,), (144,), (60,)."""

    level: Tensor
    tones: Tensor
    field: Tensor
    bands: Tensor


def _paths(steps: Tensor, tones: Tensor, rarity: Tensor, offsets: Tensor, weights: Tensor) -> Paths:
    light = torch.cumsum(steps, dim=0)
    here = (offsets == 0).to(steps.dtype)
    light = light - here @ light
    positions = torch.arange(-REACH_FRAMES, REACH_FRAMES + 1, dtype=torch.float32)
    placed = (positions[:, None] == offsets[None, :]).to(steps.dtype) * weights
    tracks = (placed @ light).transpose(0, 1)
    curves, fields, bands = torch.split(tracks, [TONES, FIELD_ROWS * FIELD_COLUMNS, BANDS])
    level = tones @ curves
    present = placed.sum(dim=1)[None]
    return Paths(level[None], (curves - level) * rarity[:, None] * present, fields, bands, present)


def _expected(trend: nn.Module, paths: Paths) -> Expected:
    tracks = torch.cat([paths.level, paths.tones, paths.field, paths.bands])
    should_be = trend(tracks, paths.present + torch.zeros_like(tracks))
    return Expected(*torch.split(should_be, [1, TONES, FIELD_ROWS * FIELD_COLUMNS, BANDS]))


class Shares(NamedTuple):
    """How much of each correction is to be made, 0…1: of level and tones, of each cell (9, 16), of bands."""

    curve: Tensor
    field: Tensor
    bands: Tensor


def _shares(expected: Expected, paths: Paths) -> Shares:
    """Return what can be seen to flicker. Where most of the picture does, or its level, all of it is corrected."""
    restless = restlessness(torch.cat([paths.level, paths.tones, paths.field, paths.bands]), paths.present).square()
    level, tones, field, bands = torch.split(restless, [1, TONES, FIELD_ROWS * FIELD_COLUMNS, BANDS])
    of_level = share_to_correct(level.sqrt(), expected.level, LEVEL_JUST_SEEN)
    of_tones = share_to_correct(*_typical(tones, expected.tones), TONES_JUST_SEEN)
    of_bands = share_to_correct(*_typical(bands, expected.bands), BANDS_JUST_SEEN)
    around, stands_out = (
        torch.sqrt(_blended(squared.reshape(FIELD_ROWS, FIELD_COLUMNS), CELL_NEIGHBOURS))
        for squared in (field, expected.field.square())
    )
    of_field = share_to_correct(around, stands_out, FIELD_JUST_SEEN)
    whole = torch.stack([of_level[0], of_tones, of_bands, of_field.mean()]).max()
    return Shares(whole, torch.maximum(of_field, whole), whole)


def _typical(squared: Tensor, corrections: Tensor) -> tuple[Tensor, Tensor]:
    return squared.mean().sqrt(), corrections.square().mean().sqrt()


def _protected(field: Tensor, trust: Tensor, protection: Tensor) -> Tensor:
    """Return the field with cells of little trust drawn towards what their neighbours say."""
    known = torch.clamp(trust / WELL_KNOWN, max=1.0)
    around = _blended(field * known, PROTECTING_CELLS) / (_blended(known, PROTECTING_CELLS) + NOTHING)
    return field + protection * (1.0 - known) * (around - field)


def _blended(cells: Tensor, reach_cells: float) -> Tensor:
    return smoothing(FIELD_ROWS, reach_cells) @ cells @ smoothing(FIELD_COLUMNS, reach_cells).T


def _at(values: Tensor, offsets: Tensor, offset: float) -> Tensor:
    """Return the entry of the (T, …) values at that offset, zeros when there is none."""
    here = (offsets == offset).to(values.dtype)
    return (values * here[:, None, None]).sum(dim=0)


def _belief(level: Tensor) -> Tensor:
    """Return 1 for gains up to 2.5, 0 from 6 on: a flash or a black frame is no flicker."""
    return torch.clamp((REFUSED_LOG_GAIN - level.abs()) / (REFUSED_LOG_GAIN - TRUSTED_LOG_GAIN), 0.0, 1.0)


def _within(log_gain: Tensor, limit: Tensor) -> Tensor:
    """Return the log gain bent smoothly to stay within ±limit."""
    share = log_gain / (limit + NOTHING)
    return log_gain * torch.rsqrt(torch.sqrt(1.0 + share**4))
