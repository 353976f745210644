"""Two runs held against each other: by ratios, and only where they left each other's interval."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reelmend.quality.bench.material import BenchError
from reelmend.quality.bench.speed.compare import changes, read_results


def run(ratio: float, spread: float = 0.01, ms: float = 10.0) -> dict[str, Any]:
    row = {"name": "node", "case": "1080p", "median_ms": ms, "ratio": ratio, "ratio_to": "raw"}
    return {"kind": "speed", "rows": [row | {"ratio_low": ratio - spread, "ratio_high": ratio + spread}]}


@pytest.mark.parametrize(
    ("before", "now", "verdict"),
    [
        (run(1.5), run(1.2), "faster"),
        (run(1.2), run(1.5), "slower"),
        (run(1.5), run(1.47), ""),  # by less than 5 %
        (run(1.5, spread=0.5), run(1.2), ""),  # inside what the earlier run could not tell apart
        (run(1.5), run(1.5, ms=40.0), ""),  # a slower machine
    ],
)
def test_a_change_is_one_of_the_ratio_beyond_both_intervals(
    before: dict[str, Any], now: dict[str, Any], verdict: str
) -> None:
    (change,) = changes(before, now)
    assert change["verdict"] == verdict


def test_rows_without_a_partner_or_a_figure_are_left_out() -> None:
    assert changes({"rows": []}, run(1.0)) == []
    missing = run(1.0)
    missing["rows"][0]["median_ms"] = None
    assert changes(missing, run(1.0)) == []


def test_a_file_that_is_no_result_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="can't be read"):
        read_results(tmp_path / "absent.json")
    (tmp_path / "quality.json").write_text(json.dumps({"kind": "quality", "rows": []}))
    with pytest.raises(BenchError, match="is no result of 'reelmend bench speed'"):
        read_results(tmp_path / "quality.json")
