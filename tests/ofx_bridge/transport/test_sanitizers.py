"""The transport under the compiler's sanitizers: its own tests, and its pool of streams against a real engine.

The first run builds two copies of the transport below build/sanitize; `make sanitize` runs much more.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from support.clips import moving_scene
from support.engines import engine

from .conftest import ROOT, Probe
from .test_render import RADIUS, rgba

BUILD = Path(os.environ.get("REELMEND_SANITIZE_BUILD", ROOT / "build" / "sanitize"))
PROGRAM = '#include <cstdio>\nint main() { std::puts("runs"); }\n'
# Failures of the sanitizers have an exit status of their own.
OPTIONS = {"ASAN_OPTIONS": "exitcode=99", "UBSAN_OPTIONS": "exitcode=99", "TSAN_OPTIONS": "exitcode=99"}

pytestmark = pytest.mark.xdist_group("sanitizers")


def built(name: str, sanitizers: str, *targets: str) -> Path:
    """Return the folder of the test programs, built with these sanitizers; skip where the compiler has none."""
    folder = BUILD / name
    folder.mkdir(parents=True, exist_ok=True)
    skip_without(sanitizers, folder)
    done = subprocess.run([ROOT / "tools" / "sanitize.sh", "build", name, *targets], capture_output=True, text=True,
                          env=os.environ | {"REELMEND_SANITIZE_BUILD": str(BUILD)}, check=False)  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return folder / "tests"


def skip_without(sanitizers: str, folder: Path) -> None:
    source, program = folder / "try.cpp", folder / "try"
    source.write_text(PROGRAM)
    command = ["c++", f"-fsanitize={sanitizers}", str(source), "-o", str(program)]
    try:
        subprocess.run(command, check=True, capture_output=True)
        subprocess.run([program], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", None) or str(error).encode()
        why = said.decode(errors="replace").strip().splitlines()
        pytest.skip(f"this compiler or system has no -fsanitize={sanitizers}: {why[-1] if why else error}")


@pytest.mark.timeout(600)
def test_native_tests_touch_no_memory_that_is_not_theirs() -> None:
    programs = ("transport_tests", "transport_pixel_tests")
    folder = built("address", "address,undefined", *programs)
    for program in programs:
        done = subprocess.run([folder / program], capture_output=True, text=True, env=os.environ | OPTIONS, check=False)
        assert done.returncode == 0, (program, done.stdout[-2000:], done.stderr[-5000:])
        assert "0 broken expectations" in done.stdout


@pytest.mark.timeout(600)
def test_threads_that_share_a_client_do_not_race(tmp_path: Path) -> None:
    probe = Probe(built("thread", "thread", "transport_probe") / "transport_probe", tmp_path)
    frames = rgba(moving_scene(6, width=96, height=64))
    options = [*RADIUS, "--threads", "4", "--repeat", "4"]
    with engine() as running:
        for route in ("shared_memory", "in_stream"):
            lines = probe.render(running.address, frames, *options, "--route", route, env=OPTIONS)
            assert [line["status"] for line in lines] == ["ok"] * 24, lines
    with tempfile.TemporaryDirectory(prefix="reelmend-tsan-") as folder:
        # Nobody answers: the threads bring one engine up together.
        address = f"unix:{folder}/engine.sock"
        start = [word for part in (sys.executable, "-m", "reelmend", "serve") for word in ("--start", part)]
        try:
            lines = probe.render(address, frames, *options, *start, env=OPTIONS)
            assert [line["status"] for line in lines] == ["ok"] * 24, lines
        finally:
            os.kill(probe.info(address, env=OPTIONS)["process_id"], signal.SIGTERM)
