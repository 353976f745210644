"""Whether memory stayed flat: every look after the start against the middle one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

BAR = 0.05
SETTLED = 0.2
"""The part of a phase in which caches fill; looks in it do not count."""

MET, MISSED = "met", "missed"


def verdicts(samples: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the claims: for each phase and process the largest deviation from the median, and what was left over."""
    found = []
    for phase in dict.fromkeys(sample["phase"] for sample in samples):
        looks = [sample for sample in samples if sample["phase"] == phase]
        settled = looks[int(SETTLED * len(looks)) :]
        for who in ("host", "engine"):
            found.append(_flat(phase, who, [look[who]["resident_mib"] for look in settled]))
            found += [_counted(phase, who, what, settled) for what in ("descriptors", "segments")]
    return found


def deviation(values: Sequence[float]) -> float:
    """Return the largest distance from the median, as a share of it."""
    middle = float(np.median(values))
    return max(abs(value - middle) for value in values) / middle


def _flat(phase: str, who: str, values: Sequence[float]) -> dict[str, Any]:
    figure = deviation(values)
    return {
        "claim": f"resident memory of the {who} over {phase}, largest deviation from its median",
        "figure": figure,
        "median_mib": float(np.median(values)),
        "bar": BAR,
        "verdict": MET if figure <= BAR else MISSED,
    }


def _counted(phase: str, who: str, what: str, looks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Slots come and go with the frames held in them: what grows without end is at its least more than it ever was."""
    counts = [look[who][what] for look in looks]
    start = max(1, 2 * len(counts) // 3)
    grown = min(counts[start:], default=0) - max(counts[:start])
    return {
        "claim": f"{what} of the {who} over {phase}, the fewest in the last third beyond the most before",
        "figure": grown,
        "bar": 0,
        "verdict": MET if grown <= 0 else MISSED,
    }
