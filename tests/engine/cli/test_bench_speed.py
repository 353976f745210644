"""`reelmend bench speed` and `bench soak`: the whole bench on tiny frames, with the real engine, node and host."""

from __future__ import annotations

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
from reelmend.quality.bench.speed import plan as planning
from reelmend.quality.bench.speed.cases import LEAST, RAW
from reelmend.quality.bench.speed.plan import Case, Plan
from reelmend.quality.bench.speed.transport import NAMES as TRANSPORT

TESTS = Path(__file__).parents[2]
MODELS = [
    *("--models", "reelmend_models.bench_models:build", "--reference", "support.plain_reference:make"),
    *("--plain", "reelmend_models.reference.torch_graphs:make"),
]
DOCUMENT = "\n".join(
    f"<!-- bench:{name} begin -->\n<!-- bench:{name} end -->"
    for name in ("engine-circumstances", "engine-claims", "engine-speed", "engine-bytes")
)
TINY = Plan(
    mode="quick",
    cases=(Case("1080p", 96, 64, 2),),
    model_case=Case("720p models", 64, 48, 2),
    warm_up_runs=1,
    counted_frames=2,
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.setattr(planning, "QUICK", TINY)


def test_one_run_measures_everything_from_memcpy_to_the_node_and_judges_it(
    tiny: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "bench.md"
    document.write_text(DOCUMENT)
    assert invoke(["bench", "speed", "--out", str(tmp_path), "--docs", str(document), *MODELS]) == 0
    found = json.loads((tmp_path / "speed.json").read_text())
    rows = {(row["name"], row["case"]): row for row in found["rows"]}
    assert [row["note"] for row in rows.values() if row.get("note")] == []
    *measured, soak = found["claims"]
    assert {claim["verdict"] for claim in measured} <= {"met", "missed"}
    assert soak["verdict"] == "not measured"
    assert all({"name", "case", "median_ms", "runs", "ratio", "ratio_to"} <= set(row) for row in found["rows"])
    timed = [row for row in found["rows"] if "unit" not in row]
    assert {row["runs"] for row in timed if row["name"] not in TRANSPORT} == {2}
    least, raw, copy = (rows[name, "1080p"]["median_ms"] for name in (LEAST, RAW, "memcpy"))
    assert least >= raw > 0
    assert copy > 0
    node = rows["node-sequential-1", "1080p"]
    assert node["ratio"] == pytest.approx(node["median_ms"] / least)
    assert rows["numpy-deflicker", "1080p"]["ratio_to"] == "engine-deflicker"
    assert rows["node-defaults", "1080p"]["median_ms"] > 0
    assert rows["node-repair", "1080p"]["median_ms"] > 0
    assert rows["torch-repair", "1080p"]["ratio_to"] == "engine-repair"
    assert rows["ort-repair-detect", "1080p"]["median_ms"] > 0
    said = capsys.readouterr().out
    assert "deflicker, host to host" in said
    assert "node-random-4" in document.read_text()
    assert "| ✓ | share of frames with the same bits from both |" in document.read_text()


def test_a_frame_crosses_once_up_and_once_down_whatever_the_window(tiny: None, tmp_path: Path) -> None:
    invoke(["bench", "speed", "--runs", "1", "--out", str(tmp_path), *MODELS])
    rows = json.loads((tmp_path / "speed.json").read_text())["rows"]
    counted = {(row["name"], row["case"]): row for row in rows if "unit" in row}
    frame_bytes = 96 * 64 * 3 * 4
    for window in (3, 31):
        case = f"1080p window {window}"
        # Of a frame this small the proxy is the frame itself, so that two of a size cross: it, and the new neighbour.
        assert counted["bytes-up", case]["value"] == 2 * frame_bytes
        assert counted["bytes-down", case]["value"] == frame_bytes
        assert counted["clip-get-image", case]["value"] <= 2


def test_without_models_their_rows_say_so_and_the_rest_is_measured(
    tiny: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reelmend.quality.bench.material.entry_points", lambda group: ())
    invoke(["bench", "speed", "--runs", "1", "--out", str(tmp_path)])
    found = json.loads((tmp_path / "speed.json").read_text())
    rows = {row["name"]: row for row in found["rows"]}
    assert "pip install -e" in rows["node-bench-heavy"]["note"]
    assert "--reference" in rows["numpy-deflicker"]["note"]
    assert rows["node-sequential-1"]["median_ms"] > 0
    assert any(claim["verdict"] == "not measured" for claim in found["claims"])


def test_an_earlier_run_is_compared_with(tiny: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = {"case": "1080p", "median_ms": 1e6, "ratio": 1e6, "ratio_to": LEAST, "ratio_low": 1e6, "ratio_high": 1e6}
    old = {"kind": "speed", "rows": [{"name": name, **row} for name in ("node-sequential-1", "gone")]}
    (tmp_path / "old.json").write_text(json.dumps(old))
    arguments = ["bench", "speed", "--runs", "1", "--out", str(tmp_path), *MODELS]
    invoke([*arguments, "--compare", str(tmp_path / "old.json"), "--json"])
    (change,) = json.loads(capsys.readouterr().out)["changes"]
    assert (change["name"], change["before_ms"], change["verdict"]) == ("node-sequential-1", 1e6, "faster")


def test_wrong_words_are_refused_before_anything_is_started(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="no case '4K'; there is 720p, 1080p, UHD"):
        invoke(["bench", "speed", "--cases", "4K", "--out", str(tmp_path)])
    with pytest.raises(BenchError, match="can't be read"):
        invoke(["bench", "speed", "--compare", str(tmp_path / "absent.json"), "--out", str(tmp_path)])
    with pytest.raises(BadRequestError, match="is no frame size"):
        invoke(["bench", "soak", "--size", "720p", "--out", str(tmp_path)])
    assert not any(tmp_path.iterdir())


def test_ctrl_c_ends_the_bench_and_its_engine_and_writes_nothing(tmp_path: Path, cache: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(TESTS)]), "XDG_CACHE_HOME": str(cache)}
    command = [sys.executable, "-m", "reelmend", "bench", "soak", "--size", "64x48", "--out", str(tmp_path / "out")]
    running = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        engine = _child_of(running)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 130, said
    assert "Traceback" not in said
    assert not (tmp_path / "out").exists()
    # An engine that was just starting ends by itself, a moment after the bench.
    deadline = time.monotonic() + 10
    while not (gone := not Path(f"/proc/{engine}").exists()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert gone


def test_a_soak_looks_at_both_processes_in_both_phases(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    size = ["--size", "64x48", "--memory-mib", "16"]
    status = invoke(["bench", "soak", "--frames", "40", "--connects", "8", *size, "--out", str(tmp_path)])
    assert status in (0, 1)  # on so few frames memory may still settle
    found = json.loads((tmp_path / "soak.json").read_text())
    assert [sample["number"] for sample in found["samples"] if sample["phase"] == "frames"] == [*range(1, 41)]
    assert [sample["number"] for sample in found["samples"] if sample["phase"] == "connects"] == [*range(9)]
    assert all(sample[who]["resident_mib"] > 20 for sample in found["samples"] for who in ("host", "engine"))
    assert (tmp_path / "soak.png").exists()
    assert "resident memory of the engine over connects" in capsys.readouterr().out


def _child_of(process: subprocess.Popen[str]) -> int:
    """Wait until the bench has started its engine, and the engine its socket; return the engine's process id."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        for task in Path(f"/proc/{process.pid}/task").glob("*/children"):
            for child in task.read_text().split():
                words = Path(f"/proc/{child}/cmdline").read_bytes()
                if b"bench_engine" in words:
                    return int(child)
        time.sleep(0.02)
    raise AssertionError("the bench started no engine")
