"""How strongly a clip flickers, whole, over the picture and in rows, and whether it does so in a rhythm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reelmend.analysis.observation import Observations, Series
from reelmend.quality.flicker_series import SHORTEST_SPECTRUM_FRAMES, Spectrum, flicker_spectrum, high_pass

SHORTEST_SHOT_FRAMES = 8
RHYTHM_SHARE = 0.6
"""Share of the power in one peak from which on flicker is called periodic."""
LARGEST_SKIRT = 0.1
"""What the frequencies beside the peak may hold, against it."""
FEWEST_PERIODS = 4.5
PERCENT = 100.0
LARGEST_OVER_MEDIAN = 2.0
_SECOND_DIFFERENCE_GAIN = float(np.sqrt(6.0))
_SMOOTH_ROWS, _SMOOTH_COLUMNS = 4, 5


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
    whole rows. rows: of rows beyond that tone curve. colour: of red and blue against green, quick_percent only.
    smooth_share: how much of the local flicker lies in patches wider than a fifth of the picture; motion scatters.
    bands: rows' cycles over the picture's height. local_map: (9, 16), rows_profile: (R,), in per cent by place.
    spectrum: of overall exposure over the longest shot. frames: how many were measured.
    """

    overall: Strength
    grid: Strength
    local: Strength
    rows: Strength
    colour: Strength
    smooth_share: float
    bands: float
    local_map: Series
    rows_profile: Series
    spectrum: Spectrum | None
    rows_spectrum: Spectrum | None
    frames: int


def measure_flicker(seen: Observations, shots: Sequence[NDArray[np.intp]]) -> Flicker | None:
    """Return how the clip flickers within these shots (`Events.shots`), None when none has 8 frames that count.

    Exposure is what steps along the flow add up to; single outliers, duplicates and frames without a picture are left
    out. Cells that stand far off the others, where things move, count as twice the median cell at most.
    """
    shots = [shot for shot in shots if len(shot) >= SHORTEST_SHOT_FRAMES]
    if not shots:
        return None
    overall = _Paths(seen.overall, shots)
    cells = _Paths(seen.cells, shots)
    local = _Paths(seen.local, shots)
    rows = _Paths(seen.rows, shots)
    rest = _Parts(*(part - part.mean(axis=2, keepdims=True) for part in (local.slow, local.quick)))
    beyond = rest.slow
    spectrum, rows_spectrum = _spectrum(overall), _spectrum(rows)
    logs = np.log(np.maximum(seen.channel_means, 1e-3))
    chroma = np.concatenate([_quick(logs[shot][:, [0, 2]] - logs[shot][:, 1:2]) for shot in shots])
    return Flicker(
        overall=Strength(*overall.parts.strength(), _rhythm(spectrum)),
        grid=Strength(*cells.parts.strength()),
        local=Strength(*rest.strength()),
        rows=Strength(*rows.parts.strength(), _rhythm(rows_spectrum)),
        colour=Strength(*[PERCENT * float(np.sqrt(chroma.var(axis=0).mean()))] * 2),
        smooth_share=_smooth_share(rest.quick),
        bands=_bands(rows.slow),
        local_map=PERCENT * np.asarray(beyond.std(axis=0), np.float64),
        rows_profile=PERCENT * np.asarray(rows.slow.std(axis=0), np.float64),
        spectrum=spectrum,
        rows_spectrum=rows_spectrum,
        frames=sum(len(shot) for shot in shots),
    )


def exposure(steps: NDArray[Any]) -> Series:
    """Return the log exposure that steps add up to, along the first axis, float64."""
    return np.cumsum(np.asarray(steps, np.float64), axis=0)


@dataclass(frozen=True, eq=False)
class _Parts:
    slow: Series
    quick: Series

    def strength(self) -> tuple[float, float]:
        return _percent(self.slow), _percent(self.quick)


class _Paths:
    """Exposure by shot, and what of it changes within 15 frames and from one frame to the next."""

    def __init__(self, steps: NDArray[Any], shots: Sequence[NDArray[np.intp]]) -> None:
        paths = [exposure(steps[shot[0] : shot[-1] + 1])[shot - shot[0]] for shot in shots]
        self.by_shot = [high_pass(path) for path in paths]
        self.slow = np.concatenate(self.by_shot)
        self.quick = np.concatenate([_quick(path) for path in paths])
        self.parts = _Parts(self.slow, self.quick)


def _quick(path: Series) -> Series:
    return np.asarray(np.diff(path, n=2, axis=0) / _SECOND_DIFFERENCE_GAIN, np.float64)


def _percent(parts: Series) -> float:
    variances = np.atleast_1d(parts.var(axis=0))
    held = np.minimum(variances, LARGEST_OVER_MEDIAN * np.median(variances))
    return PERCENT * float(np.sqrt(held.mean()))


def _smooth_share(fields: Series) -> float:
    """Return the share of power in the lowest 4×5 frequencies of a cosine transform of (N, rows, columns) fields."""
    rows, columns = (_cosines(length) for length in fields.shape[1:])
    power = np.square(np.einsum("ry,nyx,cx->nrc", rows, fields, columns)).mean(axis=0)
    power[0, 0] = 0.0
    total = float(power.sum())
    return float(power[:_SMOOTH_ROWS, :_SMOOTH_COLUMNS].sum()) / total if total > 0 else 0.0


def _cosines(length: int) -> Series:
    places = np.arange(length) + 0.5
    waves = np.cos(np.pi / length * np.outer(np.arange(length), places)) * np.sqrt(2 / length)
    waves[0] /= np.sqrt(2)
    return np.asarray(waves, np.float64)


def _bands(rows: Series) -> float:
    """Return how many cycles of the strongest pattern of rows the picture's height holds."""
    flat = rows - rows.mean(axis=1, keepdims=True)
    count = flat.shape[1]
    power = np.square(np.abs(np.fft.rfft(flat * np.hanning(count + 2)[1:-1], n=4 * count, axis=1))).mean(axis=0)
    return float(np.argmax(power[1:]) + 1) / 4


def _spectrum(paths: _Paths) -> Spectrum | None:
    longest = max(paths.by_shot, key=len)
    return flicker_spectrum(longest) if len(longest) >= SHORTEST_SPECTRUM_FRAMES else None


def _rhythm(spectrum: Spectrum | None) -> float | None:
    """Return the period of a sharp peak that holds most of the power, in frames; a broad hump is no rhythm."""
    if spectrum is None:
        return None
    power = spectrum.power
    peak = int(np.argmax(power))
    if peak < FEWEST_PERIODS:
        return None
    at, beside = slice(peak - 1, peak + 2), slice(peak - 4, peak + 5)
    held, around = float(power[at].sum()), float(power[max(0, peak - 4) : beside.stop].sum())
    if held < RHYTHM_SHARE * float(power.sum()) or around - held > LARGEST_SKIRT * held:
        return None
    return held / float(power[at] @ spectrum.cycles_per_frame[at])
