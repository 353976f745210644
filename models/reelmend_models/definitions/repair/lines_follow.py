"""Lines found in a window of frames, and their ways down the picture and through time, to parts of a pixel."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from reelmend_models.definitions.repair.lines import SLOPES, strip_places

CANDIDATES = 24
DRIFTS = (-1.5, -1.0, -0.66, -0.33, 0.0, 0.33, 0.66, 1.0, 1.5)
"""Columns a frame by which a line moves."""
APART = 4
"""Of two lines no further apart than so many columns the stronger one counts."""
STRAY = 4
"""Columns by which a line leaves the straight way."""
SHARPNESS = 5.0
HOLD = 0.12
REACH = 9
"""Columns to each side of a line that its light is looked at."""
INNER, OUTER = 5, 8
"""Columns from a line's middle, first and last, between which lie the surroundings that it is compared with."""


@dataclass(frozen=True)
class Candidates:
    """K lines: column of the middle row in the middle frame, slope, drift, sign (−1 dark), sum of evidence."""

    column: Tensor
    slope: Tensor
    drift: Tensor
    sign: Tensor
    strength: Tensor


@dataclass(frozen=True)
class Followed:
    """What K lines are.

    ways: (K, T, 40) column in each frame and strip. evidence: (2, K, T, 40) along them, positive where they are.
    light: (K, T, 40, 2·REACH+1) luma around them. shift: (K, T), bend: (K, 40) how they leave the straight way.
    there: (K,) 1 where the picture had such a line at all; columns, seen, width, opacity: as Judge gives them.
    """

    ways: Tensor
    evidence: Tensor
    light: Tensor
    shift: Tensor
    bend: Tensor
    there: Tensor
    columns: Tensor
    seen: Tensor
    width: Tensor
    opacity: Tensor


def candidates(sums: Tensor, offsets: Tensor) -> Candidates:
    """Return the 24 strongest lines of a window; of strength 0 where there are not so many."""
    frames, slopes, columns = sums.shape
    drifts = torch.tensor(DRIFTS)
    moved = torch.round(drifts[:, None] * offsets[None, :]).to(torch.int64)
    column = torch.arange(columns)
    place = (column[None, None, :] + moved[:, :, None]).clamp(min=0, max=columns - 1)
    rows = place + (torch.arange(frames) * columns)[None, :, None]
    by_place = sums.transpose(1, 2).reshape(-1, slopes)
    total = torch.index_select(by_place, 0, rows.reshape(-1)).reshape(len(DRIFTS), frames, columns, slopes).sum(dim=1)
    each = total.permute(1, 0, 2).reshape(columns, -1)
    size, way = each.abs().max(dim=1)
    peak = functional.max_pool2d(size[None, None, None], (1, 2 * APART + 1), stride=1, padding=(0, APART))[0, 0, 0]
    kept = functional.pad(torch.where(size >= peak, size, 0.0), (0, CANDIDATES))
    strength, chosen = torch.topk(kept, CANDIDATES)
    chosen = torch.where(strength > 0, chosen, 0)
    best = way[chosen]
    sign = torch.where(torch.gather(each[chosen], 1, best[:, None])[:, 0] < 0, -1.0, 1.0)
    drift = drifts[torch.div(best, slopes, rounding_mode="floor")]
    return Candidates(chosen.to(torch.float32), torch.tensor(SLOPES)[best % slopes], drift, sign, strength)


def follow(evidence: Tensor, strips: Tensor, offsets: Tensor, found: Candidates) -> Followed:
    """Return the candidates with their ways: shifted as a whole from frame to frame, bent alike in all frames."""
    both = evidence.sum(dim=1)
    straight = (
        found.column[:, None, None]
        + found.slope[:, None, None] * strip_places()[None, None, :]
        + found.drift[:, None, None] * offsets[None, :, None]
    )
    sign = found.sign[:, None, None, None]
    spread = torch.arange(-STRAY, STRAY + 1, dtype=torch.float32)
    by_frame = (sign * around(both, straight, STRAY)).mean(dim=2)
    shift = _place(_smoothed(by_frame, (1.0, 2.0, 1.0)), spread)
    shifted = straight + shift[:, :, None]
    by_strip = (sign * around(both, shifted, STRAY)).mean(dim=1)
    bend = _place(_smoothed(by_strip, (1.0, 2.0, 3.0, 3.0, 3.0, 2.0, 1.0)), spread)
    bend = _smoothed(bend[:, :, None], (1.0, 2.0, 2.0, 2.0, 1.0))[:, :, 0]
    ways = shifted + bend[:, None, :]
    along = torch.stack([sign[..., 0] * at(evidence[:, kind], ways) for kind in range(2)])
    light = around(strips, ways, REACH)
    middle = (offsets == 0).to(torch.float32)
    width, opacity = _profile(light, along.sum(dim=0), found.sign)
    return Followed(
        ways=ways,
        evidence=along,
        light=light,
        shift=shift,
        bend=bend,
        there=(found.strength > 0).to(torch.float32),
        columns=(ways * middle[None, :, None]).sum(dim=1),
        seen=_seen(along.sum(dim=0), offsets),
        width=width,
        opacity=opacity,
    )


def at(planes: Tensor, ways: Tensor) -> Tensor:
    """Return (K, T, 40) planes (T, 40, C) at fractional columns, edge columns repeated."""
    return around(planes, ways, 0)[..., 0]


def around(planes: Tensor, ways: Tensor, reach: int) -> Tensor:
    """Return (K, T, 40, 2·reach+1) planes (T, 40, C) from `reach` columns left of the ways to as many right of them."""
    frames, strips, columns = planes.shape
    whole = torch.floor(ways)
    part = (ways - whole)[..., None]
    taps = whole.to(torch.int64)[..., None] + torch.arange(-reach, reach + 2)
    rows = (torch.arange(frames)[:, None] * strips + torch.arange(strips)[None, :]) * columns
    places = taps.clamp(min=0, max=columns - 1) + rows[None, :, :, None]
    values = torch.gather(planes.reshape(-1), 0, places.reshape(-1)).reshape(places.shape)
    return values[..., :-1] * (1.0 - part) + values[..., 1:] * part


def _place(profile: Tensor, spread: Tensor) -> Tensor:
    """Return where along its last axis a profile is largest, between the steps; the middle where it is flat."""
    weights = torch.softmax(SHARPNESS * profile - HOLD * spread * spread, dim=-1)
    return (weights * spread).sum(dim=-1)


def _smoothed(values: Tensor, weights: tuple[float, ...]) -> Tensor:
    """Return (K, N, M) smoothed along N, ends repeated."""
    half = len(weights) // 2
    kernel = torch.tensor(weights) / sum(weights)
    lines = values.transpose(1, 2)
    ends = torch.cat([lines[..., :1]] * half + [lines] + [lines[..., -1:]] * half, dim=-1)
    length = values.shape[1]
    return sum((kernel[n] * ends[..., n : n + length] for n in range(len(weights))), torch.zeros(())).transpose(1, 2)


def _seen(along: Tensor, offsets: Tensor) -> Tensor:
    """Return (K, 40) 0…1 where the middle frame shows the line; near frames and strips help to see."""
    weights = torch.exp(-0.5 * (offsets / 0.8) ** 2)
    near = (along * weights[None, :, None]).sum(dim=1) / weights.sum()
    level = _smoothed(near[:, :, None], (1.0, 2.0, 1.0))[:, :, 0]
    return torch.sigmoid(2.5 * (level - 1.4))


def _profile(light: Tensor, along: Tensor, sign: Tensor) -> tuple[Tensor, Tensor]:
    """Return (K,) full width at half depth and opacity of the lines, from the light around where they are strong."""
    weights = torch.clamp(along, 0.0, 4.0) + 1e-3
    weights = weights / weights.sum(dim=(1, 2), keepdim=True)
    profile = (light * weights[..., None]).sum(dim=(1, 2))
    middle = REACH
    sides = torch.cat([profile[:, : middle - INNER + 1], profile[:, middle + INNER :]], dim=1)
    below = sides.mean(dim=1)
    depth = torch.clamp(sign[:, None] * (profile - below[:, None]), min=0.0)
    inner = depth[:, middle - 3 : middle + 4]
    peak = inner.amax(dim=1)
    width = torch.clamp(inner.sum(dim=1) / (1.064 * peak + 1e-6), 0.8, 6.0)
    room = torch.where(sign > 0, 0.95 - below, below - 0.03)
    return width, torch.clamp(peak / torch.clamp(room, min=0.05), 0.0, 1.0)
