"""Means over clips with their bootstrap intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
CONFIDENCE = 0.95
SEED = 1906


@dataclass(frozen=True)
class Interval:
    """A mean, or ratio of means, over `clips` values, and its interval of 95 % confidence; None for a single value."""

    mean: float
    low: float | None
    high: float | None
    clips: int


def bootstrap_mean(values: Sequence[float], seed: int = SEED) -> Interval:
    """Return the mean and its percentile bootstrap interval over clips, the same at every call.

    10,000 resamples with replacement, the 2.5 % and 97.5 % quantiles of their means. The clip is the unit: frames of
    one clip are not independent. With few clips the interval is too narrow rather than too wide (it never leaves the
    range of the values). Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, ch. 13.
    Raises ValueError without values.
    """
    sample = np.asarray(values, np.float64)
    if sample.size == 0:
        raise ValueError("a mean needs at least one value")
    mean = float(sample.mean())
    if sample.size == 1:
        return Interval(mean, None, None, 1)
    return _interval(mean, sample[_draws(sample.size, seed)].mean(axis=1), int(sample.size))


def bootstrap_ratio(above: Sequence[float], below: Sequence[float], seed: int = SEED) -> Interval:
    """Return mean(above) / mean(below) over the same clips, and its percentile bootstrap interval, as `bootstrap_mean`.

    Paired: each resample draws clips, and both sides take their values from these clips, so that a clip which is hard
    for both leaves the ratio alone. Raises ValueError without values, for unequal lengths, or where `below` is all 0.
    """
    top, bottom = _paired(above, below)
    if not bottom.any():
        raise ValueError("a ratio needs something other than 0 below it")
    ratio = float(top.mean() / bottom.mean())
    if top.size == 1:
        return Interval(ratio, None, None, 1)
    draws = _draws(top.size, seed)
    sums = bottom[draws].mean(axis=1)
    held = sums != 0.0
    return _interval(ratio, top[draws].mean(axis=1)[held] / sums[held], int(top.size))


def bootstrap_difference(first: Sequence[float], second: Sequence[float], seed: int = SEED) -> Interval:
    """Return mean(first − second) over the same clips, paired, and its percentile bootstrap interval.

    Raises ValueError without values or for unequal lengths.
    """
    one, two = _paired(first, second)
    return bootstrap_mean([float(value) for value in one - two], seed)


def _paired(first: Sequence[float], second: Sequence[float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    one, two = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if one.shape != two.shape or one.size == 0:
        raise ValueError(f"paired values must be equally many and at least one, got {one.size} and {two.size}")
    return one, two


def _draws(clips: int, seed: int) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(0, clips, (RESAMPLES, clips))


def _interval(figure: float, resampled: NDArray[np.float64], clips: int) -> Interval:
    tail = (1.0 - CONFIDENCE) / 2.0
    low, high = np.quantile(resampled, [tail, 1.0 - tail])
    return Interval(figure, float(low), float(high), clips)


@dataclass(frozen=True)
class Spread:
    """The median of some runs, and the smallest and largest of them."""

    median: float
    smallest: float
    largest: float
    runs: int

    @property
    def spread(self) -> float:
        """How far the runs lie apart: largest − smallest."""
        return self.largest - self.smallest


def spread_of(runs: Sequence[float]) -> Spread:
    """Return median and range of some runs. Raises ValueError without runs."""
    if not runs:
        raise ValueError("a median needs at least one run")
    return Spread(float(np.median(runs)), float(min(runs)), float(max(runs)), len(runs))
