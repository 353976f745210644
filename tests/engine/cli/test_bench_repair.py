"""`reelmend bench repair`: what it writes and says, with methods that are there whatever was trained."""

import json
from pathlib import Path

import pytest

from reelmend.cli.app import invoke

SMALL = ["bench", "repair", "--quick", "--height", "48", "--frames", "12"]
MATERIAL = ["--material", "support.bench_material:repair_material"]
PEERS = ["--methods", "input,mc-median-masked,column-filter,column-filter-told"]


def test_it_writes_json_and_markdown_and_says_which_bars_are_met(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "bench.md"
    document.write_text("<!-- bench:repair-claims begin -->\n<!-- bench:repair-claims end -->\n")
    out = ["--out", str(tmp_path), "--docs", str(document)]
    assert invoke([*SMALL, *PEERS, *MATERIAL, *out]) == 0
    found = json.loads((tmp_path / "repair.json").read_text())
    assert found["kind"] == "repair"
    assert {"repair-dirt", "planted-film", "clean-rain"} <= {row["preset"] for row in found["rows"]}
    assert {claim["verdict"] for claim in found["claims"]} == {"not measured"}
    told = {row["measure"] for row in found["rows"] if row["method"] == "mc-median-masked"}
    assert {"matte_matched_recall", "changed", "class_recall.blotch"} <= told
    assert "| – | repair-dirt | matte precision, by pixel |" in document.read_text()
    assert "| – | planted-film | recall of planted defects |" in capsys.readouterr().out
    report = (tmp_path / "repair.md").read_text()
    assert "## planted-film" in report
    assert "| column-filter-told |" in report
    assert "![repair-scratches-psnr_inside](repair-scratches-psnr_inside.svg)" in report
    assert (tmp_path / "repair-dirt-places.svg").read_text().startswith("<?xml")


def test_resume_keeps_the_cells_that_are_there(tmp_path: Path) -> None:
    arguments = [*SMALL, "--methods", "input", *MATERIAL, "--presets", "repair-dirt", "--clips", "one"]
    invoke([*arguments, "--out", str(tmp_path)])
    (cell,) = (tmp_path / "cells" / "repair-quick").glob("*.json")
    first = cell.stat().st_mtime_ns
    invoke([*arguments, "--out", str(tmp_path), "--resume"])
    assert cell.stat().st_mtime_ns == first
