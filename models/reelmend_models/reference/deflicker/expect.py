"""The correction of a window's centre: where its light should be, less where it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reelmend_models.reference.deflicker.arrays import Array, single
from reelmend_models.reference.deflicker.compare import BANDS, FIELD_COLUMNS, FIELD_ROWS, Step
from reelmend_models.reference.deflicker.sampling import smoothed
from reelmend_models.reference.deflicker.tones import TONES
from reelmend_models.reference.deflicker.trend_net import REACH_FRAMES, Weights, should_be

CELLS = FIELD_ROWS * FIELD_COLUMNS
LEVEL_JUST_SEEN, TONES_JUST_SEEN, FIELD_JUST_SEEN, BANDS_JUST_SEEN = 0.004, 0.0025, 0.008, 0.004
RARE_TONE = 1e-3
TRUSTED_LOG_GAIN, REFUSED_LOG_GAIN = math.log(2.5), math.log(6.0)
CELL_NEIGHBOURS, PROTECTING_CELLS = 1.0, 2.0
WELL_KNOWN = 0.3
NOTHING = 1e-6
JUMPS = ((1, 1.0), (2, 1.5), (3, 2.2), (4, 3.0))
"""Frames apart, and how many times as much light must jump there."""
LEAVES_ALONE, TAKES_OUT = 0.5, 1.5
STANDS_OUT, STANDS_OUT_FROM = 0.3, 0.05
FADES_BEND = 0.35


@dataclass(frozen=True)
class Correction:
    """Log gains by tone (16,), by cell (9, 16) and by band (60,)."""

    curve: Array
    field: Array
    bands: Array


@dataclass(frozen=True)
class Wishes:
    """The parameters of the effect that matter here, with its defaults."""

    balance: float = 0.5
    local_limit_stops: float = 0.5
    protect_motion: float = 0.5
    in_bands: bool = False


def expect(weights: Weights, steps: Sequence[Step], tones: Array, centre: int, wishes: Wishes) -> Correction:
    """Return the correction of the frame at an index of the window.

    steps: of each frame of the window from the one before it, the first one nothing. tones: (16,) of the frame.
    """
    rarity = np.sqrt(tones * TONES + RARE_TONE)
    paths, present = _paths(steps, tones, rarity, centre, wishes)
    expected = should_be(weights, paths, present)
    level, by_tone, cells, bands = _parts(expected)
    of_curve, of_field = _shares(expected, _restlessness(paths, present > 0))
    whole, local = min(1.0, 2.0 - 2.0 * wishes.balance), min(1.0, 2.0 * wishes.balance)
    beside = steps[centre : centre + 2]
    trust = sum((step.trust for step in beside), np.zeros((FIELD_ROWS, FIELD_COLUMNS))) / 2.0
    field = _protected(cells.reshape(FIELD_ROWS, FIELD_COLUMNS) * of_field, trust, wishes.protect_motion)
    belief = np.clip((REFUSED_LOG_GAIN - abs(level[0])) / (REFUSED_LOG_GAIN - TRUSTED_LOG_GAIN), 0.0, 1.0)
    limit = math.log(2.0) * wishes.local_limit_stops
    return Correction(
        single((level + by_tone / rarity) * (of_curve * whole * belief)),
        _within(field * (local * belief), limit),
        _within(bands * (of_curve * local * belief), limit),
    )


def _paths(steps: Sequence[Step], tones: Array, rarity: Array, centre: int, wishes: Wishes) -> tuple[Array, Array]:
    """Return the paths (221, 121) of level, tones, cells and bands from 60 frames before to 60 after, and which are."""
    curves, cells, bands = (
        np.cumsum([getattr(step, part).ravel() for step in steps], axis=0, dtype=np.float32)
        for part in ("curve", "field", "bands")
    )
    curves, cells, bands = curves - curves[centre], cells - cells[centre], bands - bands[centre]
    level = (curves @ tones)[:, None]
    known = (level, (curves - level) * rarity, cells * (not wishes.in_bands), bands * wishes.in_bands)
    first = REACH_FRAMES - centre
    paths = np.zeros((1 + TONES + CELLS + BANDS, 2 * REACH_FRAMES + 1), np.float32)
    present = np.zeros(2 * REACH_FRAMES + 1, np.float32)
    paths[:, first : first + len(steps)] = np.concatenate(known, axis=1).T
    present[first : first + len(steps)] = 1.0
    return paths, present


def _parts(values: Array) -> list[Array]:
    """Return what belongs to level, tones, cells and bands."""
    return np.split(values, np.cumsum([1, TONES, CELLS]))


def _restlessness(paths: Array, known: np.ndarray) -> Array:
    """Return how restless each path is: the deviation of white noise that jumps as much. Ramps and flashes aren't."""
    same_deviation = 1.4826 / math.sqrt(6.0)
    found = []
    for apart, just_seen in JUMPS:
        before, at, after = slice(None, -2 * apart), slice(apart, -apart), slice(2 * apart, None)
        all_known = known[before] & known[at] & known[after]
        slope = np.abs(paths[:, after] - paths[:, before])
        bend = FADES_BEND * np.maximum(slope, slope[:1]) ** 2
        jump = np.maximum(np.abs(paths[:, before] - 2.0 * paths[:, at] + paths[:, after]) - bend, 0.0)[:, all_known]
        count = jump.shape[1]
        median = np.sort(jump, axis=1)[:, (count - 1) // 2] if count else np.zeros(len(paths))
        found.append(median * same_deviation / just_seen)
    return single(np.max(found, axis=0))


def _shares(expected: Array, restless: Array) -> tuple[float, Array]:
    """Return how much is to be corrected, 0…1, of the picture and of each cell (9, 16): what can be seen to flicker."""
    level, tones, cells, bands = _parts(restless)
    to_level, to_tones, to_cells, to_bands = _parts(expected)
    around, stands_out = (
        np.sqrt(smoothed((part**2).reshape(FIELD_ROWS, FIELD_COLUMNS), CELL_NEIGHBOURS)) for part in (cells, to_cells)
    )
    of_field = _seen(around, stands_out, FIELD_JUST_SEEN)
    whole = max(
        float(_seen(level, to_level, LEVEL_JUST_SEEN)[0]),
        float(_seen(_typical(tones), _typical(to_tones), TONES_JUST_SEEN)),
        float(_seen(_typical(bands), _typical(to_bands), BANDS_JUST_SEEN)),
        float(of_field.mean()),
    )
    return whole, np.maximum(of_field, whole)


def _seen(restless: Array, correction: Array, just_seen: float) -> Array:
    """Return 0 where flicker could not be seen, 1 where it could."""
    stands_out = STANDS_OUT * np.maximum(np.abs(correction) - STANDS_OUT_FROM, 0.0)
    seen = np.sqrt(restless**2 + stands_out**2) / just_seen
    share = np.clip((seen - LEAVES_ALONE) / (TAKES_OUT - LEAVES_ALONE), 0.0, 1.0)
    return single(share * share * (3.0 - 2.0 * share))


def _typical(values: Array) -> Array:
    return single(np.sqrt((values**2).mean()))


def _protected(field: Array, trust: Array, protection: float) -> Array:
    """Return the field with cells of little trust drawn towards what their neighbours say."""
    known = np.minimum(trust / WELL_KNOWN, 1.0)
    around = smoothed(field * known, PROTECTING_CELLS) / (smoothed(known, PROTECTING_CELLS) + NOTHING)
    return single(field + protection * (1.0 - known) * (around - field))


def _within(log_gain: Array, limit: float) -> Array:
    """Return the log gain bent smoothly to stay within ±limit."""
    share = log_gain / (limit + NOTHING)
    return single(log_gain / (1.0 + share**4) ** 0.25)
