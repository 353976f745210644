"""What kind of flicker a clip has, if any: thresholds calibrated on damaged and on clean clips (docs/adr/0016)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reelmend.analysis.strength import Flicker, Strength

SMALLEST_OVERALL_PERCENT = 0.5
SMALLEST_LOCAL_PERCENT = 0.55
SMALLEST_ROWS_PERCENT = 0.8
"""What jumps from frame to frame; below, motion and grain of clean clips look the same, and hardly anybody sees it."""
SMALLEST_SLOW_ROWS_PERCENT = 1.0
"""Bands that roll slowly change little from frame to frame; this much within 15 frames is no motion."""
FINE_BANDS = 20.0
SMALLEST_FINE_ROWS_PERCENT = 1.0
"""Finer patterns of rows are errors of the flow along edges, if they are slow, or weaker than this."""
SMOOTH_SHARE = 0.85
FIRM_LOCAL_PERCENT = 1.0
FIRM_SMOOTH_SHARE = 0.7
"""Motion scatters over the cells, and never jumps by one per cent: beyond that less smoothness will do."""
ROWS_OVER_LOCAL = 1.2
SLOW_ROWS_OVER_LOCAL = 1.5
OVERALL_BESIDE_LOCAL = 0.42
OVERALL_BESIDE_ROWS = 0.65
LOCAL_BESIDE_ROWS = 0.6
"""Shares of the stronger kind below which the other is but its shadow: patches and bands don't average out."""


class Kind(StrEnum):
    GLOBAL = "global"
    LOCAL = "local"
    BANDS = "bands"


@dataclass(frozen=True)
class Verdict:
    """The kinds of flicker that a clip has; none when it is steady."""

    kinds: tuple[Kind, ...]

    @property
    def type(self) -> str:
        """The kinds in one word: "none", "global", "local", "global+local", "bands", …"""
        return "+".join(self.kinds) or "none"


def judge(flicker: Flicker) -> Verdict:
    """Return the kinds of flicker that stand out of what motion, grain and real light do to a clean clip."""
    overall, local, rows = flicker.overall, flicker.local, flicker.rows
    bands = _has_bands(rows, local, flicker.bands)
    shadowing = rows.quick_percent if bands else 0.0
    firm = local.quick_percent >= FIRM_LOCAL_PERCENT
    patches = (
        local.quick_percent >= SMALLEST_LOCAL_PERCENT
        and flicker.smooth_share >= (FIRM_SMOOTH_SHARE if firm else SMOOTH_SHARE)
        and local.quick_percent >= LOCAL_BESIDE_ROWS * shadowing
    )
    least = max(
        SMALLEST_OVERALL_PERCENT,
        OVERALL_BESIDE_LOCAL * local.quick_percent if patches else 0.0,
        OVERALL_BESIDE_ROWS * shadowing,
    )
    slow_rhythm = overall.period_frames is not None and overall.percent >= 2 * SMALLEST_OVERALL_PERCENT and not bands
    found = {
        Kind.GLOBAL: overall.quick_percent >= least or slow_rhythm,
        Kind.LOCAL: patches,
        Kind.BANDS: bands,
    }
    return Verdict(tuple(kind for kind, there in found.items() if there))


def _has_bands(rows: Strength, local: Strength, per_height: float) -> bool:
    fine = per_height > FINE_BANDS
    least = SMALLEST_FINE_ROWS_PERCENT if fine else SMALLEST_ROWS_PERCENT
    quick = rows.quick_percent >= least and rows.quick_percent >= ROWS_OVER_LOCAL * local.quick_percent
    slow = rows.percent >= SMALLEST_SLOW_ROWS_PERCENT and rows.percent >= SLOW_ROWS_OVER_LOCAL * local.percent
    return quick or (slow and not fine)
