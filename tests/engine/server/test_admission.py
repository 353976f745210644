"""How many streams may be open, what idle and silent ones cost, and what those hear that find no place."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent import futures
from contextlib import ExitStack
from pathlib import Path

import grpc
import numpy as np
import pytest
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from reelmend.client import EngineClient
from reelmend.clips import RememberedClip
from reelmend.errors import CapacityError, DeadlineError
from reelmend.frames import FrameFormat, FrameRef, content_digest
from reelmend.rpc import convert
from reelmend.rpc.v1 import engine_pb2 as pb
from reelmend.rpc.v1 import engine_pb2_grpc as pb_grpc
from reelmend.server.serve import server_options
from support.clips import ArrayClip, moving_scene
from support.engines import RunningEngine, engine

STREAMS = 3


@pytest.fixture(scope="module")
def small_engine() -> Iterator[RunningEngine]:
    with engine("--max-streams", str(STREAMS)) as running:
        yield running


def start_of(planes: np.ndarray, **fields: object) -> pb.RenderRequest:
    ref = FrameRef(0, content_digest(planes), FrameFormat.of(planes))
    window = pb.ClipWindow(clip="Source", first_frame=0, last_frame=0, frames=[convert.ref_to_message(ref)])
    outputs = [pb.OutputRequest(output="result", time_frames=0)]
    return pb.RenderRequest(
        start=pb.RenderStart(request_id=1, effect="deflicker", clips=[window], outputs=outputs, **fields)
    )


class RawStream:
    """A Render stream that sends just what it is told to."""

    def __init__(self, address: str) -> None:
        self.channel = grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)])
        self._more = threading.Event()
        self._to_send: list[pb.RenderRequest] = []
        self._ends = False
        self.answers = pb_grpc.EngineServiceStub(self.channel).Render(self._requests())

    def _requests(self) -> Iterator[pb.RenderRequest]:
        while not self._ends:
            while self._to_send:
                yield self._to_send.pop(0)
            self._more.wait(0.02)

    def send(self, request: pb.RenderRequest) -> None:
        self._to_send.append(request)
        self._more.set()

    def close(self) -> None:
        self._ends = True
        self._more.set()
        self.answers.cancel()
        self.channel.close()

    def __enter__(self) -> RawStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def busy_stream(address: str, seed: int, **fields: object) -> RawStream:
    """A stream whose request waits for pixels that never come."""
    stream = RawStream(address)
    stream.send(start_of(np.random.default_rng(seed).random((3, 8, 8), dtype=np.float32), **fields))
    assert next(stream.answers).WhichOneof("message") == "needed"
    return stream


def wait_until(condition: object, what: str) -> None:
    ends = time.monotonic() + 15
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < ends, what
        time.sleep(0.02)


def test_longest_idle_stream_makes_room_and_its_client_notices_nothing(
    small_engine: RunningEngine, flickering_clip: ArrayClip
) -> None:
    clip = RememberedClip(flickering_clip)
    with ExitStack() as stack:
        clients = [stack.enter_context(EngineClient(small_engine.address)) for _ in range(2 * STREAMS)]
        for client in clients + clients[::-1]:
            assert client.render(clip, 3, "deflicker", 30).shape == (3, 64, 96)
        assert clients[0].info().streams_open <= STREAMS


def test_streams_that_never_say_a_word_hang_nobody(small_engine: RunningEngine, flickering_clip: ArrayClip) -> None:
    with ExitStack() as stack:
        for _ in range(60):
            stack.enter_context(RawStream(small_engine.address))
        with EngineClient(small_engine.address, timeout_s=30) as client:
            assert client.render(RememberedClip(flickering_clip), 3, "deflicker", 30).shape == (3, 64, 96)
            wait_until(lambda: client.info().streams_open <= STREAMS, "more streams than there are places")


def test_busy_engine_says_when_to_come_back_and_a_client_does(
    small_engine: RunningEngine, flickering_clip: ArrayClip
) -> None:
    with ExitStack() as stack:
        busy = [stack.enter_context(busy_stream(small_engine.address, seed)) for seed in range(STREAMS)]
        refused = stack.enter_context(RawStream(small_engine.address))
        with pytest.raises(grpc.RpcError) as caught:
            next(refused.answers)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "streams of the engine are busy" in caught.value.details()
        assert int(dict(caught.value.trailing_metadata())["grpc-retry-pushback-ms"]) > 0
        clip = RememberedClip(flickering_clip)
        with EngineClient(small_engine.address, timeout_s=0.4) as hasty:
            with pytest.raises((CapacityError, DeadlineError)):
                hasty.render(clip, 3, "deflicker", 30)
        with EngineClient(small_engine.address, timeout_s=30) as patient:
            threading.Timer(1.0, busy[0].close).start()
            assert patient.render(clip, 3, "deflicker", 30).shape == (3, 64, 96)


def test_silent_client_hears_that_its_deadline_has_passed(small_engine: RunningEngine) -> None:
    started = time.monotonic()
    with busy_stream(small_engine.address, 9, deadline_ms=300) as silent:
        with pytest.raises(grpc.RpcError) as caught:
            next(silent.answers)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert "not ready within 300 ms; raise the timeout" in caught.value.details()
    assert time.monotonic() - started < 5


def test_stream_has_one_client_id_of_64_bytes_at_most(small_engine: RunningEngine) -> None:
    planes = np.zeros((3, 8, 8), np.float32)
    with RawStream(small_engine.address) as stream:
        stream.send(start_of(planes, client_id="x" * 65))
        with pytest.raises(grpc.RpcError, match="65 bytes; 64 are possible"):
            next(stream.answers)
    with RawStream(small_engine.address) as stream:
        for name in ("one", "other"):
            start = start_of(planes, client_id=name)
            start.start.parameters.extend(convert.parameters_to_messages({"strength": 0.0}))
            stream.send(start)
        with pytest.raises(grpc.RpcError, match="client_id changed within a stream"):
            list(stream.answers)


def test_reflection_streams_that_stay_open_hang_nobody(small_engine: RunningEngine) -> None:
    with ExitStack() as stack:
        silence = threading.Event()
        stack.callback(silence.set)
        channel = stack.enter_context(grpc.insecure_channel(small_engine.address))
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        held = [stub.ServerReflectionInfo(iter(silence.wait, True)) for _ in range(50)]
        with EngineClient(small_engine.address) as client:
            assert client.info().api_version == 1
        answers = stub.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(list_services="")]))
        with pytest.raises(grpc.RpcError, match="reflection streams are open already"):
            next(answers)
        assert len(held) == 50


def test_frame_that_two_clients_send_at_once_serves_each_from_safe_memory(small_engine: RunningEngine) -> None:
    frames = moving_scene(3, 640, 300, seed=31)
    with ExitStack() as stack, futures.ThreadPoolExecutor(2) as pool:
        clients = [stack.enter_context(EngineClient(small_engine.address)) for _ in range(2)]

        def render(client: EngineClient) -> list[bytes]:
            clip = RememberedClip(ArrayClip(frames))
            return [client.render(clip, n, "deflicker", 1, {"radius": 1}).tobytes() for n in (0, 1, 2, 1, 0)]

        first, second = pool.map(render, clients)
    assert first == second


STOPPED_CLIENT = """
import sys, grpc
channel = grpc.insecure_channel(sys.argv[1])
class Requests:
    def __iter__(self): return self
    def __next__(self):
        line = sys.stdin.readline()
        if not line: raise StopIteration
        return line.encode()
answers = channel.stream_stream("/test.Echo/Echo")(Requests())
for answer in answers:
    print(answer.decode().strip(), flush=True)
"""


@pytest.mark.parametrize(("pings", "survives"), [(False, True), (True, False)])
def test_idle_client_that_cannot_answer_pings_keeps_its_stream(tmp_path: Path, pings: bool, survives: bool) -> None:
    """The node has no thread that answers while its host is idle, as a stopped process has none.

    Times are those of the engine's settings, 40 times as short; with pings every 20 s the stream would be lost.
    """
    settings = dict(server_options())
    if pings:
        settings |= {"grpc.keepalive_time_ms": 20_000, "grpc.keepalive_timeout_ms": 10_000}
        settings["grpc.http2.ping_timeout_ms"] = 60_000  # gRPC's own
    timed = {"grpc.keepalive_time_ms", "grpc.keepalive_timeout_ms", "grpc.http2.ping_timeout_ms"}
    options = [(name, value // 40 if name in timed else value) for name, value in settings.items()]
    server = grpc.server(futures.ThreadPoolExecutor(2), options=options)
    echo = grpc.stream_stream_rpc_method_handler(lambda requests, _context: (request for request in requests))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", {"Echo": echo}),))
    address = f"unix:{tmp_path}/echo.sock"
    server.add_insecure_port(address)
    server.start()
    with subprocess.Popen(
        [sys.executable, "-c", STOPPED_CLIENT, address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        bufsize=1,
        env=os.environ | {"GRPC_VERBOSITY": "NONE"},
    ) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        try:
            client.stdin.write("before\n")
            assert client.stdout.readline() == "before\n"
            client.send_signal(signal.SIGSTOP)
            time.sleep(4.0)
            client.send_signal(signal.SIGCONT)
            client.stdin.write("after\n")
            assert client.stdout.readline() == ("after\n" if survives else "")
        finally:
            client.kill()
            server.stop(0).wait()
