"""Speed and memory: taking turns, stored runs, and the memory of the process that does the work."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from reelmend.quality.bench import timing
from reelmend.quality.bench.store import Store
from reelmend.quality.bench.timed_method import procedural_clip
from reelmend.quality.peers import INPUT, Method, PeerError, Pixels, Restored

linux = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")


@linux
def test_peak_memory_sees_what_this_process_touched() -> None:
    script = (
        "import numpy as np; from reelmend.quality.bench.timed_method import PeakMemory\n"
        "with PeakMemory(of_children=False) as before: pass\n"
        "with PeakMemory(of_children=False) as after: np.ones(80 << 20, np.uint8)\n"
        "print(after.mib - before.mib)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert 75 < float(done.stdout) < 90


@linux
def test_peak_memory_of_a_child_is_not_that_of_its_parent() -> None:
    # In a process of its own: this one may have other children, such as an engine that tests share.
    script = (
        "import subprocess, sys, numpy as np; from reelmend.quality.bench.timed_method import PeakMemory\n"
        "held = np.ones(200 << 20, np.uint8)\n"
        "child = \"b = b'x' * (60 << 20); import time; time.sleep(0.3)\"\n"
        "with PeakMemory(of_children=True) as peak: subprocess.run([sys.executable, '-c', child], check=True)\n"
        "print(peak.mib)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert 60 < float(done.stdout) < 150


@linux
def test_a_child_that_has_not_yet_started_its_program_does_not_count_as_memory() -> None:
    script = (
        "import os, time, numpy as np; from reelmend.quality.bench.timed_method import PeakMemory\n"
        "held = np.ones(200 << 20, np.uint8)\n"
        "with PeakMemory(of_children=True) as peak:\n"
        "    child = os.fork()\n"
        "    if child == 0: time.sleep(0.2); os._exit(0)\n"
        "    os.waitpid(child, 0)\n"
        "print(peak.mib)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "None"


def test_the_timed_clip_is_the_same_every_time() -> None:
    assert np.array_equal(procedural_clip(2, 64, 48), procedural_clip(2, 64, 48))


def test_a_timed_method_reports_time_and_memory_from_its_own_process(tmp_path: Path) -> None:
    pieces = timing.time_methods([INPUT], Store(tmp_path, "a"))
    assert len(pieces) == timing.RUNS
    assert all(piece["ms_per_frame"] > 0 for piece in pieces)
    again = timing.time_methods([INPUT], Store(tmp_path, "a"))
    assert again == [{**piece, "fingerprint": "a"} for piece in pieces]


def test_a_method_that_cannot_run_is_told_and_not_timed(tmp_path: Path) -> None:
    missing = Method("nowhere", "", lambda frames: Restored(frames), lambda: "", missing=lambda: "not installed")
    (entry,) = timing.speed_table(timing.time_methods([missing], Store(tmp_path, "a")))
    assert (entry["runs"], entry["note"]) == (0, "not run: not installed")
    assert {row["value"] for row in timing.speed_rows([entry])} == {None}


def test_a_method_that_fails_in_its_process_says_how(tmp_path: Path) -> None:
    def fails(_frames: Pixels) -> Restored:
        raise PeerError("never")

    unknown = Method("no-such-method", "", fails, lambda: "")
    (entry,) = timing.speed_table(timing.time_methods([unknown], Store(tmp_path, "a")))
    assert "KeyError" in entry["note"]


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg is installed")
@linux
def test_the_memory_of_an_ffmpeg_peer_is_ffmpegs_own() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "reelmend.quality.bench.timed_method", "ffmpeg-atadenoise", "9"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert 20 < json.loads(done.stdout)["peak_mib"] < 500
