"""Rows of speed.json: medians, ranges, and ratios of things that were measured in the same rounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from reelmend.quality.bench.speed.rounds import Samples
from reelmend.quality.bench.statistics import spread_of

Row = dict[str, Any]
RESAMPLES = 2_000
SEED = 1906


def rows_of(case: str, samples: Samples, ratios: Mapping[str, str], notes: Mapping[str, str]) -> list[Row]:
    """Return a row per name: the median and range of its rounds, and its ratio to the name that `ratios` gives it."""
    return [row_of(name, case, samples, ratios.get(name), notes.get(name, "")) for name in samples]


def row_of(name: str, case: str, samples: Samples, ratio_to: str | None = None, note: str = "") -> Row:
    """Return the row of one name; without samples its figures are None."""
    taken = samples[name]
    if not taken:
        return missing_row(name, case, note)
    spread = spread_of(taken)
    row: Row = {
        "name": name,
        "case": case,
        "median_ms": spread.median,
        "fastest_ms": spread.smallest,
        "slowest_ms": spread.largest,
        "runs": spread.runs,
        **_ratio(taken, samples.get(ratio_to or "", []), ratio_to),
    }
    return {**row, **({"note": note} if note else {})}


def missing_row(name: str, case: str, note: str) -> Row:
    """Return the row of something that could not be measured; the note says why."""
    empty = dict.fromkeys(("median_ms", "fastest_ms", "slowest_ms"))
    ratio = dict.fromkeys(("ratio", "ratio_low", "ratio_high", "ratio_to"))
    return {"name": name, "case": case, **empty, "runs": 0, **ratio, "note": note}


def counted_row(name: str, case: str, value: float, unit: str, runs: int, ratio: float | None, ratio_to: str) -> Row:
    """Return the row of something that is counted, not timed."""
    return {**missing_row(name, case, ""), "runs": runs, "ratio": ratio, "ratio_to": ratio_to or None} | {
        "value": value,
        "unit": unit,
    }


def sum_of(samples: Samples, *names: str) -> list[float]:
    """Return, round by round, the sum of some names; a name given twice counts twice. Empty when one is missing."""
    taken = [samples.get(name, []) for name in names]
    return [float(sum(values)) for values in zip(*taken, strict=False)]


def _ratio(taken: Sequence[float], other: Sequence[float], ratio_to: str | None) -> Row:
    """Return the ratio of the medians, and its 95 % interval over resampled rounds, both sides by the same rounds."""
    if ratio_to is None or not other:
        return {"ratio": None, "ratio_low": None, "ratio_high": None, "ratio_to": ratio_to}
    count = min(len(taken), len(other))
    draws = np.random.default_rng(SEED).integers(0, count, (RESAMPLES, count))
    above, below = (np.median(np.asarray(values[:count])[draws], axis=1) for values in (taken, other))
    low, high = np.quantile(above / below, [0.025, 0.975])
    ratio = float(np.median(taken) / np.median(other))
    return {"ratio": ratio, "ratio_low": float(low), "ratio_high": float(high), "ratio_to": ratio_to}
