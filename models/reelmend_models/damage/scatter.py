"""How many defects there are, how big, where and for how long."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reelmend_models.damage.noise import fractal_field
from reelmend_models.damage.settings import Range, draw

DENSITY_ROWS = 12
DENSITY_COLUMNS = 16


def density(generator: np.random.Generator, contrast: float) -> NDArray[np.float64]:
    """Return the (12·16,) cumulative share of defects per cell of the frame, from low-frequency noise; 0 is uniform."""
    field = fractal_field(generator, DENSITY_ROWS, DENSITY_COLUMNS, cell_px=5.0, octaves=2)
    weights = np.exp(contrast * field.astype(np.float64)).ravel()
    shares: NDArray[np.float64] = np.cumsum(weights) / weights.sum()
    return shares


def positions(
    generator: np.random.Generator, shares: NDArray[np.float64], count: int, height: int, width: int
) -> NDArray[np.float64]:
    """Return (count, 2) of (y, x) in pixels, by the density."""
    cells = np.minimum(np.searchsorted(shares, generator.random(count)), len(shares) - 1)
    jitter = generator.random((count, 2))
    rows = (cells // DENSITY_COLUMNS + jitter[:, 0]) / DENSITY_ROWS * height
    columns = (cells % DENSITY_COLUMNS + jitter[:, 1]) / DENSITY_COLUMNS * width
    return np.stack([rows, columns], axis=1)


def gamma_count(generator: np.random.Generator, mean: float, shape: float) -> int:
    """Return how many defects one frame has: Poisson around a Gamma draw, so that a few frames are much worse."""
    return int(generator.poisson(generator.gamma(shape, mean / shape)))


@dataclass(frozen=True)
class Event:
    """A defect that lasts: number (its generators' index), first frame, and the frame after its last."""

    number: int
    first: int
    end: int

    def is_on(self, index: int) -> bool:
        """Return whether the defect is to be seen in frame `index`."""
        return self.first <= index < self.end


@dataclass(frozen=True)
class Timeline:
    """Defects in the order of their first frames."""

    events: tuple[Event, ...]

    @cached_property
    def _firsts(self) -> list[int]:
        return [event.first for event in self.events]

    @cached_property
    def _longest(self) -> int:
        return max((event.end - event.first for event in self.events), default=0)

    def at(self, index: int) -> list[Event]:
        """Return the defects to be seen in frame `index`, without asking every defect of a long film."""
        first = bisect_right(self._firsts, index - self._longest)
        last = bisect_right(self._firsts, index)
        return [event for event in self.events[first:last] if event.is_on(index)]


def timeline(generator: np.random.Generator, frame_count: int, per_frame: float, duration: Range) -> Timeline:
    """Return the defects born in a clip; those of the first n frames do not depend on `frame_count`."""
    found: list[Event] = []
    for index in range(frame_count):
        for _ in range(int(generator.poisson(per_frame))):
            length = max(1, round(draw(generator, duration)))
            found.append(Event(len(found), index, index + length))
    return Timeline(tuple(found))
