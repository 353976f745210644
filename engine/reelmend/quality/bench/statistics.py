"""Means over clips with their bootstrap intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 10_000
CONFIDENCE = 0.95
SEED = 1906


@dataclass(frozen=True)
class Interval:
    """A mean over `clips` values, and the interval that holds it with 95 % confidence; None for a single value."""

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
    draws = np.random.default_rng(seed).integers(0, sample.size, (RESAMPLES, sample.size))
    means = sample[draws].mean(axis=1)
    tail = (1.0 - CONFIDENCE) / 2.0
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return Interval(mean, float(low), float(high), int(sample.size))


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
