"""The few numbers that a report begins with."""

from __future__ import annotations

import numpy as np

from reelmend.quality.report.page import Figure
from reelmend.quality.report.readings import Row
from reelmend.quality.report.survey import Survey

MOST_FIGURES = 4


def headline(found: Survey, rows: list[Row], frames: int) -> tuple[Figure, ...]:
    """Return up to four figures: flicker, what was left alone, how much changed, fidelity where the truth is known."""
    known = {row.name: row for row in rows}
    flicker, fidelity, changed = _flicker(known), _fidelity(known), _changed(found, frames)
    untouched, covered = _untouched(known), _covered(found)
    if untouched is not None:  # a repair in places: what matters first is that the rest was left alone
        figures = [untouched, covered, fidelity, flicker, changed]
    else:
        figures = [flicker, fidelity, changed, covered]
    return tuple(figure for figure in figures if figure is not None)[:MOST_FIGURES]


def _flicker(known: dict[str, Row]) -> Figure | None:
    row = known.get("flicker_residual_global") or known.get("flicker_std_global")
    if row is not None and row.after is None:
        row = known.get("flicker_std_global")
    if row is None or row.before is None or row.after is None:
        return None
    return Figure(
        f"{100 * row.before:.2g} → {100 * row.after:.2g}\N{NO-BREAK SPACE}%",
        "Flicker",
        "deviation of mean luma, frame to frame",
    )


def _untouched(known: dict[str, Row]) -> Figure | None:
    row = known.get("bit_identical_outside_own_matte")
    if row is None or row.after is None:
        return None
    return Figure(_share(row.after), "Untouched", "of pixels outside the matte, bit for bit")


def _covered(found: Survey) -> Figure | None:
    if not found.covered_share:
        return None
    return Figure(_share(float(np.mean(found.covered_share))), "Covered", f"of the picture, by the {found.covered_by}")


def _changed(found: Survey, frames: int) -> Figure:
    change = f"{np.mean(found.change_levels):.3g}"
    return Figure(f"{change} levels", "Mean change", f"of 255, over {frames} frame{'s' if frames > 1 else ''}")


def _fidelity(known: dict[str, Row]) -> Figure | None:
    own_matte = _untouched(known) is not None
    name, detail = ("psnr_inside", "inside the true defects") if own_matte else ("psnr", "against the truth")
    row = known.get(name)
    if row is None or row.before is None or row.after is None:
        return None
    return Figure(f"{row.before:.1f} → {row.after:.1f}\N{NO-BREAK SPACE}dB", "PSNR", detail)


def _share(value: float) -> str:
    """Return a share as per cent that never says 100 for less."""
    text = f"{100 * value:.3g}"
    return f"{100 * value:.6g} %" if float(text) == 100 and value < 1 else f"{text} %"
