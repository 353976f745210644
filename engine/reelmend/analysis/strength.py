"""How strongly a clip flickers, whole, over the picture and in rows, and whether it does so in a rhythm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reelmend.analysis.observation import Observations, Series
from reelmend.quality.flicker_series import SHORTEST_SPECTRUM_FRAMES, Spectrum, flicker_spectrum, high_pass

SHORTEST_SHOT_FRAMES = SHORTEST_SPECTRUM_FRAMES
LONGEST_PART_FRAMES = 2048
RHYTHM_SHARE = 0.6
"""Share of the power in one peak from which on flicker is called periodic."""
LARGEST_SKIRT = 0.1
"""What the frequencies beside the peak may hold, against it."""
FEWEST_PERIODS = 4.5
PERCENT = 100.0
LARGEST_OVER_MEDIAN = 2.0
_SECOND_DIFFERENCE_GAIN = float(np.sqrt(6.0))
_SMOOTH_ROWS, _SMOOTH_COLUMNS = 4, 5
_ROW_WAVES_FINER = 4


@dataclass(frozen=True)
class Strength:
    """One kind of flicker in per cent of luma: standard deviations of log exposure.

    percent: of what changes within 15 frames. quick_percent: of what jumps from frame to frame, by second differences;
    white flicker has both alike, slow light only the first. period_frames: its rhythm, None where there is none.
    """

    percent: float
    quick_percent: float
    period_frames: float | None = None


@dataclass(frozen=True, eq=False)
class Flicker:
    """How a clip flickers.

    overall: of mean luma. grid: of 9×16 cells, all told. local: of the cells beyond one tone curve a frame and beyond
    whole rows. rows: of rows beyond that curve. colour_percent: of red and blue against green, from frame to frame.
    smooth_share: how much of the local flicker lies in patches wider than a fifth of the picture; motion scatters.
    bands: rows' cycles over the picture's height. local_map: (9, 16), rows_profile: (R,), in per cent by place.
    spectrum: of overall exposure over the longest shot. frames: how many were measured.
    """

    overall: Strength
    grid: Strength
    local: Strength
    rows: Strength
    colour_percent: float
    smooth_share: float
    bands: float
    local_map: Series
    rows_profile: Series
    spectrum: Spectrum
    rows_spectrum: Spectrum
    frames: int


def measure_flicker(seen: Observations, shots: Sequence[NDArray[np.intp]]) -> Flicker | None:
    """Return how the clip flickers within these shots (`Events.shots`), None when none has 8 frames that count.

    Exposure is what steps along the flow add up to; single outliers, duplicates and frames without a picture are left
    out. Cells that stand far off the others, where things move, count as twice the median cell at most. Long shots are
    looked at in parts, so that memory does not grow with them.
    """
    parts = [
        part
        for shot in shots
        if len(shot) >= SHORTEST_SHOT_FRAMES
        for part in np.array_split(shot, -(-len(shot) // LONGEST_PART_FRAMES))
    ]
    if not parts:
        return None
    sums = _Sums()
    for part in parts:
        sums.add(seen, part)
    longest = max(parts, key=len)
    spectrum, rows_spectrum = (flicker_spectrum(_slow(steps, longest)) for steps in (seen.overall, seen.rows))
    return Flicker(
        overall=_strength(sums.overall, _rhythm(spectrum)),
        grid=_strength(sums.cells),
        local=_strength(sums.local),
        rows=_strength(sums.rows, _rhythm(rows_spectrum)),
        colour_percent=PERCENT * float(np.sqrt(sums.colour.mean.mean())),
        smooth_share=_smooth_share(sums.local_waves.mean),
        bands=float(np.argmax(sums.row_waves.mean[1:]) + 1) / _ROW_WAVES_FINER,
        local_map=PERCENT * np.sqrt(sums.local.slow.mean),
        rows_profile=PERCENT * np.sqrt(sums.rows.slow.mean),
        spectrum=spectrum,
        rows_spectrum=rows_spectrum,
        frames=sum(len(part) for part in parts),
    )


def exposure(steps: NDArray[Any]) -> Series:
    """Return the log exposure that steps add up to, along the first axis, float64."""
    return np.cumsum(np.asarray(steps, np.float64), axis=0)


class _Squares:
    """Mean squares along the first axis of what was added so far."""

    def __init__(self) -> None:
        self._total: Any = 0.0
        self._count = 0

    def add(self, values: Series) -> None:
        self._total = self._total + np.square(values).sum(axis=0)
        self._count += len(values)

    @property
    def mean(self) -> Series:
        return np.asarray(self._total / max(self._count, 1), np.float64)


class _Kind:
    """Mean squares of exposure's quick change within 15 frames (slow) and from frame to frame (quick)."""

    def __init__(self) -> None:
        self.slow, self.quick = _Squares(), _Squares()

    def add(self, slow: Series, quick: Series) -> None:
        self.slow.add(slow)
        self.quick.add(quick)


class _Sums:
    """What is added up part by part of the clip."""

    def __init__(self) -> None:
        self.overall, self.cells, self.local, self.rows = _Kind(), _Kind(), _Kind(), _Kind()
        self.colour, self.local_waves, self.row_waves = _Squares(), _Squares(), _Squares()

    def add(self, seen: Observations, part: NDArray[np.intp]) -> None:
        for kind, steps in ((self.overall, seen.overall), (self.cells, seen.cells), (self.rows, seen.rows)):
            kind.add(_slow(steps, part), _quick(steps, part))
        local_slow, local_quick = (_beyond_rows(of(seen.local, part)) for of in (_slow, _quick))
        self.local.add(local_slow, local_quick)
        self.local_waves.add(_waves(local_quick))
        self.row_waves.add(_row_waves(_slow(seen.rows, part)))
        logs = np.log(np.maximum(seen.channel_means[part], 1e-3))
        self.colour.add(_second_difference(logs[:, [0, 2]] - logs[:, 1:2]))


def _path(steps: NDArray[Any], part: NDArray[np.intp]) -> Series:
    """Return exposure at the part's frames; steps at frames between them count."""
    whole = exposure(steps[part[0] : part[-1] + 1])
    return np.asarray(whole[part - part[0]], np.float64)


def _slow(steps: NDArray[Any], part: NDArray[np.intp]) -> Series:
    return high_pass(_path(steps, part))


def _quick(steps: NDArray[Any], part: NDArray[np.intp]) -> Series:
    return _second_difference(_path(steps, part))


def _second_difference(path: Series) -> Series:
    return np.asarray(np.diff(path, n=2, axis=0) / _SECOND_DIFFERENCE_GAIN, np.float64)


def _beyond_rows(cells: Series) -> Series:
    return np.asarray(cells - cells.mean(axis=2, keepdims=True), np.float64)


def _strength(kind: _Kind, period_frames: float | None = None) -> Strength:
    return Strength(_percent(kind.slow.mean), _percent(kind.quick.mean), period_frames)


def _percent(variances: Series) -> float:
    held = np.minimum(variances, LARGEST_OVER_MEDIAN * np.median(variances))
    return PERCENT * float(np.sqrt(held.mean()))


def _waves(fields: Series) -> Series:
    """Return the two-dimensional cosine transform of (N, rows, columns) fields."""
    rows, columns = (_cosines(length) for length in fields.shape[1:])
    waves: Any = rows @ fields @ columns.T
    return np.asarray(waves, np.float64)


def _smooth_share(power: Series) -> float:
    """Return the share of power in the lowest 4×5 waves, the mean left out."""
    total = float(power.sum() - power[0, 0])
    smooth = float(power[:_SMOOTH_ROWS, :_SMOOTH_COLUMNS].sum() - power[0, 0])
    return smooth / total if total > 0 else 0.0


def _cosines(length: int) -> Series:
    places = np.arange(length) + 0.5
    waves = np.cos(np.pi / length * np.outer(np.arange(length), places)) * np.sqrt(2 / length)
    waves[0] /= np.sqrt(2)
    return np.asarray(waves, np.float64)


def _row_waves(rows: Series) -> Series:
    """Return amplitudes over the picture's height, in steps of a quarter of a cycle."""
    flat = rows - rows.mean(axis=1, keepdims=True)
    count = flat.shape[1]
    waves: Any = np.fft.rfft(flat * np.hanning(count + 2)[1:-1], n=_ROW_WAVES_FINER * count, axis=1)
    return np.asarray(np.abs(waves), np.float64)


def _rhythm(spectrum: Spectrum) -> float | None:
    """Return the period of a sharp peak that holds most of the power, in frames; a broad hump is no rhythm."""
    power = spectrum.power
    peak = int(np.argmax(power))
    if peak < FEWEST_PERIODS:
        return None
    at, beside = slice(peak - 1, peak + 2), slice(peak - 4, peak + 5)
    held, around = float(power[at].sum()), float(power[max(0, peak - 4) : beside.stop].sum())
    if held < RHYTHM_SHARE * float(power.sum()) or around - held > LARGEST_SKIRT * held:
        return None
    return held / float(power[at] @ spectrum.cycles_per_frame[at])
