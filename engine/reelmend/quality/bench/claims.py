"""What is claimed of an effect, held against what was measured: figure, interval and bar, met or missed."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reelmend.quality.altered import LEFT_ALONE
from reelmend.quality.bench.quality_run import RAN
from reelmend.quality.bench.statistics import Interval, bootstrap_difference, bootstrap_mean, bootstrap_ratio

MET, MISSED, NOT_MEASURED = "met", "missed", "not measured"
Values = dict[str, float]
"""By clip."""


class Against(enum.Enum):
    """How our value is held against the other's of the same clip, and how the clips are put together."""

    RATIO = "ratio"
    """Mean of ours / mean of theirs."""
    DIFFERENCE = "difference"
    """Mean of ours − theirs."""
    NOTHING = "value"
    """Mean of ours."""
    ONE = "distance from 1"
    """Mean of |ours − 1|."""


@dataclass(frozen=True)
class Claim:
    """A bar for one measure under one preset.

    strict: the bar itself is not good enough. every_clip: the mean is not good enough, each clip must meet the bar.
    """

    claim: str
    preset: str
    measure: str
    bar: float
    at_most: bool = True
    against: Against = Against.RATIO
    to: str = ""
    strict: bool = False
    every_clip: bool = False

    def holds(self, figure: float) -> bool:
        """Return whether a figure meets the bar."""
        if figure == self.bar:
            return not self.strict
        return (figure < self.bar) == self.at_most

    def meets(self, mean: float, by_clip: Iterable[float]) -> bool:
        """Return whether the mean, or every clip where that is asked for, meets the bar."""
        return all(map(self.holds, by_clip)) if self.every_clip else self.holds(mean)

    def of_clips(self, ours: Values, theirs: Values) -> Values:
        """Return the figure of each clip that has what it takes."""
        if self.against is Against.NOTHING:
            return dict(ours)
        if self.against is Against.ONE:
            return {clip: abs(value - 1.0) for clip, value in ours.items()}
        shared = {clip: (value, theirs[clip]) for clip, value in ours.items() if clip in theirs}
        if self.against is Against.DIFFERENCE:
            return {clip: one - two for clip, (one, two) in shared.items()}
        return {clip: one / two for clip, (one, two) in shared.items() if two != 0.0}

    def figure(self, ours: Values, theirs: Values) -> Interval | None:
        """Return the figure over all clips with its interval; None without any."""
        by_clip = self.of_clips(ours, theirs)
        if not by_clip:
            return None
        if self.against is Against.RATIO:
            return bootstrap_ratio([ours[clip] for clip in by_clip], [theirs[clip] for clip in by_clip])
        if self.against is Against.DIFFERENCE:
            return bootstrap_difference([ours[clip] for clip in by_clip], [theirs[clip] for clip in by_clip])
        return bootstrap_mean(list(by_clip.values()))


def judged(claims: Iterable[Claim], rows: Sequence[Mapping[str, Any]], ours: str) -> list[dict[str, Any]]:
    """Return every claim with figure, interval, bar, verdict, and the figure of each clip.

    rows: of the results. ours: the method that the claims are about. A clip in which a method failed has no figure, and
    the claim's note says so.
    """
    return [_judged(claim, rows, ours) for claim in claims]


def _judged(claim: Claim, rows: Sequence[Mapping[str, Any]], ours: str) -> dict[str, Any]:
    own, theirs = (_values(rows, name, claim) for name in (ours, claim.to))
    by_clip, found = claim.of_clips(own, theirs), claim.figure(own, theirs)
    left_alone = [r["clip"] for r in _rows(rows, ours, claim.preset, claim.measure) if r.get("note") == LEFT_ALONE]
    notes = _notes(rows, claim, ours, {*by_clip, *left_alone})
    met = claim.meets(found.mean, by_clip.values()) if found else None
    if found is None and left_alone and not notes:
        met = True
    worst = max(by_clip, key=lambda clip: by_clip[clip] if claim.at_most else -by_clip[clip], default=None)
    ends = [] if found is None or found.low is None or found.high is None else [found.low, found.high]
    return {
        "claim": claim.claim,
        "preset": claim.preset,
        "measure": claim.measure,
        "against": claim.against.value,
        "to": claim.to or None,
        "figure": found.mean if found else None,
        "low": found.low if found else None,
        "high": found.high if found else None,
        "bar": claim.bar,
        "at_most": claim.at_most,
        "strict": claim.strict,
        "every_clip": claim.every_clip,
        "verdict": NOT_MEASURED if met is None else MET if met else MISSED,
        "interval_too": bool(ends) and all(claim.holds(end) for end in ends),
        "clips": len(by_clip),
        "clips_that_meet_it": sum(claim.holds(value) for value in by_clip.values()),
        "clips_left_alone": left_alone,
        "worst_clip": worst,
        "by_clip": by_clip,
        **({"note": "; ".join(notes)} if notes else {}),
    }


def _values(rows: Sequence[Mapping[str, Any]], method: str, claim: Claim) -> Values:
    found = _rows(rows, method, claim.preset, claim.measure)
    return {row["clip"]: row["value"] for row in found if row["value"] is not None}


def _rows(rows: Sequence[Mapping[str, Any]], method: str, preset: str, measure: str) -> list[Mapping[str, Any]]:
    wanted = (method, preset, measure)
    return [row for row in rows if (row["method"], row["preset"], row["measure"]) == wanted]


def _notes(rows: Sequence[Mapping[str, Any]], claim: Claim, ours: str, told: set[str]) -> list[str]:
    """Return why clips have no figure, each reason once with the clips."""
    reasons: dict[str, list[str]] = {}
    for name in filter(None, (ours, claim.to)):
        for row in [*_rows(rows, name, claim.preset, RAN), *_rows(rows, name, claim.preset, claim.measure)]:
            if row["clip"] not in told and row.get("note"):
                reasons.setdefault(f"{name}: {row['note']}", []).append(row["clip"])
    return [f"{', '.join(clips)}: {reason}" for reason, clips in reasons.items()]
