"""`reelmend serve` as a process: where it listens, how it ends, what it leaves behind."""

from __future__ import annotations

import json
import os
import re
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from reelmend.client import EngineClient, Route
from reelmend.clips import RememberedClip
from support.clips import ArrayClip
from support.engines import engine, start_engine


def segments(process_id: int) -> set[str]:
    return {path.name for path in Path("/dev/shm").glob(f"reelmend-{process_id}-*")}


def serve_that_fails(*options: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "reelmend", "serve", *options],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | environment,
    )
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    return done.stderr


def test_default_socket_lies_in_a_private_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELMEND_RUNTIME_DIR", str(tmp_path / "run"))
    running = start_engine(f"unix:{tmp_path}/run/engine.sock")
    assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700
    assert running.stop() == 0
    assert not (tmp_path / "run" / "engine.sock").exists()


def test_loopback_with_port_zero_says_which_port_it_found(flickering_clip: ArrayClip) -> None:
    with engine(address="127.0.0.1:0") as running:
        assert re.fullmatch(r"127\.0\.0\.1:[1-9]\d+", running.address)
        with EngineClient(running.address) as client:
            assert client.render(RememberedClip(flickering_clip), 0, "deflicker", 30).shape == (3, 64, 96)


@pytest.mark.parametrize(
    "address", ["0.0.0.0:5000", "192.168.1.4:5000", "example.org:80", "unix:relative.sock", "5000"]
)
def test_any_other_address_is_refused(address: str) -> None:
    assert re.search(r"neither unix:/path nor loopback|absolute path", serve_that_fails("--address", address))


def test_folder_that_others_can_enter_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    said = serve_that_fails(REELMEND_RUNTIME_DIR=str(tmp_path))
    assert "must belong to you alone (mode 0700, it has 0755)" in said


def test_second_engine_on_one_socket_is_refused() -> None:
    with engine() as running:
        assert "an engine already serves" in serve_that_fails("--address", running.address)
        with EngineClient(running.address) as client:
            assert client.info().process_id == running.process.pid


def test_socket_left_by_a_killed_engine_is_taken_over(tmp_path: Path) -> None:
    address = f"unix:{tmp_path}/engine.sock"
    start_engine(address).kill()
    assert (tmp_path / "engine.sock").exists()
    second = start_engine(address)
    with EngineClient(address) as client:
        assert client.info().process_id == second.process.pid
    assert second.stop() == 0


@pytest.mark.parametrize("make", [Path.touch, Path.mkdir])
def test_file_or_folder_of_the_sockets_name_stays(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "film.mov")
    assert "a file or folder has that name" in serve_that_fails("--address", f"unix:{tmp_path}/film.mov")
    assert [path.name for path in tmp_path.iterdir()] == ["film.mov"]


def test_socket_of_another_program_stays_its_own(tmp_path: Path) -> None:
    path = tmp_path / "other.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        other.bind(str(path))
        other.listen(1)
        assert "another program does" in serve_that_fails("--address", f"unix:{path}")
        assert path.is_socket()


def test_engine_stops_at_once_when_streams_are_open_but_idle(flickering_clip: ArrayClip) -> None:
    with engine() as running, EngineClient(running.address) as client:
        client.render(RememberedClip(flickering_clip), 0, "deflicker", 30)
        started = time.monotonic()
        assert running.stop() == 0
        assert time.monotonic() - started < 2


def test_segments_of_a_dead_engine_are_swept_up() -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    orphan = Path(f"/dev/shm/reelmend-{gone.pid}-test")
    orphan.write_bytes(b"left behind")
    with engine():
        assert not orphan.exists()


def test_idle_engine_ends_by_itself(tmp_path: Path) -> None:
    running = start_engine(f"unix:{tmp_path}/engine.sock", "--idle-exit", "0.5")
    assert running.process.wait(20) == 0


def test_bad_memory_and_provider_are_one_line_errors() -> None:
    assert "--memory 'lots' is no size of at least 16M" in serve_that_fails("--memory", "lots")
    assert "provider 'cuda' is not in this ONNX Runtime" in serve_that_fails("--provider", "cuda")
    assert "no provider 'quantum'; give one of cpu" in serve_that_fails("--provider", "quantum")


def test_shared_memory_goes_with_the_stream_and_with_the_engine(flickering_clip: ArrayClip) -> None:
    with engine() as running:
        process_id = running.process.pid
        with EngineClient(running.address, Route.SHARED_MEMORY) as client:
            client.render(RememberedClip(flickering_clip), 0, "deflicker", 30)
            assert segments(process_id)
        wait_until_gone(process_id)
        with EngineClient(running.address, Route.SHARED_MEMORY) as client:
            client.render(RememberedClip(flickering_clip), 1, "deflicker", 30)
            assert segments(process_id)
            running.kill()
    wait_until_gone(process_id)


def wait_until_gone(process_id: int) -> None:
    ends = time.monotonic() + 10
    while segments(process_id):
        assert time.monotonic() < ends, "shared memory was left behind"
        time.sleep(0.05)


def test_ready_line_says_where_models_run_and_why() -> None:
    with engine("--provider", "cpu", "--threads", "1") as running, EngineClient(running.address) as client:
        info = client.info()
        assert (info.provider, info.threads) == ("CPUExecutionProvider", 1)
        assert "1 threads as asked" in info.provider_reason
        assert info.most_requests_waiting > 0


def test_log_for_machines_tells_of_the_warm_up(tmp_path: Path) -> None:
    def log_of(*options: str) -> list[dict[str, str]]:
        with engine("--log-format", "json", *options, address=f"unix:{tmp_path}/engine.sock") as running:
            running.stop()
            assert running.process.stderr is not None
            return [json.loads(line) for line in running.process.stderr.read().splitlines()]

    said = log_of()
    assert all({"time", "level", "message"} <= set(entry) for entry in said)
    assert any("'deflicker' is ready after" in entry["message"] for entry in said)
    assert not any("is ready after" in entry["message"] for entry in log_of("--no-warm-up"))


def test_queue_and_streams_are_bounded_as_asked() -> None:
    with engine("--queue", "7") as running, EngineClient(running.address) as client:
        assert client.info().most_requests_waiting == 7
    assert "--max-streams" in serve_that_fails("--max-streams", "0")
