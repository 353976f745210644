"""`reelmend bench deflicker`: what it writes and says, and what --resume keeps."""

import json
from pathlib import Path

import pytest

from reelmend.cli.app import invoke

SMALL = ["bench", "deflicker", "--quick", "--height", "48", "--frames", "12", "--methods"]
MATERIAL = ["--material", "support.bench_material:deflicker_material"]
PEERS = "input,scale-time-equalisation,local-log-gain"
OURS = "reelmend-deflicker,reelmend-deflicker-fitted"


def test_it_writes_json_and_markdown_and_says_which_bars_are_met(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "bench.md"
    document.write_text("<!-- bench:deflicker-claims begin -->\n<!-- bench:deflicker-claims end -->\n")
    out = ["--out", str(tmp_path), "--docs", str(document)]
    assert invoke([*SMALL, f"{PEERS},{OURS}", *MATERIAL, *out]) == 0
    found = json.loads((tmp_path / "deflicker.json").read_text())
    assert found["kind"] == "deflicker"
    assert found["command"] == (f"reelmend bench deflicker --quick --methods {PEERS},{OURS} --frames 12 --height 48")
    assert {claim["preset"] for claim in found["claims"]} == {"flicker-global", "flicker-local", "clean"}
    assert {claim["verdict"] for claim in found["claims"]} <= {"met", "missed"}
    assert all(set(claim["by_clip"]) <= {"one", "two"} for claim in found["claims"])
    printed = capsys.readouterr().out
    assert "missed" in printed
    assert "| flicker-local | PSNR, dB above local-log-gain |" in printed
    assert "| flicker-local | PSNR, dB above local-log-gain |" in document.read_text()
    report = (tmp_path / "deflicker.md").read_text()
    assert "## By clip" in report
    assert "![flicker-local-flicker_residual_local](flicker-local-flicker_residual_local.svg)" in report
    assert (tmp_path / "flicker-local-flicker_residual_local.svg").read_text().startswith("<?xml")


def test_without_the_deflicker_nothing_is_claimed_to_be_met(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke([*SMALL, PEERS, *MATERIAL, "--out", str(tmp_path), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert {claim["verdict"] for claim in printed["claims"]} == {"not measured"}


def test_resume_keeps_cells_though_other_methods_are_asked_for(tmp_path: Path) -> None:
    arguments = [*SMALL, "input", *MATERIAL, "--presets", "clean", "--clips", "one", "--out", str(tmp_path)]
    invoke(arguments)
    (cell,) = (tmp_path / "cells" / "deflicker-quick").glob("*.json")
    first = cell.stat().st_mtime_ns
    more = [part if part != "input" else "input,local-log-gain" for part in arguments]
    invoke([*more, "--resume"])
    assert cell.stat().st_mtime_ns == first
    assert len(list(cell.parent.glob("*.json"))) == 2
