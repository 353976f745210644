"""The Python client against real engines that are hung, old, full or wrong, and what it leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent import futures
from pathlib import Path

import grpc
import numpy as np
import pytest

from reelmend.client import EngineClient, Route
from reelmend.clips import RememberedClip
from reelmend.errors import BadRequestError, DeadlineError, ModelError, UnavailableError
from reelmend.rpc.v1 import engine_pb2 as pb
from reelmend.rpc.v1 import engine_pb2_grpc as pb_grpc
from reelmend.server.slot_pool import MOST_FREE
from support.clips import ArrayClip
from support.engines import RunningEngine, engine

SMALL_MEMORY_SCRIPT = """
import sys
import numpy as np
from support.clips import ArrayClip
from support.engines import engine
from reelmend.client import EngineClient, Route
from reelmend.clips import RememberedClip
frames = np.random.default_rng(1).random((3, 3, 480, 640), dtype=np.float32)
with engine() as running, EngineClient(running.address, Route.SHARED_MEMORY) as client:
    for frame in range(3):
        planes = client.render(RememberedClip(ArrayClip(frames)), frame, "deflicker", 1, {"radius": 1})
        assert planes.shape == (3, 480, 640)
    assert running.process.poll() is None
print("rendered")
"""


def test_hung_engine_is_given_up_at_the_deadline(flickering_clip: ArrayClip) -> None:
    with engine() as running, EngineClient(running.address, timeout_s=1.0) as client:
        client.render(RememberedClip(flickering_clip), 0, "deflicker", 30)
        os.kill(running.process.pid, signal.SIGSTOP)
        try:
            started = time.monotonic()
            with pytest.raises(DeadlineError, match="gave no answer within 1 s"):
                client.render(RememberedClip(flickering_clip), 1, "deflicker", 30)
            assert time.monotonic() - started < 5
        finally:
            os.kill(running.process.pid, signal.SIGCONT)
        assert client.render(RememberedClip(flickering_clip), 1, "deflicker", 30).shape == (3, 64, 96)


def test_failed_renders_leave_no_thread_behind(shared_engine: RunningEngine, flickering_clip: ArrayClip) -> None:
    with EngineClient(shared_engine.address) as client:
        clip = RememberedClip(flickering_clip)
        client.render(clip, 0, "deflicker", 30)
        before = threading.active_count()
        for _ in range(10):
            with pytest.raises(BadRequestError):
                client.render(clip, 0, "deflicker", 30, {"strength": 2.0})
        ends = time.monotonic() + 10
        while threading.active_count() > before and time.monotonic() < ends:
            time.sleep(0.05)
        assert threading.active_count() <= before


def test_engine_of_another_api_version_is_refused_before_any_pixel(tmp_path: Path, flickering_clip: ArrayClip) -> None:
    class Newer(pb_grpc.EngineServiceServicer):  # type: ignore[misc]
        def GetServerInfo(self, request: object, context: object) -> pb.GetServerInfoResponse:  # noqa: N802
            return pb.GetServerInfoResponse(engine_version="9.0.0", api_version=2)

    server = grpc.server(futures.ThreadPoolExecutor(2))
    pb_grpc.add_EngineServiceServicer_to_server(Newer(), server)
    address = f"unix:{tmp_path}/newer.sock"
    server.add_insecure_port(address)
    server.start()
    try:
        with EngineClient(address) as client, pytest.raises(ModelError, match=r"9\.0\.0 .* speaks API 2"):
            client.render(RememberedClip(flickering_clip), 0, "deflicker", 30)
    finally:
        server.stop(0).wait()


def test_nobody_listening_is_said_with_a_remedy(tmp_path: Path, flickering_clip: ArrayClip) -> None:
    with EngineClient(f"unix:{tmp_path}/nobody.sock") as client:
        with pytest.raises(UnavailableError, match=r"no engine answers at .* start one with 'reelmend serve'"):
            client.render(RememberedClip(flickering_clip), 0, "deflicker", 30)


@pytest.mark.skipif(os.geteuid() != 0, reason="a mount of its own needs root")
def test_full_shared_memory_sends_pixels_in_the_stream_and_kills_nobody() -> None:
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0:
        pytest.skip("no mount namespace to be had here")
    mount = 'mount -t tmpfs -o size=2m tmpfs /dev/shm && exec "$0" -c "$1"'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", mount, sys.executable, SMALL_MEMORY_SCRIPT],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (done.returncode, done.stdout) == (0, "rendered\n"), done.stderr


def test_slots_of_sizes_no_longer_used_are_given_back(shared_engine: RunningEngine) -> None:
    def segments() -> int:
        return len(list(Path("/dev/shm").glob(f"reelmend-{shared_engine.process.pid}-*")))

    with EngineClient(shared_engine.address, Route.SHARED_MEMORY) as client:
        for size in range(20, 60):
            frames = np.random.default_rng(size).random((1, 3, 4 * size, 400), dtype=np.float32)
            client.render(RememberedClip(ArrayClip(frames)), 0, "deflicker", 1, {"radius": 1})
        assert segments() <= MOST_FREE + 3
