"""Frames cross unharmed by every route, from every thread, also when an engine dies in between."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator

import grpc
import numpy as np
import numpy.typing as npt
import pytest

from reelmend.rpc.v1 import engine_pb2 as pb
from support.clips import moving_scene, with_flicker
from support.engines import RunningEngine, engine

from .conftest import Probe
from .doubles import Negative, Requests, identical, needed, serving, wanted_frame

Pixels = npt.NDArray[np.float32]
ROUTES = ["shared_memory", "in_stream"]
RADIUS = ["--radius", "30"]


def rgba(frames: Pixels) -> Pixels:
    """(N, 3, H, W) → (N, H, W, 4) with an alpha that nobody may touch."""
    alpha = np.full((len(frames), *frames.shape[2:], 1), 0.25, np.float32)
    return np.concatenate([frames.transpose(0, 2, 3, 1), alpha], axis=-1)


def noise(width: int, height: int, count: int = 3) -> Pixels:
    return np.random.default_rng(width).normal(0.5, 2, (count, height, width, 4)).astype(np.float32)


@pytest.mark.parametrize("route", [*ROUTES, "automatic"])
@pytest.mark.parametrize("size", [(1, 1), (17, 3), (641, 363)])
def test_frames_and_proxies_cross_bit_for_bit(probe: Probe, route: str, size: tuple[int, int]) -> None:
    frames = noise(*size)
    negative = Negative()
    with serving(negative) as double:
        lines = probe.render(double.address, frames, "--route", route, "--repeat", 2)
    assert [line["status"] for line in lines] == ["ok"] * 6, lines
    assert not negative.faults
    for frame in range(3):
        expected = -frames[frame, :, :, :3].transpose(2, 0, 1)
        assert probe.result(frame, expected.shape).tobytes() == expected.tobytes()


def test_a_frame_of_high_definition_crosses_by_both_routes(probe: Probe) -> None:
    frames = noise(1920, 1080, 1)
    negative = Negative()
    with serving(negative) as double:
        for route in ROUTES:
            lines = probe.render(double.address, frames, "--route", route)
            assert lines[0]["status"] == "ok", lines
            assert np.array_equal(probe.result(0, (3, 1080, 1920)), -frames[0, :, :, :3].transpose(2, 0, 1))
    assert not negative.faults


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_loopback_addresses_work(probe: Probe, host: str) -> None:
    bind = host.replace("localhost", "127.0.0.1")
    with serving(Negative(), f"{bind}:0") as double:
        port = double.address.rpartition(":")[2]
        lines = probe.render(f"{host}:{port}", noise(64, 48))
    assert [line["status"] for line in lines] == ["ok"] * 3, lines


def test_all_routes_and_threads_give_the_same_bits(probe: Probe, shared_engine: RunningEngine) -> None:
    frames = rgba(with_flicker(moving_scene(8)))
    results: dict[str, bytes] = {}
    for name, options in {
        "shared memory": ["--route", "shared_memory"],
        "in stream": ["--route", "in_stream"],
        "four threads": ["--threads", "4", "--repeat", "3"],
    }.items():
        lines = probe.render(shared_engine.address, frames, *RADIUS, *options)
        assert {line["status"] for line in lines} == {"ok"}, lines
        results[name] = b"".join(probe.result(frame, (3, 64, 96)).tobytes() for frame in range(8))
    assert results["shared memory"] == results["in stream"] == results["four threads"]


def test_parameters_of_every_type_reach_the_engine(probe: Probe) -> None:
    values = {"strength": "0.5", "radius": "7", "protect": "true", "view": "gäin"}
    options = [word for name, value in values.items() for word in ("--parameter", f"{name}={value}")]
    with serving(identical) as double:
        lines = probe.render(double.address, noise(8, 8), *options, "--model", "deflicker", "--first", 1, "--last", 1)
    assert lines[0]["status"] == "ok"
    assert lines[0]["identical"]
    start = double.starts[0]
    assert [(p.name, getattr(p, p.WhichOneof("value"))) for p in start.parameters] == [
        ("strength", 0.5), ("radius", 7), ("protect", True), ("view", "gäin"),
    ]  # fmt: skip
    assert (start.effect, start.model, start.clips[0].clip) == ("deflicker", "deflicker", "Source")
    assert (start.clips[0].first_frame, start.clips[0].last_frame) == (0, 2)
    assert [frame.frame for frame in start.clips[0].frames] == [0, 1, 2]
    assert (start.outputs[0].output, start.outputs[0].time_frames) == ("result", 1.0)
    assert 0 < start.deadline_ms <= 20000


def refuses_slots(
    start: pb.RenderStart, requests: Requests, context: grpc.ServicerContext
) -> Iterator[pb.RenderResponse]:
    if start.route == pb.PIXEL_ROUTE_SHARED_MEMORY:
        frame = wanted_frame(start, 0)
        frame.slot.CopyFrom(pb.Slot(segment="/reelmend-no-such-segment", size_bytes=1 << 20))
        yield needed(start, frame)
        next(requests)
    else:
        yield from identical(start, requests, context)


def test_pixels_go_in_stream_when_the_segment_cannot_be_opened_and_that_is_remembered(probe: Probe) -> None:
    with serving(refuses_slots) as double:
        lines = probe.render(double.address, noise(8, 8))
    assert [line["status"] for line in lines] == ["ok"] * 3, lines
    routes = [start.route for start in double.starts]
    assert routes == [pb.PIXEL_ROUTE_SHARED_MEMORY, *[pb.PIXEL_ROUTE_IN_STREAM] * 3]


def test_pixels_go_in_stream_when_the_engine_has_no_room_in_shared_memory(probe: Probe) -> None:
    def no_room(
        start: pb.RenderStart, requests: Requests, context: grpc.ServicerContext
    ) -> Iterator[pb.RenderResponse]:
        if start.route == pb.PIXEL_ROUTE_SHARED_MEMORY:
            context.abort(grpc.StatusCode.UNAVAILABLE, "no shared memory for 24883200 bytes")
        yield from identical(start, requests, context)

    with serving(no_room) as double:
        lines = probe.render(double.address, noise(8, 8))
    assert [line["status"] for line in lines] == ["ok"] * 3, lines


def test_shared_memory_by_wish_says_why_it_cannot_be_used(probe: Probe) -> None:
    with serving(refuses_slots) as double:
        line = probe.render(double.address, noise(8, 8, 1), "--route", "shared_memory")[0]
    assert (line["status"], line["code"]) == ("error", 9)
    assert "shares no memory with this program" in line["message"]
    assert "no-such-segment" not in line["message"]


def hang(start: pb.RenderStart, _requests: Requests, context: grpc.ServicerContext) -> Iterator[pb.RenderResponse]:
    """Needs nothing and computes for ever."""
    yield needed(start)
    while context.is_active():
        time.sleep(0.01)


def test_an_abort_resets_the_call_at_once(probe: Probe) -> None:
    with serving(hang) as double:
        line = probe.render(double.address, noise(8, 8, 1), "--abort-after-ms", 200)[0]
        assert double.cancelled.wait(2)
    assert (line["status"], line["code"]) == ("error", 1)
    assert line["elapsed_ms"] < 400
    assert line["longest_silence_ms"] < 100  # 20 where the machine has time; it is shared here


def test_the_deadline_is_kept(probe: Probe) -> None:
    with serving(hang) as double:
        line = probe.render(double.address, noise(8, 8, 1), "--timeout-ms", 300)[0]
        assert double.cancelled.wait(2)
    assert (line["status"], line["code"]) == ("error", 4)
    assert 290 <= line["elapsed_ms"] < 600
    assert "300 ms" in line["message"]


@pytest.mark.parametrize("callback", ["supply", "receive"])
@pytest.mark.parametrize("route", ROUTES)
def test_what_the_host_throws_comes_back_unchanged(probe: Probe, callback: str, route: str) -> None:
    with serving(Negative()) as double:
        lines = probe.render(double.address, noise(64, 64), "--throw", callback, "--route", route)
    assert [line["status"] for line in lines] == ["host failure"] * 3


class Stepper:
    """A probe that renders the next frame when told to."""

    def __init__(self, probe: Probe, arguments: list[str]) -> None:
        self._process = subprocess.Popen(
            [probe.program, *arguments, "--step", "yes"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.process_id = self._process.pid

    def begin(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def end(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def test_the_next_frames_render_after_the_engine_was_killed(probe: Probe) -> None:
    frames = rgba(with_flicker(moving_scene(4)))
    with engine() as first:
        address = first.address
        stepper = Stepper(probe, probe.render_arguments(address, frames, [*RADIUS, "--repeat", "2"]))
        try:
            stepper.begin()
            assert '"ok"' in stepper.end()
            os.kill(first.process.pid, signal.SIGKILL)
            first.process.wait()
            stepper.begin()
            answer = stepper.end()
            assert '"code":14' in answer
            assert address in answer
            with engine(address=address):
                stepper.begin()
                assert '"ok"' in stepper.end()
        finally:
            stepper.close()


@pytest.mark.parametrize("count", [3, 1], ids=["a mask for each frame", "a still"])
@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("size", [(1, 1), (17, 3), (641, 363)])
def test_masks_cross_bit_for_bit_beside_the_frames(probe: Probe, route: str, size: tuple[int, int], count: int) -> None:
    width, height = size
    masks = np.random.default_rng(7).normal(0.5, 2, (count, height, width)).astype(np.float32)
    masks.tofile(probe.folder / "masks.f32")
    negative = Negative()
    with serving(negative) as double:
        lines = probe.render(
            double.address, noise(*size), "--route", route, "--repeat", 2, "--masks", probe.folder / "masks.f32"
        )
    assert [line["status"] for line in lines] == ["ok"] * 6, lines
    assert not negative.faults
    clip = double.starts[0].clips[1]
    assert (clip.clip, clip.first_frame, clip.last_frame) == ("Mask", 0, count - 1)
    assert [frame.frame for frame in clip.frames] == list(range(count))
    assert {frame.format.channels for frame in clip.frames} == {1}
