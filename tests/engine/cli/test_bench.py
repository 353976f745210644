"""`reelmend bench`: what it writes, how it stops, and how it goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reelmend.cli.app import invoke
from reelmend.errors import BadRequestError
from reelmend.quality.bench.material import BenchError

TESTS = Path(__file__).parents[2]
MATERIAL = ["--material", "support.bench_material:material"]
SMALL = ["bench", "quality", "--quick", "--height", "48", "--frames", "12", "--no-speed", *MATERIAL]


def test_quality_writes_json_markdown_and_prints_the_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = ["--methods", "input,mc-median-masked", "--presets", "spots", "--clips", "one"]
    assert invoke([*SMALL, *chosen, "--out", str(tmp_path)]) == 0
    found = json.loads((tmp_path / "quality.json").read_text())
    assert {(row["method"], row["preset"], row["clip"]) for row in found["rows"]} == {
        ("input", "spots", "one"),
        ("mc-median-masked", "spots", "one"),
    }
    assert found["command"] == (
        "reelmend bench quality --quick --methods input,mc-median-masked --presets spots --clips one "
        "--frames 12 --height 48"
    )
    assert "| mc-median-masked |" in capsys.readouterr().out
    assert "## spots" in (tmp_path / "quality.md").read_text()
    assert (tmp_path / "cells" / "quick" / ".gitignore").read_text() == "*\n"


def test_json_output_holds_the_summaries(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--methods", "input", "--presets", "spots", "--out", str(tmp_path), "--json"]
    assert invoke([*SMALL, *arguments]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert {s["method"] for s in printed["summaries"]} == {"input"}


def test_without_resume_every_cell_is_run_again_and_with_it_none(tmp_path: Path) -> None:
    arguments = [*SMALL, "--methods", "input", "--presets", "spots", "--clips", "one", "--out", str(tmp_path)]
    invoke(arguments)
    (cell,) = (tmp_path / "cells" / "quick").glob("*.json")
    first = cell.stat().st_mtime_ns
    invoke([*arguments, "--resume"])
    assert cell.stat().st_mtime_ns == first
    invoke(arguments)
    assert cell.stat().st_mtime_ns > first


def test_ctrl_c_keeps_the_finished_cells_and_resume_goes_on(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "reelmend", *SMALL, "--out", str(tmp_path)]
    command += ["--methods", "input,mc-median,mc-median-masked,temporal-median", "--presets", "spots,flicker"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(TESTS)])}
    running = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    cells = tmp_path / "cells" / "quick"
    try:
        deadline = time.monotonic() + 60
        while not list(cells.glob("cell@*.json")) and running.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 130, said
    assert "Traceback" not in said
    assert not (tmp_path / "quality.json").exists()
    kept = {path: path.stat().st_mtime_ns for path in cells.glob("cell@*.json")}
    assert 0 < len(kept) < 16
    assert all(json.loads(path.read_text())["rows"][0]["value"] == 1.0 for path in kept)
    done = subprocess.run([*command, "--resume"], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert len(list(cells.glob("cell@*.json"))) == 16
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert (tmp_path / "quality.json").exists()


def test_wrong_names_are_refused_before_anything_is_run(tmp_path: Path) -> None:
    with pytest.raises(BadRequestError, match="no method 'magic'"):
        invoke([*SMALL, "--methods", "magic", "--out", str(tmp_path)])
    with pytest.raises(BadRequestError, match="an empty name"):
        invoke([*SMALL, "--methods", "input,", "--out", str(tmp_path)])
    assert not any(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BenchError, match=r"can't be written to.*--out"):
        invoke([*SMALL, "--methods", "input", "--out", str(tmp_path / "file")])
