"""What is claimed of the engine's speed, held against what was measured: the figure, the bar, met or missed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reelmend.quality.bench.speed import counted
from reelmend.quality.bench.speed.cases import DEFAULTS, NUMPY, SEQUENTIAL, WINDOW_31, WINDOWED_CASE
from reelmend.quality.bench.speed.model_cases import EQUAL, HEAVY, TWO_STAGES, WHOLE
from reelmend.quality.bench.speed.repair_case import NODE, PLAIN
from reelmend.quality.bench.speed.rows import Row

MET, MISSED, NOT_MEASURED = "met", "missed", "not measured"


@dataclass(frozen=True)
class Claim:
    """A bar for one row's ratio, or for its value where `of` says so."""

    claim: str
    name: str
    case: str
    bar: float
    at_most: bool = True
    of: str = "ratio"
    aim: float | None = None

    def judged(self, rows: Mapping[tuple[str, str], Row]) -> dict[str, Any]:
        """Return the claim as speed.json tells it."""
        row = rows.get((self.name, self.case), {})
        figure = row.get(self.of)
        met = None if figure is None else (figure <= self.bar if self.at_most else figure >= self.bar)
        return {
            "claim": self.claim,
            "name": self.name,
            "case": self.case,
            "figure": figure,
            "low": row.get("ratio_low") if self.of == "ratio" else None,
            "high": row.get("ratio_high") if self.of == "ratio" else None,
            "bar": self.bar,
            "at_most": self.at_most,
            "aim": self.aim,
            "verdict": NOT_MEASURED if met is None else MET if met else MISSED,
            **({"note": row["note"]} if row.get("note") else {}),
        }


def claims(model_case: str) -> Sequence[Claim]:
    """Return every claim, in the order of the table."""
    case = WINDOWED_CASE
    return (
        *(claim for window in (3, 31) for claim in _crossing(f"{case} window {window}")),
        Claim("shared memory up, with its control messages, × memcpy", "shared-memory-up", case, 1.5),
        Claim("shared memory down, with its control messages, × memcpy", "shared-memory-down", case, 2.2),
        Claim("chunked stream up, × memcpy", "chunks-up", case, 9.0),
        Claim("chunked stream down, × memcpy", "chunks-down", case, 9.0),
        Claim("deflicker, host to host, × its graphs and two memcpys", SEQUENTIAL, case, 1.5, aim=1.2),
        Claim("17.7 GFLOP a megapixel in the engine, × its raw time", f"engine-{HEAVY}", model_case, 1.05),
        Claim("17.7 GFLOP a megapixel, host to host, × its raw time", f"node-{HEAVY}", model_case, 1.05),
        Claim(
            "deflicker as a user gets it, host to host, ms a frame: 10 frames/s", DEFAULTS, case, 100.0, of="median_ms"
        ),
        Claim("plain numpy, × the deflicker in the engine", NUMPY, case, 3.0, at_most=False),
        Claim(
            "repair as a user gets it, host to host, ms a frame: 3 frames/s", NODE, case, 1000.0 / 3.0, of="median_ms"
        ),
        Claim("repair with its graphs run by plain PyTorch, × the engine", PLAIN, case, 1.5, at_most=False),
        Claim("a frame with a window of 31, × one with a window of 3", WINDOW_31, case, 1.1),
        Claim("one graph over five frames, × two cached stages", f"engine-{WHOLE}", model_case, 1.9, at_most=False),
        Claim("share of frames with the same bits from both", f"{EQUAL}-{TWO_STAGES}", model_case, 1.0, at_most=False),
    )


def _crossing(case: str) -> Sequence[Claim]:
    """Return what is claimed of a frame's crossing: once up, once down, whatever the window."""
    return (
        Claim("bytes up as whole frames, × one new frame", counted.UP_FULL, case, 1.0),
        Claim("bytes up as proxies, × one new frame", counted.UP_PROXIES, case, 0.05),
        Claim("bytes down, × one frame", counted.DOWN, case, 1.0),
        Claim("pictures fetched from the host per frame", counted.FETCHES, case, 2.0, of="value"),
    )


def judged(rows: Sequence[Row], model_case: str) -> list[dict[str, Any]]:
    """Return every claim with its figure and verdict."""
    found = {(row["name"], row["case"]): row for row in rows}
    return [claim.judged(found) for claim in claims(model_case)]


def soaked(path: Path) -> list[dict[str, Any]]:
    """Return what the latest soak says of resident memory, in the form of claims; without a soak how to make one."""
    try:
        soak = json.loads(path.read_text(encoding="utf-8"))
        found = [claim for claim in soak["claims"] if "median_mib" in claim]
        case = f"soak of {soak['made'][:10]}"
    except (OSError, ValueError, KeyError, TypeError):
        found, case = [], "soak"
    empty = {"name": "", "case": case, "low": None, "high": None, "at_most": True, "aim": None}
    if not found:
        claim = "resident memory over frames and connects, largest deviation from its median"
        note = f"no {path.name} beside it; run 'reelmend bench soak'"
        return [{**empty, "claim": claim, "figure": None, "bar": 0.05, "verdict": NOT_MEASURED, "note": note}]
    return [{**empty, **{key: claim[key] for key in ("claim", "figure", "bar", "verdict")}} for claim in found]
