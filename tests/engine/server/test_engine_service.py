"""The service over its socket: who answers, what it refuses and in which words."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import grpc
import numpy as np
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from reelmend.client import EngineClient, Route
from reelmend.clips import RememberedClip
from reelmend.errors import BadRequestError, CapacityError, DeadlineError, NotFoundError, ReelmendError
from reelmend.frames import FrameFormat, FrameRef, content_digest
from reelmend.rpc import convert
from reelmend.rpc.v1 import engine_pb2 as pb
from reelmend.rpc.v1 import engine_pb2_grpc as pb_grpc
from support.clips import ArrayClip
from support.engines import RunningEngine, engine

RADIUS = 3


@pytest.fixture
def client(shared_engine: RunningEngine) -> Iterator[EngineClient]:
    with EngineClient(shared_engine.address) as connected:
        yield connected


@pytest.fixture
def channel(shared_engine: RunningEngine) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(shared_engine.address) as opened:
        yield opened


def start_message(planes: np.ndarray, **changes: object) -> pb.RenderStart:
    ref = FrameRef(0, content_digest(planes), FrameFormat.of(planes))
    start = pb.RenderStart(
        request_id=1,
        effect="deflicker",
        clips=[pb.ClipWindow(clip="Source", first_frame=0, last_frame=0, frames=[convert.ref_to_message(ref)])],
        outputs=[pb.OutputRequest(output="result", time_frames=0)],
    )
    for name, value in changes.items():
        setattr(start, name, value)
    return start


def failure_of(channel: grpc.Channel, *requests: pb.RenderRequest) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        list(pb_grpc.EngineServiceStub(channel).Render(iter(requests), timeout=20))
    return caught.value


def test_server_says_who_it_is(client: EngineClient, shared_engine: RunningEngine) -> None:
    info = client.info()
    assert (info.api_version, info.process_id) == (1, shared_engine.process.pid)
    assert info.address == shared_engine.address
    assert info.provider == "CPUExecutionProvider"
    assert info.memory_budget_bytes == 2 << 30


def test_models_are_listed_with_every_parameter(client: EngineClient) -> None:
    model = next(model for model in client.models("deflicker") if model.id == "deflicker")
    parameters = {parameter.name: parameter for parameter in model.parameters}
    assert parameters["radius"].default_value.integer == 30
    assert (parameters["strength"].minimum, parameters["strength"].maximum) == (0, 1)
    assert list(model.outputs) == ["result", "gain", "curve"]
    assert client.models("colourise") == []


def test_health_and_reflection_are_served(channel: grpc.Channel) -> None:
    health = health_pb2_grpc.HealthStub(channel)
    request = health_pb2.HealthCheckRequest(service="reelmend.rpc.v1.EngineService")
    assert health.Check(request).status == health_pb2.HealthCheckResponse.SERVING
    reflection = reflection_pb2_grpc.ServerReflectionStub(channel)
    ask = reflection_pb2.ServerReflectionRequest(list_services="")
    names = [s.name for r in reflection.ServerReflectionInfo(iter([ask])) for s in r.list_services_response.service]
    assert "reelmend.rpc.v1.EngineService" in names


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"effect": "deflikker"}, NotFoundError, "no effect 'deflikker'; there is deflicker"),
        ({"parameters": {"strenght": 1.0}}, BadRequestError, "no parameter 'strenght'; it has .*radius.*strength"),
        (
            {"parameters": {"strength": 1.5}},
            BadRequestError,
            "parameter 'strength' can't be 1.5; give a number from 0 to 1",
        ),
        (
            {"parameters": {"radius": "wide"}},
            BadRequestError,
            "parameter 'radius' can't be 'wide'; give a whole number",
        ),
        ({"output": "matte"}, NotFoundError, "no output 'matte'"),
        ({"model": "nothing"}, NotFoundError, "no model 'nothing'; there is deflicker"),
        ({"frame": 99}, BadRequestError, "frame 99 lies outside the clip"),
    ],
)
def test_wrong_request_is_refused_in_words(
    client: EngineClient, flickering_clip: ArrayClip, asked: dict, error: type[ReelmendError], words: str
) -> None:
    arguments = {"frame": 5, "effect": "deflicker", "radius_frames": 30} | asked
    with pytest.raises(error, match=words):
        client.render(RememberedClip(flickering_clip), **arguments)


@pytest.mark.parametrize("route", Route)
def test_pixels_cross_once_whatever_the_window(
    client: EngineClient, shared_engine: RunningEngine, route: Route
) -> None:
    rng = np.random.default_rng(40 + route)
    frames = rng.random((12, 3, 40, 50), dtype=np.float32)
    clip = RememberedClip(ArrayClip(frames))
    before = client.info().bytes_received
    with EngineClient(shared_engine.address, route) as routed:
        for frame in range(12):
            routed.render(clip, frame, "deflicker", RADIUS, {"radius": RADIUS})
    crossed = client.info().bytes_received - before
    # Each frame whole, and once as its proxy, which for so small a frame is as large.
    assert crossed == 2 * frames.nbytes
    with EngineClient(shared_engine.address, route) as again:
        again.render(clip, 5, "deflicker", RADIUS, {"radius": RADIUS})
    assert client.info().bytes_received - before == crossed


def test_pixels_that_are_not_what_the_digest_names_are_data_loss(channel: grpc.Channel) -> None:
    planes = np.random.default_rng(3).random((3, 8, 8), dtype=np.float32)
    other = planes + 1
    requests = [pb.RenderRequest(start=start_message(planes))]
    requests += [pb.RenderRequest(chunk=c) for i in (0, 1) for c in convert.chunks_of(other, 1, i)]
    error = failure_of(channel, *requests)
    assert error.code() is grpc.StatusCode.DATA_LOSS
    assert "not those that its digest names" in error.details()


def test_pixels_before_a_start_are_refused(channel: grpc.Channel) -> None:
    error = failure_of(channel, pb.RenderRequest(chunk=pb.PixelChunk(data=b"1234")))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "RenderStart must come first" in error.details()


def shift(chunk: pb.PixelChunk) -> None:
    chunk.offset_bytes = 4


def stray(chunk: pb.PixelChunk) -> None:
    chunk.index = 7


def empty(chunk: pb.PixelChunk) -> None:
    chunk.data = b""


@pytest.mark.parametrize("spoil", [shift, stray, empty])
def test_chunk_that_is_not_the_next_one_is_refused(
    channel: grpc.Channel, spoil: Callable[[pb.PixelChunk], None]
) -> None:
    planes = np.random.default_rng(4).random((3, 8, 8), dtype=np.float32)
    chunk = next(iter(convert.chunks_of(planes, 1, 0)))
    spoil(chunk)
    error = failure_of(channel, pb.RenderRequest(start=start_message(planes)), pb.RenderRequest(chunk=chunk))
    assert error.code() in (grpc.StatusCode.DATA_LOSS, grpc.StatusCode.INVALID_ARGUMENT)


def test_stream_that_ends_before_the_pixels_came_is_cancelled(channel: grpc.Channel) -> None:
    planes = np.random.default_rng(5).random((3, 8, 8), dtype=np.float32)
    error = failure_of(channel, pb.RenderRequest(start=start_message(planes)))
    assert error.code() is grpc.StatusCode.CANCELLED


def test_zero_size_frame_and_short_digest_are_refused(channel: grpc.Channel) -> None:
    start = start_message(np.ones((3, 8, 8), np.float32))
    start.clips[0].frames[0].format.width = 0
    assert "each side must be 1 to 32768" in failure_of(channel, pb.RenderRequest(start=start)).details()
    start = start_message(np.ones((3, 8, 8), np.float32))
    start.clips[0].frames[0].digest = b"short"
    assert "a digest of 5 bytes" in failure_of(channel, pb.RenderRequest(start=start)).details()


def test_deadline_is_honoured_between_steps(shared_engine: RunningEngine) -> None:
    frames = np.random.default_rng(6).random((3, 3, 64, 64), dtype=np.float32)
    clip = RememberedClip(ArrayClip(frames))
    with (
        EngineClient(shared_engine.address, timeout_s=0.001) as hasty,
        pytest.raises(DeadlineError, match="not ready within 1 ms; raise the timeout"),
    ):
        hasty.render(clip, 1, "deflicker", 30)


def test_window_beyond_the_memory_budget_is_refused_with_a_remedy(flickering_clip: ArrayClip) -> None:
    frames = np.random.default_rng(7).random((1, 3, 1200, 1600), dtype=np.float32)
    with engine("--memory", "16M") as small, EngineClient(small.address) as client:
        with pytest.raises(CapacityError, match="start it with more --memory"):
            client.render(RememberedClip(ArrayClip(frames)), 0, "deflicker", 30)
        # and the engine lives on
        assert client.render(RememberedClip(flickering_clip), 3, "deflicker", 30).shape == (3, 64, 96)


def test_strength_zero_moves_no_pixel_at_all(client: EngineClient) -> None:
    frames = np.random.default_rng(8).random((3, 3, 30, 30), dtype=np.float32)
    before = client.info().bytes_received
    result = client.render(RememberedClip(ArrayClip(frames)), 1, "deflicker", 30, {"strength": 0.0})
    assert (result == frames[1]).all()
    assert client.info().bytes_received == before


@pytest.mark.parametrize("time_frames", [float("nan"), float("inf"), 0.5, 1e300])
def test_output_time_that_is_no_frame_is_refused(channel: grpc.Channel, time_frames: float) -> None:
    start = start_message(np.ones((3, 8, 8), np.float32))
    start.outputs[0].time_frames = time_frames
    error = failure_of(channel, pb.RenderRequest(start=start))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "one whole frame number" in error.details()


def test_frames_of_one_plane_are_refused(channel: grpc.Channel) -> None:
    error = failure_of(channel, pb.RenderRequest(start=start_message(np.ones((1, 8, 8), np.float32))))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "takes R, G and B planes" in error.details()


def test_client_that_sends_no_pixels_is_dropped_at_its_deadline(channel: grpc.Channel) -> None:
    start = start_message(np.random.default_rng(12).random((3, 8, 8), dtype=np.float32), deadline_ms=300)
    silence = threading.Event()

    def requests() -> Iterator[pb.RenderRequest]:
        yield pb.RenderRequest(start=start)
        silence.wait(20)

    started = time.monotonic()
    with pytest.raises(grpc.RpcError):
        list(pb_grpc.EngineServiceStub(channel).Render(requests(), timeout=15))
    silence.set()
    assert time.monotonic() - started < 5
