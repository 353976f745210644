"""Curves over time as SVG paths; the page draws axes and words around them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from reelmend.quality.flicker_series import Series

COLUMNS = 1000.0
ROWS = 240.0
MOST_POINTS = 1500
TICKS = 5
HEADROOM = 0.06


@dataclass(frozen=True)
class Curve:
    """One line: its name, its CSS class, and the `d` of its path in a box of 1000 × 240."""

    name: str
    style: str
    path: str


@dataclass(frozen=True)
class Tick:
    """A place on an axis, in per cent from left or top, and what stands there."""

    place_percent: float
    text: str


@dataclass(frozen=True)
class Chart:
    """Curves in one box with their ticks, and the frames where a new shot begins; `spoken` says it in words."""

    title: str
    unit: str
    spoken: str
    curves: tuple[Curve, ...]
    rows: tuple[Tick, ...]
    columns: tuple[Tick, ...]
    cuts_percent: tuple[float, ...]


def make_chart(title: str, unit: str, series: Mapping[str, Series], numbers: range, cuts: tuple[int, ...]) -> Chart:
    """Return a chart of one or more series of equal length; a name's first word is its CSS class."""
    low, high = _limits(series)
    ticks = _round_values(low, high)
    curves = tuple(Curve(name, name.split()[0], _path(values, low, high)) for name, values in series.items())
    spoken = "; ".join(
        f"{name}: {values.min():.4g} to {values.max():.4g} {unit}, mean {values.mean():.4g}"
        for name, values in series.items()
    )
    return Chart(
        title,
        unit,
        f"{title} of frames {numbers[0]} to {numbers[-1]}. {spoken}.",
        curves,
        tuple(Tick(100 * (high - value) / (high - low), f"{value:.6g}") for value in ticks),
        tuple(Tick(place_percent(int(i), len(numbers)), str(numbers[int(i)])) for i in _frame_ticks(len(numbers))),
        tuple(place_percent(cut, len(numbers)) for cut in cuts),
    )


def place_percent(index: int, count: int) -> float:
    """Return where a frame stands on the time axis: 0 for the first, 100 for the last, 50 for an only one."""
    return 50.0 if count == 1 else 100.0 * index / (count - 1)


def _limits(series: Mapping[str, Series]) -> tuple[float, float]:
    low = min(float(values.min()) for values in series.values())
    high = max(float(values.max()) for values in series.values())
    room = HEADROOM * (high - low) or max(0.01 * abs(high), 1e-3)
    return (low if low == 0.0 else low - room), high + room


def _round_values(low: float, high: float) -> list[float]:
    rough = (high - low) / TICKS
    unit = 10.0 ** np.floor(np.log10(rough))
    step = next(unit * factor for factor in (1, 2, 2.5, 5, 10) if unit * factor >= rough * 0.999)
    return [float(step * k) for k in range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1)]


def _frame_ticks(count: int) -> list[int]:
    return sorted({int(i) for i in np.linspace(0, count - 1, min(count, TICKS + 1)).round()})


def _path(values: Series, low: float, high: float) -> str:
    """Return "M x y L x y …"; of a long series only the lowest and highest value of each step are drawn."""
    places = _extremes(values) if len(values) > MOST_POINTS else np.arange(len(values))
    across = COLUMNS * np.array([place_percent(int(place), len(values)) for place in places]) / 100.0
    down = ROWS * (high - values[places]) / (high - low)
    if len(places) == 1:
        across, down = np.array([0.0, COLUMNS]), np.repeat(down, 2)
    return "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in zip(across, down, strict=True))


def _extremes(values: Series) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    places: set[int] = {0, len(values) - 1}
    start = 0
    for part in np.array_split(values, MOST_POINTS // 2):
        places |= {start + int(part.argmin()), start + int(part.argmax())}
        start += len(part)
    return np.array(sorted(places), np.intp)
