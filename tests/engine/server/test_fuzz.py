"""Whatever comes off the wire: a status in words, never a defect, and the next client is served as before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import grpc
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reelmend.client import EngineClient
from reelmend.clips import RememberedClip
from reelmend.effects.clip import render_clip
from reelmend.effects.renderer import Renderer
from reelmend.frames import MASK, MATTE, SOURCE, FrameFormat, FrameRef, content_digest
from reelmend.inference.models import ModelStore
from reelmend.rpc import convert
from reelmend.rpc.chunks import chunk_message, chunk_messages, write_message
from reelmend.rpc.v1 import engine_pb2 as pb
from support.clips import ArrayClip
from support.engines import RunningEngine
from support.repair_engine import repair_engine
from support.repair_models import write_repair
from support.window_models import masked_stores

RENDER = "/reelmend.rpc.v1.EngineService/Render"
PLANES = np.random.default_rng(20).random((3, 8, 8), dtype=np.float32)
PROXY = PLANES  # a frame as small as this is its own proxy, but for the last bit
UNSEEN = PLANES + 1  # never sent as a whole, so that the engine always asks for it
A_MASK = PLANES[:1] * 0.5
UNSEEN_MASK = A_MASK + 0.25

HUGE = st.one_of(st.integers(0, 3), st.sampled_from([2**31 - 1, 2**32 - 1]))
HUGE64 = st.one_of(st.integers(0, 3), st.sampled_from([2**32, 2**63 - 1]))

formats = st.builds(
    pb.FrameFormat, width=HUGE, height=HUGE, channels=HUGE, sample_type=st.sampled_from([0, 1, 2, 1000])
)
window_frames = st.builds(
    pb.WindowFrame, frame=st.integers(-(2**63), 2**63 - 1), digest=st.binary(max_size=20), format=formats
)
windows = st.builds(
    pb.ClipWindow,
    clip=st.sampled_from(["Source", "Mask", "Matte", "", "source"]),
    first_frame=st.integers(-(2**63), 2**63 - 1),
    last_frame=st.integers(-(2**63), 2**63 - 1),
    frames=st.lists(window_frames, max_size=4),
)
parameters = st.builds(
    pb.Parameter,
    name=st.sampled_from(["strength", "radius", "other", ""]),
    number=st.floats(allow_nan=True, allow_infinity=True),
)
outputs = st.builds(
    pb.OutputRequest,
    output=st.sampled_from(["result", "gain", "", "matte", "classes"]),
    time_frames=st.floats(allow_nan=True, allow_infinity=True),
)
starts = st.builds(
    pb.RenderStart,
    request_id=HUGE64,
    effect=st.sampled_from(["deflicker", "", "model", "repair", "\x00"]),
    model=st.sampled_from(["", "deflicker", "measured", "kept", "repair", "../../etc/passwd"]),
    parameters=st.lists(parameters, max_size=3),
    clips=st.lists(windows, max_size=3),
    outputs=st.lists(outputs, max_size=3),
    route=st.sampled_from([0, 1, 2, 77]),
    deadline_ms=st.sampled_from([0, 1, 2000, 2**32 - 1]),
    client_id=st.text(max_size=80),
    wants_detections=st.booleans(),
)
chunks = st.builds(chunk_message, HUGE64, HUGE, HUGE64, st.binary(max_size=900).map(memoryview))
in_slots = st.builds(pb.PixelsInSlot, request_id=HUGE64, needed_index=HUGE)


def good_start(planes: np.ndarray = PLANES, **fields: object) -> pb.RenderStart:
    ref = FrameRef(0, content_digest(planes), FrameFormat.of(planes))
    window = pb.ClipWindow(clip="Source", first_frame=0, last_frame=0, frames=[convert.ref_to_message(ref)])
    result = [pb.OutputRequest(output="result", time_frames=0)]
    return pb.RenderStart(request_id=1, effect="deflicker", clips=[window], outputs=result, **fields)


def masked_start(
    planes: np.ndarray = PLANES, mask: np.ndarray = A_MASK, clip: str = MASK, **fields: object
) -> pb.RenderStart:
    """A frame under its mask, brightened by a model that reads one."""
    start = good_start(planes, **fields)
    start.effect, start.model = "model", start.model or "kept"
    ref = FrameRef(0, content_digest(mask), FrameFormat.of(mask))
    start.clips.append(pb.ClipWindow(clip=clip, first_frame=0, last_frame=0, frames=[convert.ref_to_message(ref)]))
    return start


def repair_start(mattes: tuple[str, ...], wanted: tuple[str, ...], **fields: object) -> pb.RenderStart:
    """A frame to be repaired, with clips of one plane beside it."""
    start = masked_start(**fields)  # type: ignore[arg-type]
    start.effect, start.model = "repair", ""
    beside = start.clips.pop()
    for name in mattes:
        start.clips.append(beside)
        start.clips[-1].clip = name
    del start.outputs[:]
    start.outputs.extend(pb.OutputRequest(output=name, time_frames=0) for name in wanted)
    return start


repair_starts = st.builds(
    repair_start,
    mattes=st.sampled_from([(), (MATTE,), (MASK, MATTE), (MATTE, MATTE), (MATTE, SOURCE)]),
    wanted=st.sampled_from([("result",), ("result", "matte", "classes", "overlay"), ("matte", "matte"), ("gain",)]),
    planes=st.sampled_from([PLANES, UNSEEN]),
    mask=st.sampled_from([A_MASK, UNSEEN_MASK, PLANES, A_MASK[:, 1:]]),
    route=st.sampled_from([1, 2]),
    deadline_ms=st.just(2000),
    wants_detections=st.booleans(),
)
masked_starts = st.builds(
    masked_start,
    planes=st.sampled_from([PLANES, UNSEEN]),
    mask=st.sampled_from([A_MASK, UNSEEN_MASK, PLANES, A_MASK[:, 1:]]),
    clip=st.sampled_from([MASK, SOURCE, "Matte", ""]),
    model=st.sampled_from(["kept", "measured", "deflicker"]),
    route=st.sampled_from([1, 2]),
    deadline_ms=st.just(2000),
)
messages = st.one_of(
    st.binary(max_size=200),
    starts.map(lambda start: pb.RenderRequest(start=start).SerializeToString()),
    st.builds(good_start, route=st.sampled_from([1, 2]), deadline_ms=st.just(2000)).map(
        lambda start: pb.RenderRequest(start=start).SerializeToString()
    ),
    chunks,
    in_slots.map(lambda message: pb.RenderRequest(pixels_in_slot=message).SerializeToString()),
    masked_starts.map(lambda start: pb.RenderRequest(start=start).SerializeToString()),
    repair_starts.map(lambda start: pb.RenderRequest(start=start).SerializeToString()),
    st.sampled_from([*chunk_messages(PLANES, 1, 0), *chunk_messages(PROXY, 1, 1)]),
    st.sampled_from([*chunk_messages(A_MASK, 1, 0), *chunk_messages(A_MASK, 1, 1)]),
)


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    folder = tmp_path_factory.mktemp("models")
    masked_stores(folder)
    write_repair(folder)
    with repair_engine(folder, "--memory", "64M", "--max-streams", "8") as running:
        yield running


@pytest.fixture(scope="module")
def channel(fuzzed: RunningEngine) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(fuzzed.address) as opened:
        yield opened


def status_after(channel: grpc.Channel, sent: list[bytes]) -> grpc.StatusCode:
    call = channel.stream_stream(RENDER, request_serializer=write_message, response_deserializer=lambda data: data)
    answers = call(iter(sent), timeout=20)
    with suppress(grpc.RpcError):
        for _ in answers:
            pass
    code = answers.code()
    # A client that goes away in the middle is the only one that is cancelled.
    assert code is not grpc.StatusCode.INTERNAL, answers.details()
    assert code is not grpc.StatusCode.UNKNOWN, answers.details()
    assert "/reelmend-" not in (answers.details() or "")
    return code


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(sent=st.lists(messages, min_size=1, max_size=5))
def test_any_messages_in_any_order_are_answered_in_words(channel: grpc.Channel, sent: list[bytes]) -> None:
    status_after(channel, sent)


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_good_message_with_a_few_bytes_changed_is_answered_in_words(channel: grpc.Channel, data: st.DataObject) -> None:
    good = [pb.RenderRequest(start=good_start(deadline_ms=2000)).SerializeToString()]
    good += [*chunk_messages(PROXY, 1, 0), *chunk_messages(PLANES, 1, 1)]
    which = data.draw(st.integers(0, len(good) - 1))
    spoiled = bytearray(good[which])
    for _ in range(data.draw(st.integers(1, 4))):
        spoiled[data.draw(st.integers(0, len(spoiled) - 1))] = data.draw(st.integers(0, 255))
    good[which] = bytes(spoiled)
    status_after(channel, good)


INVALID, DATA_LOSS = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.DATA_LOSS


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ([b"\xff" * 40], INVALID),
        ([good_start(UNSEEN), b"\x0a\xff"], INVALID),
        ([good_start(UNSEEN), good_start(UNSEEN)], INVALID),
        ([good_start(UNSEEN), pb.PixelsInSlot(request_id=1, needed_index=0)], INVALID),
        ([good_start(UNSEEN, route=2), pb.PixelsInSlot(request_id=1, needed_index=1)], INVALID),
        (
            [good_start(UNSEEN, route=2), pb.PixelsInSlot(request_id=1, needed_index=2**32 - 1)],
            INVALID,
        ),
        ([good_start(UNSEEN), chunk_message(1, 9, 0, memoryview(b"1234"))], INVALID),
        ([good_start(UNSEEN), chunk_message(1, 0, 2**63, memoryview(b"1234"))], DATA_LOSS),
        ([good_start(UNSEEN), *2 * [chunk_message(1, 0, 0, memoryview(bytes(400)))]], DATA_LOSS),
        ([good_start(UNSEEN)], grpc.StatusCode.CANCELLED),
        ([masked_start(clip="Matte")], INVALID),
        ([repair_start((MATTE, MATTE), ("result",))], INVALID),
        ([repair_start((MATTE,), ("result",), mask=PLANES)], INVALID),
        ([repair_start((MASK, MATTE), ("result",), mask=A_MASK[:, 1:])], INVALID),
        ([repair_start((MATTE,), ("matte", "matte"))], INVALID),
        ([repair_start((MATTE,), ("gain",))], grpc.StatusCode.NOT_FOUND),
        ([repair_start(("Reference",), ("result",), mask=PLANES)], INVALID),
        ([masked_start(clip=SOURCE)], INVALID),
        ([masked_start(clip="")], INVALID),
        ([masked_start(mask=PLANES)], INVALID),
        ([masked_start(mask=A_MASK[:, 1:])], INVALID),
        ([masked_start(UNSEEN, UNSEEN_MASK), chunk_message(1, 1, 0, memoryview(b"1234"))], INVALID),
        (
            [masked_start(PLANES, UNSEEN_MASK), *chunk_messages(PLANES, 1, 0), *chunk_messages(A_MASK, 1, 1)],
            DATA_LOSS,
        ),
        ([masked_start(model="deflicker")], grpc.StatusCode.FAILED_PRECONDITION),
    ],
)
def test_known_mischief_has_its_status(channel: grpc.Channel, sent: list[object], code: grpc.StatusCode) -> None:
    wrapped = [
        pb.RenderRequest(start=item).SerializeToString()
        if isinstance(item, pb.RenderStart)
        else pb.RenderRequest(pixels_in_slot=item).SerializeToString()
        if isinstance(item, pb.PixelsInSlot)
        else item
        for item in sent
    ]
    assert status_after(channel, wrapped) is code


def test_after_all_that_the_engine_renders_the_same_bits(fuzzed: RunningEngine, flickering_clip: ArrayClip) -> None:
    renderer = Renderer(ModelStore.default())
    (wanted,) = (planes for _, planes in render_clip(renderer, "deflicker", {}, flickering_clip, [5]))
    with EngineClient(fuzzed.address) as client:
        assert client.render(RememberedClip(flickering_clip), 5, "deflicker", 30).tobytes() == wanted.tobytes()
        assert client.info().streams_open <= 8
    assert fuzzed.process.poll() is None
