"""Flicker of luma series: how much brightness still jumps from frame to frame, against the truth and without one.

Each measure works on per-frame series of mean luma, so that a streaming caller can keep the series and drop the frames.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from reelmend.quality.errors import QualityError

Series: TypeAlias = NDArray[np.float64]
Shots: TypeAlias = Sequence[NDArray[np.intp]]

HIGH_PASS_RADIUS_FRAMES = 7
LUMA_FLOOR = 1.0 / 255.0
SHORTEST_SHOT_FRAMES = 3
SHORTEST_SPECTRUM_FRAMES = 8


@dataclass(frozen=True)
class Spectrum:
    """Power per frequency of a luma series; the powers add up to the variance of the detrended, tapered series."""

    cycles_per_frame: Series
    power: Series


def log_luma(mean_luma: Series) -> Series:
    """Return ln(max(mean luma, 1/255)).

    The floor is one 8-bit level: black frames and black cells get a constant logarithm and so never count as flicker.
    """
    return np.log(np.maximum(np.asarray(mean_luma, np.float64), LUMA_FLOOR))


def log_ratio(restored_luma: Series, truth_luma: Series) -> Series:
    """Return ln(restored / truth) of two mean-luma series, each floored at 1/255; 0.01 is about one per cent."""
    if np.shape(restored_luma) != np.shape(truth_luma):
        raise QualityError(f"luma series differ in shape: {np.shape(restored_luma)} and {np.shape(truth_luma)}")
    return log_luma(restored_luma) - log_luma(truth_luma)


def high_pass(series: Series, radius_frames: int = HIGH_PASS_RADIUS_FRAMES) -> Series:
    """Return the series minus its local straight line over 2·radius + 1 frames, along the first axis.

    Away from the ends this is the series minus its centred moving mean; the first and last `radius` frames are measured
    against the line fitted to the first and last whole window. A constant and a linear drift become zero everywhere.
    The radius shrinks to (n − 1) // 2 on clips shorter than the window. White noise keeps √(1 − 1/15) = 97 % of its
    deviation. QualityError under three frames.
    """
    values = np.asarray(series, np.float64)
    if len(values) < SHORTEST_SHOT_FRAMES:
        raise QualityError(f"flicker needs at least {SHORTEST_SHOT_FRAMES} frames, got {len(values)}")
    radius = min(radius_frames, (len(values) - 1) // 2)
    offsets = np.arange(-radius, radius + 1, dtype=np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(values, len(offsets), axis=0)
    means = windows.mean(axis=-1)
    slopes = windows[[0, -1]] @ offsets / (offsets @ offsets)
    head = means[0] + np.multiply.outer(offsets[:radius], slopes[0])
    tail = means[-1] + np.multiply.outer(offsets[radius + 1 :], slopes[1])
    return np.asarray(values - np.concatenate([head, means, tail]), np.float64)


def flicker_residual(log_ratio_series: Series, shots: Shots | None = None) -> float:
    """Return the standard deviation of the high-passed log ratio: 0 is no flicker, 0.05 about five per cent.

    log_ratio_series: (N,) for the whole frame or (N, rows, columns) for a grid, pooled as a root mean square of cells.
    shots: frame indices of each shot, filtered separately; None means one shot. Shots under three frames are left out;
    QualityError when none is left. Range 0 to ∞, lower is better. Definition: this project's, after the usual "luma
    stability" of deflicker papers; constant gain and slow drift are not flicker (`drift` measures those).
    """
    parts = _parts(np.asarray(log_ratio_series, np.float64), shots)
    variances = [np.var(high_pass(part), axis=0).mean() for part in parts]
    return float(np.sqrt(np.average(variances, weights=[len(part) for part in parts])))


def flicker_energy(log_luma_series: Series, shots: Shots | None = None) -> float:
    """Return the mean square of the second difference x[t−1] − 2·x[t] + x[t+1] of log mean luma.

    log_luma_series and shots: as in `flicker_residual`; cells of a grid are averaged. Range 0 to ∞, lower is steadier;
    white flicker of deviation s gives 6·s². A linear fade gives 0; real light that jumps counts as flicker, for want of
    a reference.
    """
    values = np.asarray(log_luma_series, np.float64)
    seconds = [np.diff(part, n=2, axis=0) for part in _parts(values, shots)]
    return float(np.mean(np.concatenate([np.square(s).reshape(len(s), -1) for s in seconds])))


def drift_residual(log_ratio_series: Series, shots: Shots | None = None) -> float:
    """Return the standard deviation over all frames of the low-passed log ratio, the part that `high_pass` takes away.

    log_ratio_series: (N,). The mean over the clip counts as exposure, not drift, so a constant gain gives 0; a level
    that differs from shot to shot is drift. Range 0 to ∞, lower is better.
    """
    parts = _parts(np.asarray(log_ratio_series, np.float64), shots)
    return float(np.std(np.concatenate([part - high_pass(part) for part in parts])))


def flicker_spectrum(log_luma_series: Series, shots: Shots | None = None) -> Spectrum:
    """Return the one-sided power spectrum of log mean luma over the longest shot, 0 to 0.5 cycles per frame.

    Periodogram of the series minus its straight line, under a Hann taper, scaled so that the powers add up to the
    tapered variance (Welch 1967, one segment). log_luma_series: (N,), or a grid whose cells are averaged. A hum of
    period p frames stands at 1/p. QualityError when the longest shot has fewer than 8 frames.
    """
    longest = max(_parts(np.asarray(log_luma_series, np.float64), shots), key=len)
    count = len(longest)
    if count < SHORTEST_SPECTRUM_FRAMES:
        raise QualityError(f"a spectrum needs a shot of {SHORTEST_SPECTRUM_FRAMES} frames, the longest has {count}")
    flat = longest.reshape(count, -1)
    times = np.arange(count) - (count - 1) / 2
    level = flat - flat.mean(axis=0)
    detrended = level - np.outer(times, times @ level / (times @ times))
    taper = np.hanning(count + 2)[1:-1]
    two_sided = np.square(np.abs(np.fft.rfft(detrended * taper[:, None], axis=0))).mean(axis=1)
    doubled = np.where((np.arange(len(two_sided)) == 0) | (2 * np.arange(len(two_sided)) == count), 1.0, 2.0)
    power = doubled * two_sided / (count * np.sum(np.square(taper)))
    return Spectrum(np.asarray(np.fft.rfftfreq(count), np.float64), np.asarray(power, np.float64))


def _parts(values: Series, shots: Shots | None) -> list[Series]:
    parts = [values] if shots is None else [values[shot] for shot in shots]
    long_enough = [part for part in parts if len(part) >= SHORTEST_SHOT_FRAMES]
    if not long_enough:
        lengths = ", ".join(str(len(part)) for part in parts)
        raise QualityError(
            f"flicker needs a shot of at least {SHORTEST_SHOT_FRAMES} frames; without duplicates they hold {lengths}"
        )
    return long_enough
