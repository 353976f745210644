"""What a client says of itself and of its frames, in every kind of sample, and what it does after a fork."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from reelmend.frames import FrameForm, make_proxy, planes_from_interleaved
from reelmend.rpc import convert
from reelmend.rpc.v1 import engine_pb2 as pb
from reelmend.shared_memory import Segment

from .conftest import Probe
from .doubles import Requests, done, identical, needed, output, serving, wanted_frame

SIZE = (48, 32)
FORMS = [FrameForm.FULL, FrameForm.PROXY]


def frames(count: int = 3) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.random.default_rng(3).normal(0.5, 2, (count, SIZE[1], SIZE[0], 4)).astype(np.float32)


class AsksForHalves:
    """Needs the first frame in both forms as halves, and keeps the bytes that came."""

    def __init__(self) -> None:
        self.got: list[bytes] = []

    def __call__(self, start: pb.RenderStart, requests: Requests, _context: object) -> Iterator[pb.RenderResponse]:
        wanted = [wanted_frame(start, 0, form) for form in FORMS]
        segments = []
        for frame in wanted:
            frame.format.sample_type = pb.SAMPLE_TYPE_FLOAT16
            size_bytes = frame.format.width * frame.format.height * 3 * 2
            if start.route == pb.PIXEL_ROUTE_SHARED_MEMORY:
                segments.append(Segment(size_bytes))
                frame.slot.CopyFrom(pb.Slot(segment=segments[-1].name, size_bytes=size_bytes))
        yield needed(start, *wanted)
        for index, frame in enumerate(wanted):
            size_bytes = frame.format.width * frame.format.height * 3 * 2
            got = b""
            while not segments and len(got) < size_bytes:
                got += next(requests).chunk.data
            if segments:
                next(requests)
                got = segments[index].bytes.tobytes()[:size_bytes]
                segments[index].close()
            self.got.append(got)
        yield output(start, identical_to_source=True)
        yield done(start)


@pytest.mark.parametrize("route", ["shared_memory", "in_stream"])
def test_floats_cross_as_the_nearest_halves_where_the_engine_asks_for_them(probe: Probe, route: str) -> None:
    pixels = frames(1)
    asks = AsksForHalves()
    with serving(asks) as double:
        line = probe.render(double.address, pixels, "--route", route)[0]
    assert line["status"] == "ok", line
    planes = planes_from_interleaved(pixels[0])
    assert asks.got == [planes.astype(np.float16).tobytes(), make_proxy(planes).astype(np.float16).tobytes()]
    assert line["supplied_before_waiting"] == 2


class GivesTwo:
    """Gives a picture and a plane of one run, by either route, and lists more in the end than a frame has pixels."""

    def __init__(self, found: list[pb.Detection]) -> None:
        self.found = found
        self.picture = np.random.default_rng(4).random((3, 512, 640), np.float32)
        self.plane = np.random.default_rng(5).random((1, 512, 640), np.float32)
        self.segment: Segment | None = None

    def __call__(self, start: pb.RenderStart, _requests: Requests, _context: object) -> Iterator[pb.RenderResponse]:
        planes = (self.picture, self.plane)
        yield needed(start)
        self.segment = Segment(sum(each.nbytes for each in planes))
        offset_bytes = 0
        for index, (wanted, each) in enumerate(zip(start.outputs, planes, strict=True)):
            form = pb.FrameFormat(width=640, height=512, channels=len(each), sample_type=pb.SAMPLE_TYPE_FLOAT32)
            frame = pb.OutputFrame(request_id=start.request_id, output_index=index, output=wanted.output, format=form)
            if start.route == pb.PIXEL_ROUTE_SHARED_MEMORY:
                frame.slot.CopyFrom(
                    pb.Slot(segment=self.segment.name, offset_bytes=offset_bytes, size_bytes=each.nbytes)
                )
                place = self.segment.bytes[offset_bytes : offset_bytes + each.nbytes]
                place[:] = np.frombuffer(each.tobytes(), np.uint8)
                offset_bytes += each.nbytes
            yield pb.RenderResponse(output=frame)
            if start.route == pb.PIXEL_ROUTE_IN_STREAM:
                for part in convert.chunks_of(each, start.request_id, index):
                    yield pb.RenderResponse(chunk=part)
        ends = pb.RenderDone(request_id=start.request_id, detections=self.found, detection_count=2**32 - 1)
        yield pb.RenderResponse(done=ends)


@pytest.mark.parametrize("route", ["shared_memory", "in_stream"])
def test_outputs_of_one_run_come_together_and_a_list_that_nobody_asked_for_is_stepped_over(
    probe: Probe, route: str
) -> None:
    found = [pb.Detection(kind="blotch", width=9, height=9, area_px=9, runs=range(60)) for _ in range(30000)]
    gives = GivesTwo(found)
    assert 2 << 20 < pb.RenderDone(detections=found).ByteSize() < 4 << 20
    pixels = np.zeros((1, 512, 640, 4), np.float32)
    with serving(gives) as double:
        options = ["--route", route, "--output", "result", "--output", "matte", "--repeat", 3]
        lines = probe.render(double.address, pixels, *options)
        assert gives.segment is not None
        gives.segment.close()
    assert [line["status"] for line in lines] == ["ok"] * 3, lines
    assert probe.result(0, (3, 512, 640)).tobytes() == gives.picture.tobytes()
    assert np.fromfile(probe.folder / "0.matte.f32", np.float32).tobytes() == gives.plane.tobytes()
    (start, *_) = double.starts
    assert [(wanted.output, wanted.time_frames) for wanted in start.outputs] == [("result", 0), ("matte", 0)]
    assert not start.wants_detections


def test_a_frame_that_changes_on_its_way_is_not_rendered(probe: Probe) -> None:
    asks = AsksForHalves()
    with serving(asks) as double:
        line = probe.render(double.address, frames(1), "--changes", "yes")[0]
    assert (line["status"], line["code"]) == ("error", 9)
    assert "frame 0 changed" in line["message"]
    assert len(double.starts) == 1


def test_one_client_has_one_random_name(probe: Probe) -> None:
    with serving(identical) as double:
        for _ in range(2):
            probe.render(double.address, frames(), "--threads", 3, "--repeat", 4)
    names = [start.client_id for start in double.starts]
    assert len(names) == 24
    assert len(set(names)) == 2
    assert all(16 <= len(name) <= 64 for name in names)


def test_a_forked_child_has_a_name_and_connections_of_its_own(probe: Probe) -> None:
    arguments = probe.render_arguments("", frames(), [])[1:]
    with serving(identical) as double:
        arguments[arguments.index("--address") + 1] = double.address
        lines = probe.run("fork", *arguments)
    assert sorted(line["frame"] for line in lines) == [0, 0, 1, 2], lines
    assert [line["status"] for line in lines] == ["ok"] * 4
    calls = {(start.client_id, start.request_id): int(start.outputs[0].time_frames) for start in double.starts}
    parent = double.starts[0].client_id
    # The parent's stream goes on where it was: nothing of the child has touched it.
    assert [calls[parent, number] for number in (1, 2, 3)] == [0, 2, 0]
    (child,) = {name for name, _ in calls} - {parent}
    assert calls[child, 1] == 1
