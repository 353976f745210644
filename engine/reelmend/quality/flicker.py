"""Flicker and drift of clips: the series measures of `flicker_series` applied to whole frames and to a 16×9 grid.

Wherever a `timeline` may be given, None means that cuts and duplicated frames are found in the reference, or in the
clip itself when there is no reference. Filters never cross a cut, and duplicated frames are left out.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from reelmend.quality.clips import Clip, Frame, frames_of, luma, luma_grid, paired
from reelmend.quality.flicker_series import (
    Series,
    Shots,
    Spectrum,
    drift_residual,
    flicker_energy,
    flicker_residual,
    flicker_spectrum,
    log_luma,
    log_ratio,
)
from reelmend.quality.timeline import Timeline, TimelineFinder, shots_of


def mean_luma(luma_plane: Frame) -> float:
    """Return the mean of one luma plane."""
    return float(luma_plane.mean(dtype=np.float64))


def mean_luma_series(clip: Clip) -> Series:
    """Return the mean Rec. 709 luma of each frame, shape (N,)."""
    return np.array([mean_luma(luma(frame)) for frame in frames_of(clip)])


def luma_grid_series(clip: Clip) -> Series:
    """Return the mean luma of each cell of each frame, shape (N, 9, 16)."""
    return np.array([luma_grid(luma(frame)) for frame in frames_of(clip)])


def flicker_residual_global(restored: Clip, truth: Clip, timeline: Timeline | None = None) -> float:
    """Return the standard deviation over frames of the high-passed log ratio of mean luma, restored / truth.

    std_t(HP(ln mean(restored_t) − ln mean(truth_t))), with the high-pass of `flicker_series.high_pass` (minus the local
    straight line over 15 frames). Range 0 to ∞, lower is better; 0.05 is about five per cent. Needs three frames.
    Black frames: see `log_luma`. Definition: this project's.
    """
    observed = _observe_pair(restored, truth, mean_luma, timeline)
    return flicker_residual(observed.values, observed.shots)


def flicker_residual_local(restored: Clip, truth: Clip, timeline: Timeline | None = None) -> float:
    """Return `flicker_residual_global` taken in each cell of a 16×9 grid and pooled as a root mean square.

    sqrt(mean over cells of var_t(HP(ln ratio))). Range 0 to ∞, lower is better. Sees flicker that differs over the
    picture, which the whole-frame mean cannot. Definition: this project's.
    """
    observed = _observe_pair(restored, truth, luma_grid, timeline)
    return flicker_residual(observed.values, observed.shots)


def drift(restored: Clip, truth: Clip, timeline: Timeline | None = None) -> float:
    """Return how far slow brightness strays from the true lighting: the deviation of the low-passed log ratio.

    std_t(LP(ln mean(restored_t) − ln mean(truth_t))), LP = what the flicker high-pass takes away; see `drift_residual`.
    Range 0 to ∞, lower is better. A fade or lighting ramp that was flattened shows here and not as flicker; a constant
    gain over the whole clip shows in neither. Definition: this project's.
    """
    observed = _observe_pair(restored, truth, mean_luma, timeline)
    return drift_residual(observed.values, observed.shots)


def flicker_std_global(clip: Clip, timeline: Timeline | None = None) -> float:
    """Return the standard deviation of high-passed log mean luma, without a reference.

    std_t(HP(ln mean(clip_t))). Range 0 to ∞, lower is steadier; real film flickers by 0.01 to 0.07. Light that truly
    changes within 15 frames counts too. Definition: this project's.
    """
    observed = _observe(clip, mean_luma, timeline)
    return flicker_residual(observed.values, observed.shots)


def flicker_energy_global(clip: Clip, timeline: Timeline | None = None) -> float:
    """Return `flicker_energy` (mean squared second difference) of log mean luma.

    mean_t((x[t−1] − 2·x[t] + x[t+1])²), x = ln mean(clip_t). Range 0 to ∞, lower is steadier. Definition: this
    project's.
    """
    observed = _observe(clip, mean_luma, timeline)
    return flicker_energy(observed.values, observed.shots)


def flicker_energy_local(clip: Clip, timeline: Timeline | None = None) -> float:
    """Return `flicker_energy` of log mean luma of each cell, averaged over a 16×9 grid.

    Formula as `flicker_energy_global`. Range 0 to ∞, lower is steadier; motion counts too. Definition: this project's.
    """
    observed = _observe(clip, luma_grid, timeline)
    return flicker_energy(observed.values, observed.shots)


def flicker_spectrum_global(clip: Clip, timeline: Timeline | None = None) -> Spectrum:
    """Return the power spectrum of log mean luma over the longest shot; see `flicker_spectrum`."""
    observed = _observe(clip, mean_luma, timeline)
    return flicker_spectrum(observed.values, observed.shots)


@dataclass(frozen=True)
class _Observed:
    values: Series
    shots: Shots


def _observe(clip: Clip, statistic: Callable[[Frame], Any], timeline: Timeline | None) -> _Observed:
    lumas = (luma(frame) for frame in frames_of(clip))
    values, found = _collect(((plane, plane) for plane in lumas), statistic, timeline)
    return _Observed(log_luma(values[:, 0]), shots_of(found, len(values)))


def _observe_pair(
    restored: Clip, truth: Clip, statistic: Callable[[Frame], Any], timeline: Timeline | None
) -> _Observed:
    lumas = ((luma(one), luma(two)) for one, two in paired(restored, truth))
    values, found = _collect(lumas, statistic, timeline)
    return _Observed(log_ratio(values[:, 0], values[:, 1]), shots_of(found, len(values)))


def _collect(
    pairs: Iterable[tuple[Frame, Frame]], statistic: Callable[[Frame], Any], timeline: Timeline | None
) -> tuple[Series, Timeline]:
    finder = TimelineFinder()
    values = []
    for first, second in pairs:
        taken = statistic(first)
        values.append((taken, taken if second is first else statistic(second)))
        if timeline is None:
            finder.add(second)
    return np.array(values, np.float64), finder.timeline() if timeline is None else timeline
