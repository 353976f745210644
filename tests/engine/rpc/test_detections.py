"""Detections on the wire: what is sent comes back, a list never grows beyond its room, nonsense is refused in words."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st

from reelmend.detections import Detection, Run
from reelmend.errors import IntegrityError, ShapeError
from reelmend.rpc.detections import MOST_LIST_BYTES, MOST_RUNS_BYTES, from_messages, to_messages
from reelmend.rpc.v1 import engine_pb2 as pb

SIZE = (32768, 32768)


@st.composite
def found(draw: st.DrawFn) -> Detection:
    """A defect of any shape somewhere in a large frame."""
    width, height = draw(st.integers(1, 12)), draw(st.integers(1, 8))
    covered = np.array(draw(st.lists(st.booleans(), min_size=width * height, max_size=width * height)))
    covered[0] = True
    top, left = draw(st.integers(0, 30000)), draw(st.integers(0, 30000))
    runs = runs_of(covered.reshape(height, width), top, left)
    confidence = draw(st.floats(0, 1))
    kind = draw(st.sampled_from(["blotch", "hair", "scratch"]))
    return Detection(kind, left, top, width, height, int(covered.sum()), confidence, runs)


def runs_of(covered: np.ndarray, top: int, left: int) -> tuple[Run, ...]:
    runs: list[Run] = []
    for row, line in enumerate(covered):
        columns = [column for column, is_in in enumerate(line) if is_in]
        for _, group in itertools.groupby(enumerate(columns), lambda pair: pair[1] - pair[0]):
            members = [column for _, column in group]
            runs.append((top + row, left + members[0], len(members)))
    return tuple(runs)


def over_the_wire(detections: list[Detection]) -> pb.RenderDone:
    sent = pb.RenderDone(detections=to_messages(detections), detection_count=len(detections))
    return pb.RenderDone.FromString(sent.SerializeToString())


@given(detections=st.lists(found(), max_size=5))
def test_what_was_found_comes_back_as_it_was(detections: list[Detection]) -> None:
    done = over_the_wire(detections)
    assert from_messages(done.detections, SIZE) == tuple(detections)
    assert done.detection_count == len(detections)


def test_of_more_than_a_list_holds_the_largest_are_listed_in_their_order() -> None:
    # Areas that rise and fall: which are left out is no matter of their place.
    widths = [1 + (index * 7919) % 500 for index in range(50000)]
    detections = [Detection("blotch", 3, 9, width, 2, width, 0.5, ((9, 3, width),)) for width in widths]
    done = over_the_wire(detections)
    listed = from_messages(done.detections, SIZE)
    assert pb.RenderDone(detections=done.detections).ByteSize() <= MOST_LIST_BYTES
    assert 20000 < len(listed) < done.detection_count == 50000
    places = [detections.index(detection) for detection in listed[:50]]
    assert places == sorted(places)
    smallest = min(detection.area_px for detection in listed)
    assert sum(width > smallest for width in widths) <= len(listed)
    assert all(detection.area_px >= smallest for detection in listed)


def test_a_list_that_just_fits_is_whole() -> None:
    one = Detection("scratch", 100, 200, 300, 400, 500, 0.25)
    size = pb.RenderDone(detections=to_messages([one])).ByteSize()
    for count in (MOST_LIST_BYTES // (size + 2), MOST_LIST_BYTES // size + 100):
        listed = over_the_wire([one] * count).detections
        assert pb.RenderDone(detections=listed).ByteSize() <= MOST_LIST_BYTES
        assert (len(listed) == count) is (count * (size + 2) <= MOST_LIST_BYTES)


def test_runs_beyond_their_room_are_left_out_and_the_rest_is_told() -> None:
    covered = np.zeros((400, 400), bool)
    covered[:, ::2] = True
    detection = Detection("blotch", 5, 7, 400, 400, int(covered.sum()), 1.0, runs_of(covered, 7, 5))
    assert pb.Detection(runs=np.ravel(detection.runs).tolist()).ByteSize() > MOST_RUNS_BYTES
    (told,) = from_messages(over_the_wire([detection]).detections, SIZE)
    assert told == Detection("blotch", 5, 7, 400, 400, int(covered.sum()), 1.0)


GOOD: dict[str, Any] = {"kind": "hair", "left": 4, "top": 5, "width": 6, "height": 2, "area_px": 4, "confidence": 0.5}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"width": 0}, "box 0×2"),
        ({"left": 32763}, "6×2 at 32763, 5 reaches beyond the picture"),
        ({"top": 2**32 - 1}, "reaches beyond"),
        ({"area_px": 13}, "13 pixels can't have a box of 6×2"),
        ({"area_px": 0}, "0 pixels"),
        ({"confidence": float("nan")}, "confidence nan"),
        ({"confidence": 1.5}, "confidence 1.5"),
        ({"runs": [0, 0, 4, 1]}, "4 numbers for its runs"),
        ({"runs": [0, 3, 4]}, "not the 4 pixels"),
        ({"runs": [2, 0, 4]}, "not the 4 pixels"),
        ({"runs": [0, 0, 3]}, "not the 4 pixels"),
        ({"runs": [1, 0, 2, 0, 0, 2]}, "not the 4 pixels"),
        ({"runs": [0, 0, 2, 0, 1, 2]}, "not the 4 pixels"),
        ({"runs": [0, 0, 4, 1, 0, 0]}, "not the 4 pixels"),
        ({"runs": [2**32 - 1, 2**32 - 1, 2**32 - 1]}, "not the 4 pixels"),
    ],
)
def test_what_can_not_have_been_found_is_refused_in_words(change: dict[str, object], words: str) -> None:
    assert from_messages([pb.Detection(**GOOD)], SIZE)
    with pytest.raises(IntegrityError, match=words):
        from_messages([pb.Detection(**{**GOOD, **change})], SIZE)


def test_a_detection_of_nothing_is_refused_at_birth() -> None:
    with pytest.raises(ShapeError, match="at least a pixel"):
        Detection("blotch", -1, 0, 3, 3, 4, 0.5)


@settings(max_examples=300)
@given(data=st.data(), detections=st.lists(found(), min_size=1, max_size=3))
def test_a_list_with_bytes_changed_is_read_or_refused_and_stays_in_the_frame(
    data: st.DataObject, detections: list[Detection]
) -> None:
    spoiled = bytearray(pb.RenderDone(detections=to_messages(detections)).SerializeToString())
    for _ in range(data.draw(st.integers(1, 4))):
        spoiled[data.draw(st.integers(0, len(spoiled) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = from_messages(pb.RenderDone.FromString(bytes(spoiled)).detections, SIZE)
    except (IntegrityError, DecodeError):
        return
    for detection in read:
        assert detection.area_px == sum(length for _, _, length in detection.runs) or not detection.runs
        for row, left, length in detection.runs:
            assert detection.top <= row < detection.top + detection.height
            assert detection.left <= left
            assert left + length <= detection.left + detection.width
