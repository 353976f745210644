"""The client's patience and foresight: retries when it is told to, streams that have gone, frames sent ahead."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path

import grpc
import numpy as np
import pytest

from reelmend.client import EngineClient, Route
from reelmend.client.buffers import Buffers
from reelmend.clips import RememberedClip
from reelmend.errors import CapacityError, MediaError, UnavailableError
from reelmend.frames import FrameFormat
from reelmend.rpc.v1 import engine_pb2 as pb
from reelmend.rpc.v1 import engine_pb2_grpc as pb_grpc
from support.clips import ArrayClip, moving_scene
from support.engines import RunningEngine, start_engine

Refuse = Callable[[pb.RenderStart, grpc.ServicerContext], None]


class Picky(pb_grpc.EngineServiceServicer):  # type: ignore[misc]
    """An engine that may refuse a request before it gives the source back; remembers what was asked, and when."""

    def __init__(self, refuse: Refuse) -> None:
        self._refuse = refuse
        self.starts: list[tuple[float, pb.RenderStart]] = []

    def GetServerInfo(self, _request: object, _context: object) -> pb.GetServerInfoResponse:  # noqa: N802
        return pb.GetServerInfoResponse(engine_version="0", api_version=1)

    def Render(  # noqa: N802
        self, requests: Iterator[pb.RenderRequest], context: grpc.ServicerContext
    ) -> Iterator[pb.RenderResponse]:
        for request in requests:
            self.starts.append((time.monotonic(), request.start))
            self._refuse(request.start, context)
            yield pb.RenderResponse(needed=pb.FramesNeeded(request_id=request.start.request_id))
            time_frames = request.start.outputs[0].time_frames
            same = pb.OutputFrame(output="result", time_frames=time_frames, identical_to_source=True)
            yield pb.RenderResponse(output=same)
            yield pb.RenderResponse(done=pb.RenderDone())


@contextmanager
def picky_engine(folder: Path, refuse: Refuse) -> Iterator[tuple[Picky, str]]:
    server, service, address = grpc.server(futures.ThreadPoolExecutor(8)), Picky(refuse), f"unix:{folder}/picky.sock"
    pb_grpc.add_EngineServiceServicer_to_server(service, server)
    server.add_insecure_port(address)
    server.start()
    try:
        yield service, address
    finally:
        server.stop(0).wait()


def full(context: grpc.ServicerContext, hint_ms: int | None) -> None:
    if hint_ms is not None:
        context.set_trailing_metadata((("grpc-retry-pushback-ms", str(hint_ms)),))
    context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "full")


def clip(count: int = 6) -> RememberedClip:
    return RememberedClip(ArrayClip(moving_scene(count)))


def test_full_engine_is_asked_again_after_the_time_that_it_named(tmp_path: Path) -> None:
    seen: list[int] = []

    def refuse(start: pb.RenderStart, context: grpc.ServicerContext) -> None:
        seen.append(start.deadline_ms)
        if len(seen) <= 2:
            full(context, 200)

    with picky_engine(tmp_path, refuse) as (service, address), EngineClient(address) as client:
        assert client.render(clip(), 1, "deflicker", 0).shape == (3, 64, 96)
    times = [when for when, _ in service.starts]
    assert len(times) == 3
    assert all(later - earlier >= 0.15 for earlier, later in itertools.pairwise(times))
    assert seen == sorted(seen, reverse=True)  # the time that is left


def test_full_engine_without_a_hint_is_not_asked_again(tmp_path: Path) -> None:
    with picky_engine(tmp_path, lambda _, context: full(context, None)) as (service, address):
        with EngineClient(address) as client, pytest.raises(CapacityError, match="full"):
            client.render(clip(), 1, "deflicker", 0)
    assert len(service.starts) == 1


def test_retries_end_with_the_timeout(tmp_path: Path) -> None:
    with picky_engine(tmp_path, lambda _, context: full(context, 100)) as (_, address):
        with EngineClient(address, timeout_s=0.8) as client:
            started = time.monotonic()
            with pytest.raises(CapacityError):
                client.render(clip(), 1, "deflicker", 0)
            assert time.monotonic() - started < 3


def test_every_stream_of_a_client_says_its_name_and_two_clients_differ(tmp_path: Path) -> None:
    with picky_engine(tmp_path, lambda *_: None) as (service, address):
        with EngineClient(address) as one, EngineClient(address) as other, EngineClient(address, client_id="me") as me:
            for client in (one, one, other, me):
                client.render(clip(), 1, "deflicker", 0)
    names = [start.client_id for _, start in service.starts]
    assert names[0] == names[1] != names[2]
    assert names[3] == "me"
    assert all(0 < len(name.encode()) <= 64 for name in names)


def test_engine_that_was_started_anew_is_used_without_a_word(tmp_path: Path, flickering_clip: ArrayClip) -> None:
    address = f"unix:{tmp_path}/engine.sock"
    first = start_engine(address)
    with EngineClient(address) as client:
        source = RememberedClip(flickering_clip)
        with futures.ThreadPoolExecutor(3) as pool:  # more than one stream is open, and goes
            list(pool.map(lambda n: client.render(source, n, "deflicker", 30), range(3)))
        first.kill()
        second = start_engine(address)
        try:
            assert client.render(source, 3, "deflicker", 30).shape == (3, 64, 96)
        finally:
            second.kill()
        with pytest.raises(UnavailableError, match="start one with 'reelmend serve'"):
            client.render(source, 4, "deflicker", 30)


@pytest.mark.parametrize("ahead", [0, 1, 3])
def test_clip_comes_in_the_order_of_play_whatever_runs_ahead(
    shared_engine: RunningEngine, flickering_clip: ArrayClip, ahead: int
) -> None:
    order = [*range(8), 5, 4, 3, 0]
    with EngineClient(shared_engine.address) as client:
        wanted = {n: client.render(RememberedClip(flickering_clip), n, "deflicker", 30).copy() for n in set(order)}
        source = RememberedClip(flickering_clip)
        found = [(n, planes.copy()) for n, planes in client.render_clip(source, order, "deflicker", 30, ahead=ahead)]
    assert [number for number, _ in found] == order
    assert all(planes.tobytes() == wanted[number].tobytes() for number, planes in found)


def test_next_frame_is_asked_for_while_this_one_is_rendered(tmp_path: Path) -> None:
    together = threading.Barrier(2, timeout=10)

    def wait_for_another(_start: pb.RenderStart, _context: object) -> None:
        together.wait()

    with picky_engine(tmp_path, wait_for_another) as (service, address), EngineClient(address) as client:
        shown = [number for number, _ in client.render_clip(clip(), range(6), "deflicker", 0, ahead=1)]
    assert shown == list(range(6))
    assert len(service.starts) == 6


def test_frame_that_cannot_be_read_ends_the_clip_at_its_place(shared_engine: RunningEngine) -> None:
    source = RememberedClip(ArrayClip(moving_scene(8), broken=frozenset({5})))
    shown = []
    with EngineClient(shared_engine.address) as client:
        rendered = client.render_clip(source, range(8), "deflicker", 1, {"radius": 1}, ahead=2)
        with pytest.raises(MediaError, match="frame 5"):
            shown.extend(number for number, _ in rendered)
        assert client.render(clip(), 1, "deflicker", 1, {"radius": 1}).shape == (3, 64, 96)
    assert shown == [0, 1, 2, 3]


def test_memory_of_a_frame_is_used_again_when_nobody_looks_at_it() -> None:
    buffers, form = Buffers(), FrameFormat(64, 32)
    first = buffers.take(form)
    view, address = first[1], first.ctypes.data
    del first
    assert buffers.take(form).ctypes.data != address  # a view of it is still alive
    del view
    assert buffers.take(form).ctypes.data == address


@pytest.mark.parametrize("route", Route)
def test_frame_stays_as_it_is_while_later_ones_come(
    shared_engine: RunningEngine, flickering_clip: ArrayClip, route: Route
) -> None:
    source = RememberedClip(flickering_clip)
    with EngineClient(shared_engine.address, route) as client:
        frames = [client.render(source, number, "deflicker", 30) for number in range(6)]
        copies = [frame.copy() for frame in frames]
        for number in range(6, 12):
            client.render(source, number, "deflicker", 30)
    assert all(np.array_equal(frame, copy) for frame, copy in zip(frames, copies, strict=True))
