"""Whatever the peer does, a render ends in time with an error in words."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import numpy as np
import pytest

from reelmend.frames import FrameForm
from reelmend.rpc.v1 import engine_pb2 as pb

from .conftest import Probe
from .doubles import Requests, chunk, done, identical, needed, output, raw_peer, serving, wanted_frame

SIZE_BYTES = 48 * 32 * 3 * 4
FRAMES = np.zeros((3, 32, 48, 4), np.float32)
ONE_FRAME = ["--first", 1, "--last", 1]
SETTINGS_ACK = bytes.fromhex("000000040100000000")
PREFACE_SETTINGS = bytes.fromhex("000000040000000000")


def rendered(probe: Probe, address: str, *options: object) -> dict[str, Any]:
    line = probe.render(address, FRAMES, *ONE_FRAME, *options)[0]
    assert line["status"] == "error", line
    assert "\n" not in line["message"]
    assert address in line["message"], line
    return line


@pytest.mark.parametrize(
    ("status", "code", "attempts"),
    [
        (grpc.StatusCode.INVALID_ARGUMENT, 3, 1),
        (grpc.StatusCode.NOT_FOUND, 5, 1),
        (grpc.StatusCode.DEADLINE_EXCEEDED, 4, 1),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, 8, 1),
        (grpc.StatusCode.FAILED_PRECONDITION, 9, 1),
        (grpc.StatusCode.INTERNAL, 13, 1),
        (grpc.StatusCode.PERMISSION_DENIED, 2, 1),
        (grpc.StatusCode.DATA_LOSS, 15, 2),
        (grpc.StatusCode.UNAVAILABLE, 14, 2),
    ],
)
@pytest.mark.parametrize("early", [True, False])
def test_a_status_arrives_with_its_words(
    probe: Probe, status: grpc.StatusCode, code: int, attempts: int, early: bool
) -> None:
    def abort(start: pb.RenderStart, _requests: Requests, context: grpc.ServicerContext) -> Iterator[pb.RenderResponse]:
        if not early:
            yield needed(start)
        context.abort(status, "no 100 % »grain«\nhere")

    with serving(abort) as double:
        line = rendered(probe, double.address)
    assert line["code"] == code
    assert "no 100 % »grain« here" in line["message"]
    assert len(double.starts) == attempts


def test_pixels_that_got_lost_once_are_sent_again(probe: Probe) -> None:
    def once(start: pb.RenderStart, requests: Requests, context: grpc.ServicerContext) -> Iterator[pb.RenderResponse]:
        if len(double.starts) == 1:
            context.abort(grpc.StatusCode.DATA_LOSS, "a bit flipped")
        yield from identical(start, requests, context)

    with serving(once) as double:
        assert probe.render(double.address, FRAMES, *ONE_FRAME)[0]["status"] == "ok"


@pytest.mark.parametrize(("version", "update"), [(2, "plug-in"), (0, "engine")])
def test_another_version_of_the_contract_is_refused(probe: Probe, version: int, update: str) -> None:
    with serving(identical, api_version=version) as double:
        line = rendered(probe, double.address)
    assert line["code"] == 9
    assert f"engine 9.9.9 at {double.address} speaks API {version}, this plug-in speaks 1" in line["message"]
    assert line["message"].endswith(f"update the {update}")


def slot(offset_bytes: int = 0, size_bytes: int = SIZE_BYTES) -> pb.Slot:
    from reelmend.shared_memory import Segment

    segment = Segment(SIZE_BYTES)
    _kept.append(segment)
    return pb.Slot(segment=segment.name, offset_bytes=offset_bytes, size_bytes=size_bytes)


_kept: list[Any] = []


@pytest.fixture(autouse=True)
def _close_segments() -> Iterator[None]:
    yield
    while _kept:
        _kept.pop().close()


def need(start: pb.RenderStart, **changes: Any) -> pb.RenderResponse:
    frame = wanted_frame(start, 0)
    frame.MergeFrom(pb.NeededFrame(**changes))
    return needed(start, frame)


def other(message: pb.RenderResponse, request_id: int) -> pb.RenderResponse:
    getattr(message, message.WhichOneof("message")).request_id = request_id
    return message


NO_SIZE = pb.FrameFormat(sample_type=pb.SAMPLE_TYPE_FLOAT32)

BROKEN: dict[str, Callable[[pb.RenderStart], list[pb.RenderResponse]]] = {
    "empty answer": lambda start: [pb.RenderResponse()],
    "another request": lambda start: [other(needed(start), 77)],
    "done first": lambda start: [done(start)],
    "output first": lambda start: [output(start, identical_to_source=True)],
    "done before the output": lambda start: [needed(start), done(start)],
    "a frame outside the window": lambda start: [need(start, frame=99)],
    "another clip": lambda start: [need(start, clip="Mask")],
    "an unknown form": lambda start: [need(start, form=7)],
    "samples of an unknown type": lambda start: [need(start, format=pb.FrameFormat(sample_type=7))],  # type: ignore[arg-type]
    "a result in halves": lambda start: [
        needed(start), output(start, format=pb.FrameFormat(sample_type=pb.SAMPLE_TYPE_FLOAT16)),
    ],
    "a frame of another size": lambda start: [need(start, format=pb.FrameFormat(width=4000))],
    "a proxy of another size": lambda start: [
        needed(start, wanted_frame(start, 0, FrameForm.PROXY), pb.NeededFrame(clip="Source", form=pb.FRAME_FORM_PROXY))
    ],
    "a frame twice": lambda start: [needed(start, wanted_frame(start, 0), wanted_frame(start, 0))],
    "more frames than the window": lambda start: [needed(start, *[wanted_frame(start, 0)] * 7)],
    "a slot too small": lambda start: [need(start, slot=slot(size_bytes=SIZE_BYTES - 1))],
    "a slot outside the segment": lambda start: [need(start, slot=slot(offset_bytes=1 << 20))],
    "a slot that wraps around": lambda start: [need(start, slot=slot(offset_bytes=2**64 - 4))],
    "a slot off its alignment": lambda start: [need(start, slot=slot(offset_bytes=2, size_bytes=SIZE_BYTES - 2))],
    "another output": lambda start: [needed(start), output(start, output="matte", identical_to_source=True)],
    "the second output": lambda start: [needed(start), output(start, output_index=1, identical_to_source=True)],
    "a result of no size": lambda start: [
        needed(start),
        pb.RenderResponse(output=pb.OutputFrame(request_id=1, output="result", format=NO_SIZE)),
    ],
    "a result without a format": lambda start: [
        needed(start), pb.RenderResponse(output=pb.OutputFrame(request_id=start.request_id, output="result")),
    ],
    "a gigantic result": lambda start: [needed(start), output(start, format=pb.FrameFormat(width=2**31, height=2**31))],
    "a result of two channels": lambda start: [needed(start), output(start, format=pb.FrameFormat(channels=2))],
    "a chunk of another index": lambda start: [needed(start), output(start), chunk(start, 0, bytes(8), index=1)],
    "a chunk with a gap": lambda start: [needed(start), output(start), chunk(start, 4, bytes(8))],
    "an empty chunk": lambda start: [needed(start), output(start), chunk(start, 0, b"")],
    "a chunk past the end": lambda start: [needed(start), output(start), chunk(start, 0, bytes(SIZE_BYTES + 4))],
    "a huge message": lambda start: [needed(start), output(start), chunk(start, 0, bytes(5 << 20))],
    "a chunk in place of the list": lambda start: [chunk(start, 0, bytes(8))],
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_answers_against_the_contract_are_refused(probe: Probe, name: str) -> None:
    def answer(start: pb.RenderStart, requests: Requests, _context: object) -> Iterator[pb.RenderResponse]:
        yield from BROKEN[name](start)
        next(requests, None)

    route = "shared_memory" if "slot" in name else "in_stream"
    with serving(answer) as double:
        line = rendered(probe, double.address, "--route", route)
    assert line["code"] == 13, line
    assert "protocol" in line["message"]
    assert line["elapsed_ms"] < 3000
    assert len(double.starts) == 1


BROKEN_SECOND: dict[str, Callable[[pb.RenderStart], list[pb.RenderResponse]]] = {
    "done in its place": lambda start: [done(start)],
    "the first output again": lambda start: [output(start, identical_to_source=True)],
    "the first output's index": lambda start: [output(start, output="matte", identical_to_source=True)],
    "another output": lambda start: [output(start, output="gain", output_index=1, identical_to_source=True)],
    "the third output": lambda start: [output(start, output="matte", output_index=2, identical_to_source=True)],
    "chunks of the first output": lambda start: [
        output(start, output="matte", output_index=1), chunk(start, 0, bytes(64)),
    ],
    "a gigantic plane": lambda start: [
        output(start, output="matte", output_index=1, format=pb.FrameFormat(width=2**31, height=2**31)),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN_SECOND)
def test_second_outputs_against_the_contract_are_refused_and_none_is_handed_over(probe: Probe, name: str) -> None:
    def answer(start: pb.RenderStart, requests: Requests, _context: object) -> Iterator[pb.RenderResponse]:
        yield needed(start)
        yield output(start, identical_to_source=True)
        yield from BROKEN_SECOND[name](start)
        next(requests, None)

    with serving(answer) as double:
        line = rendered(probe, double.address, "--route", "in_stream", "--output", "result", "--output", "matte")
    assert (line["status"], line["code"]) == ("error", 13), line
    assert "protocol" in line["message"]
    assert "identical" not in line
    assert line["elapsed_ms"] < 3000


def test_a_second_output_that_is_lost_on_its_way_is_made_once_more(probe: Probe) -> None:
    def answer(start: pb.RenderStart, _requests: Requests, context: object) -> Iterator[pb.RenderResponse]:
        yield needed(start)
        yield output(start, identical_to_source=True)
        if len(double.starts) == 1:
            context.abort(grpc.StatusCode.UNAVAILABLE, "stopping")  # type: ignore[attr-defined]
        yield output(start, output="matte", output_index=1, identical_to_source=True)
        yield done(start)

    with serving(answer) as double:
        (line,) = probe.render(double.address, FRAMES, *ONE_FRAME, "--output", "result", "--output", "matte")
    assert line["status"] == "ok", line
    assert len(double.starts) == 2


def test_a_slot_that_was_not_asked_for_is_refused(probe: Probe) -> None:
    def answer(start: pb.RenderStart, requests: Requests, _context: object) -> Iterator[pb.RenderResponse]:
        yield need(start, slot=slot())
        next(requests, None)

    with serving(answer) as double:
        assert "slot that nobody asked for" in rendered(probe, double.address, "--route", "in_stream")["message"]


def test_a_stream_that_ends_early_is_tried_once_more(probe: Probe) -> None:
    def answer(start: pb.RenderStart, _requests: Requests, context: object) -> Iterator[pb.RenderResponse]:
        yield needed(start)
        yield output(start)
        yield chunk(start, 0, bytes(1024))
        context.abort(grpc.StatusCode.UNAVAILABLE, "stopping")  # type: ignore[attr-defined]

    with serving(answer) as double:
        line = rendered(probe, double.address)
    assert line["code"] == 14
    assert len(double.starts) == 2


BIG = np.zeros((1, 1080, 1920, 4), np.float32)


def test_an_abort_ends_an_upload_that_nobody_reads(probe: Probe) -> None:
    def deaf(start: pb.RenderStart, _requests: Requests, context: grpc.ServicerContext) -> Iterator[pb.RenderResponse]:
        yield needed(start, wanted_frame(start, 0))
        while context.is_active():
            time.sleep(0.01)

    with serving(deaf) as double:
        line = probe.render(double.address, BIG, "--route", "in_stream", "--abort-after-ms", 400)[0]
        assert double.cancelled.wait(2)
    assert line["code"] == 1
    assert line["supplied"] == [[0, "full"]]
    assert line["elapsed_ms"] < 800


def test_a_refusal_in_the_middle_of_an_upload_arrives(probe: Probe) -> None:
    def refuse(start: pb.RenderStart, requests: Requests, context: grpc.ServicerContext) -> Iterator[pb.RenderResponse]:
        yield needed(start, wanted_frame(start, 0))
        next(requests)
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, "too much film")

    with serving(refuse) as double:
        line = probe.render(double.address, BIG, "--route", "in_stream")[0]
    assert (line["code"], len(double.starts)) == (3, 1)
    assert "too much film" in line["message"]


def closes(connection: socket.socket) -> None:
    connection.recv(4096)


def says(data: bytes) -> Callable[[socket.socket], None]:
    def talk(connection: socket.socket) -> None:
        connection.sendall(data)
        connection.settimeout(3)
        while connection.recv(65536):
            pass

    return talk


RAW: dict[str, Callable[[socket.socket], None]] = {
    "HTTP/1": says(b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n"),
    "zeros": says(bytes(1 << 16)),
    "0xff": says(b"\xff" * (1 << 16)),
    "letters": says(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n" * 100),
    "settings, then letters": says(PREFACE_SETTINGS + b"nonsense" * 1000),
    "settings, then a push": says(
        PREFACE_SETTINGS + SETTINGS_ACK + bytes.fromhex("00000905040000000100000002") + b"\x82" * 5
    ),
    "settings, then DATA before headers": says(PREFACE_SETTINGS + bytes.fromhex("00000400000000000141424344")),
    "settings, then GOAWAY": says(PREFACE_SETTINGS + bytes.fromhex("0000080700000000000000000000000002")),
    "settings, then RST_STREAM": says(PREFACE_SETTINGS + bytes.fromhex("00000403000000000100000002")),
    "closed at once": closes,
}  # fmt: skip


@pytest.mark.parametrize("name", RAW)
def test_a_peer_that_is_no_engine_is_told_apart(probe: Probe, name: str) -> None:
    with raw_peer(RAW[name]) as address:
        line = rendered(probe, address, "--timeout-ms", 6000)
    assert line["code"] in (13, 14), line
    assert line["elapsed_ms"] < 5000


def test_a_peer_that_says_nothing_is_given_up_at_the_deadline(probe: Probe) -> None:
    with raw_peer(says(b"")) as address:
        line = rendered(probe, address, "--timeout-ms", 300)
    assert line["code"] == 4


def test_a_web_server_is_named_by_its_status(probe: Probe) -> None:
    # HEADERS of stream 1 with :status 404 (static table 13) and END_STREAM.
    answer = PREFACE_SETTINGS + bytes.fromhex("0000010105000000018d")
    with raw_peer(says(answer)) as address:
        line = rendered(probe, address)
    assert "HTTP status 404" in line["message"]


def test_random_bytes_never_crash_and_never_hang(probe: Probe) -> None:
    seeds = iter(range(10**6))

    def talk(connection: socket.socket) -> None:
        rng = random.Random(next(seeds))
        connection.sendall(PREFACE_SETTINGS)
        for _ in range(rng.randrange(1, 20)):
            kind, flags = rng.randrange(0, 11), rng.choice([0, 1, 4, 5, rng.randrange(256)])
            body = rng.randbytes(rng.randrange(0, 200))
            stream = rng.choice([0, 1, 1, 1, 3, 2])
            connection.sendall(len(body).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + body)
        time.sleep(0.01)

    with raw_peer(talk) as address:
        lines = probe.render(address, FRAMES, "--repeat", 60, "--timeout-ms", 500)
    assert len(lines) == 180
    assert {line["status"] for line in lines} == {"error"}
    assert max(line["elapsed_ms"] for line in lines) < 1500


@pytest.mark.parametrize(
    "address",
    ["example.com:50051", "0.0.0.0:50051", "10.0.0.1:1", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:x",
     "unix:relative.sock", "unix:", "localhost:", "unix:/" + "x" * 108, "[::2]:4", "tcp:127.0.0.1:5"],
)  # fmt: skip
def test_addresses_elsewhere_and_nonsense_are_refused(probe: Probe, address: str) -> None:
    line = rendered(probe, address)
    assert line["code"] == 3
    assert "use unix:/path, 127.0.0.1:port, localhost:port or [::1]:port" in line["message"]


def test_nobody_there_says_how_to_start_one(probe: Probe) -> None:
    line = rendered(probe, f"unix:{probe.folder}/none.sock")
    assert line["code"] == 14
    assert "reelmend serve --address" in line["message"]


def anything(random: random.Random, start: pb.RenderStart) -> pb.RenderResponse:
    """A message that the contract has, with fields from a hat."""
    number = lambda: random.choice([0, 1, 2, 3, 32, 48, 1000, 2**31, 2**32 - 1])  # noqa: E731
    form = pb.FrameFormat(width=number(), height=number(), channels=number())
    form.sample_type = random.choice([0, 1, 2, 3, 77])  # type: ignore[assignment]
    if random.random() < 0.5:
        form = pb.FrameFormat(width=48, height=32, channels=3, sample_type=random.choice([1, 2]))  # type: ignore[arg-type]
    place = pb.Slot(
        segment=random.choice(["", "/", "/no-such", "x", "/a/b"]), offset_bytes=number(), size_bytes=number()
    )
    request_id = random.choice([start.request_id, start.request_id, number()])
    kind = random.randrange(5)
    if kind == 0:
        frame = pb.NeededFrame(clip=random.choice(["Source", "Mask", ""]), frame=random.choice([1, 1, 99]), format=form)
        frame.form = random.choice([0, 1, 2, 7])  # type: ignore[assignment]
        if random.random() < 0.3:
            frame.slot.CopyFrom(place)
        return pb.RenderResponse(needed=pb.FramesNeeded(request_id=request_id, frames=[frame] * random.randrange(3)))
    if kind == 1:
        frame_out = pb.OutputFrame(request_id=request_id, output=random.choice(["result", "matte"]), format=form)
        frame_out.identical_to_source = random.random() < 0.2
        frame_out.output_index = random.choice([0, 0, 0, 1, 2])
        if random.random() < 0.3:
            frame_out.slot.CopyFrom(place)
        return pb.RenderResponse(output=frame_out)
    if kind == 2:
        return chunk(start, random.choice([0, 0, number()]), bytes(random.choice([0, 4, 1000, SIZE_BYTES])))
    return with_findings(random, start) if kind == 3 else needed(start)


def with_findings(random: random.Random, start: pb.RenderStart) -> pb.RenderResponse:
    message = done(start)
    for _ in range(random.choice([0, 0, 1, 500])):
        message.done.detections.add(kind="x" * random.randrange(9), area_px=2**32 - 1, runs=[7] * random.randrange(99))
    message.done.detection_count = random.choice([0, 1, 2**32 - 1])
    return message


def test_messages_in_any_order_with_any_fields_end_in_a_result_or_in_words(probe: Probe) -> None:
    draws = random.Random(8)

    def answer(
        start: pb.RenderStart, _requests: Requests, context: grpc.ServicerContext
    ) -> Iterator[pb.RenderResponse]:
        for _ in range(draws.randrange(1, 6)):
            yield anything(draws, start)
        if draws.random() < 0.5:
            context.set_trailing_metadata((("grpc-retry-pushback-ms", draws.choice(["0", "1", "-5", "x" * 5000])),))
            context.abort(draws.choice([grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.INTERNAL]), "enough")

    with serving(answer) as double:
        for route, outputs in (("shared_memory", ()), ("in_stream", ()), ("in_stream", ("result", "matte"))):
            wanted = [word for output in outputs for word in ("--output", output)]
            options = [*ONE_FRAME, "--repeat", 60, "--timeout-ms", 500, "--route", route, *wanted]
            lines = probe.render(double.address, FRAMES, *options)
            assert len(lines) == 60
            for line in lines:
                assert line["status"] == "ok" or "\n" not in line["message"], line
                assert line["elapsed_ms"] < 3000
                assert "no-such" not in line.get("message", "")
    assert len(double.starts) >= 100


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"clip": "Matte"}, "of 'Matte', which is not in the window"),
        ({"clip": ""}, "of '', which is not in the window"),
        ({"frame": 2}, "frame 2 of 'Mask', which is not in the window"),
        ({"format": pb.FrameFormat(width=48, height=32, channels=3, sample_type=1)}, "which is not 48×32×1"),
        ({"clip": "Source"}, "as 48×32×1, which is not 48×32×3"),
    ],
)
def test_masks_that_nobody_announced_are_not_sent(probe: Probe, change: dict[str, Any], words: str) -> None:
    np.zeros((1, 32, 48), np.float32).tofile(probe.folder / "masks.f32")

    def answer(start: pb.RenderStart, _requests: Requests, _context: object) -> Iterator[pb.RenderResponse]:
        frame = wanted_frame(start, 0, clip=1)
        frame.MergeFrom(pb.NeededFrame(**change))
        if change.get("clip") == "":
            frame.ClearField("clip")
        yield needed(start, frame)

    with serving(answer) as double:
        line = rendered(probe, double.address, "--masks", probe.folder / "masks.f32")
    assert words in line["message"]


def test_a_mask_that_is_asked_for_twice_is_refused(probe: Probe) -> None:
    np.zeros((1, 32, 48), np.float32).tofile(probe.folder / "masks.f32")

    def answer(start: pb.RenderStart, _requests: Requests, _context: object) -> Iterator[pb.RenderResponse]:
        yield needed(start, *2 * [wanted_frame(start, 0, clip=1)])

    with serving(answer) as double:
        line = rendered(probe, double.address, "--masks", probe.folder / "masks.f32")
    assert "asked for frame 0 twice" in line["message"]
