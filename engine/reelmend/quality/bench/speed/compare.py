"""What changed between two runs of the speed bench."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from reelmend.quality.bench.material import BenchError
from reelmend.quality.bench.speed.tables import figures

Results = Mapping[str, Any]
NOTEWORTHY = 0.05
"""A ratio that moved by less is left to chance, whatever its intervals say."""

HEADINGS = ("thing", "case", "ms before", "ms now", "change", "ratio before", "ratio now", "")


def read_results(path: Path) -> Results:
    """Return an earlier speed.json. Raises BenchError when it is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BenchError(f"{path} can't be read as JSON: {error}") from None
    if not isinstance(found, dict) or found.get("kind") != "speed" or not isinstance(found.get("rows"), list):
        raise BenchError(f"{path} is no result of 'reelmend bench speed'")
    return found


def changes(before: Results, now: Results) -> list[dict[str, Any]]:
    """Return one entry per row that both have a figure for: both figures, both ratios, and the verdict.

    Milliseconds of two runs are of two moods of a machine, ratios are not: "faster" and "slower" go by the ratio, where
    there is one, when it moved by more than 5 % and out of the other run's interval.
    """
    known = {(row["name"], row["case"]): row for row in before["rows"]}
    found = []
    for row in now["rows"]:
        old = known.get((row["name"], row["case"]))
        if old is None or None in (old.get("median_ms"), row.get("median_ms")):
            continue
        found.append(
            {
                "name": row["name"],
                "case": row["case"],
                "before_ms": old["median_ms"],
                "now_ms": row["median_ms"],
                "before_ratio": old["ratio"],
                "now_ratio": row["ratio"],
                "verdict": _verdict(old, row),
            }
        )
    return found


def table(found: Sequence[Mapping[str, Any]]) -> Table:
    """Return the changes for a terminal."""
    shown = Table(title="against the earlier run", title_justify="left", title_style="bold")
    for heading in HEADINGS:
        shown.add_column(heading)
    for change in found:
        moved = change["now_ms"] / change["before_ms"] - 1.0
        ratios = ["" if change[key] is None else f"{change[key]:.2f}" for key in ("before_ratio", "now_ratio")]
        times = [figures(change[key]) for key in ("before_ms", "now_ms")]
        shown.add_row(change["name"], change["case"], *times, f"{100 * moved:+.0f} %", *ratios, change["verdict"])
    return shown


def _verdict(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    before, now = old["ratio"], new["ratio"]
    if before is None or now is None or old["ratio_to"] != new["ratio_to"]:
        return ""
    if abs(now / before - 1.0) < NOTEWORTHY or _inside(now, old) or _inside(before, new):
        return ""
    return "faster" if now < before else "slower"


def _inside(ratio: float, row: Mapping[str, Any]) -> bool:
    low, high = row.get("ratio_low"), row.get("ratio_high")
    return low is not None and high is not None and low <= ratio <= high
