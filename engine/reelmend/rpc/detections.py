"""Detections on the wire: as many as fit, the largest first, and how many there are in all."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from reelmend.detections import Detection, Run
from reelmend.errors import IntegrityError, ShapeError
from reelmend.rpc.v1 import engine_pb2 as pb

MOST_LIST_BYTES = 1 << 20
MOST_RUNS_BYTES = 64 << 10
_MOST_NUMBER_BYTES = 5
_FIELD_BYTES = 4
"""What a list takes for each message beside the message: its field's number and its length."""


def to_messages(detections: Sequence[Detection]) -> list[pb.Detection]:
    """Return the messages of as many detections as fit into 1 MiB, in their order; those left out are the smallest.

    Runs of more than 64 KiB are left out of their detection.
    """
    messages = [
        _to_message(detection, numbers)
        for detection, numbers in zip(detections, _runs_from_boxes(detections), strict=True)
    ]
    sizes = [message.ByteSize() + _FIELD_BYTES for message in messages]
    if sum(sizes) <= MOST_LIST_BYTES:
        return messages
    by_area = sorted(range(len(messages)), key=lambda index: -messages[index].area_px)
    listed = int(np.searchsorted(np.cumsum([sizes[index] for index in by_area]), MOST_LIST_BYTES, side="right"))
    return [messages[index] for index in sorted(by_area[:listed])]


def from_messages(messages: Sequence[pb.Detection], size: tuple[int, int]) -> tuple[Detection, ...]:
    """Return the detections of a list; `size` is the picture's height and width.

    Raises IntegrityError for one that can't be, or that reaches beyond the picture.
    """
    try:
        for message in messages:
            _refuse_beyond(message, size)
        runs = _runs_in_picture(messages)
        return tuple(_from_message(message, own) for message, own in zip(messages, runs, strict=True))
    except ShapeError as error:
        raise IntegrityError(f"the engine found what can't be: {error}; is it of this version?") from None


def _runs_from_boxes(detections: Sequence[Detection]) -> Iterator[list[int]]:
    """Yield the numbers that tell each detection's runs."""
    counts = [len(detection.runs) for detection in detections]
    runs = np.array([run for detection in detections for run in detection.runs], np.int64).reshape(-1, 3)
    corners = np.array([(detection.top, detection.left, 0) for detection in detections], np.int64).reshape(-1, 3)
    numbers = (runs - np.repeat(corners, counts, axis=0)).ravel().tolist()
    end = 0
    for count in counts:
        first, end = end, end + 3 * count
        yield numbers[first:end]


def _to_message(detection: Detection, runs: list[int]) -> pb.Detection:
    if len(runs) > MOST_RUNS_BYTES // _MOST_NUMBER_BYTES and pb.Detection(runs=runs).ByteSize() > MOST_RUNS_BYTES:
        runs = []
    return pb.Detection(
        kind=detection.kind,
        left=detection.left,
        top=detection.top,
        width=detection.width,
        height=detection.height,
        area_px=detection.area_px,
        confidence=detection.confidence,
        runs=runs,
    )


def _from_message(message: pb.Detection, runs: tuple[Run, ...]) -> Detection:
    return Detection(
        kind=message.kind,
        left=message.left,
        top=message.top,
        width=message.width,
        height=message.height,
        area_px=message.area_px,
        confidence=message.confidence,
        runs=runs,
    )


def _refuse_beyond(message: pb.Detection, size: tuple[int, int]) -> None:
    height, width = size
    if message.left + message.width > width or message.top + message.height > height:
        raise ShapeError(
            f"a {message.kind} of {message.width}×{message.height} at {message.left}, {message.top} reaches beyond "
            f"the picture, which has {width}×{height} pixels"
        )


def _runs_in_picture(messages: Sequence[pb.Detection]) -> Iterator[tuple[Run, ...]]:
    """Yield each message's runs in the picture's pixels. Raises ShapeError unless they are its area's, each once."""
    numbers: list[int] = []
    counts = []
    for message in messages:
        if len(message.runs) % 3:
            raise ShapeError(f"a {message.kind} has {len(message.runs)} numbers for its runs; each run has three")
        numbers.extend(message.runs)
        counts.append(len(message.runs) // 3)
    runs = np.array(numbers, np.int64).reshape(-1, 3)
    owners = np.repeat(np.arange(len(messages)), counts)
    boxes = np.array([(box.top, box.left, box.height, box.width) for box in messages], np.int64).reshape(-1, 4)
    _refuse_other_pixels(messages, runs, owners, boxes)
    runs[:, :2] += boxes[owners, :2]
    rows, lefts, lengths = runs.T.tolist()
    told = zip(rows, lefts, lengths, strict=True)
    for count in counts:
        yield tuple(itertools.islice(told, count))


def _refuse_other_pixels(
    messages: Sequence[pb.Detection],
    runs: npt.NDArray[np.int64],
    owners: npt.NDArray[np.intp],
    boxes: npt.NDArray[np.int64],
) -> None:
    rows, lefts, lengths = runs.T
    _, _, heights, widths = boxes[owners].T
    wrong = (lengths < 1) | (lefts + lengths > widths) | (rows >= heights)
    starts = rows * widths + lefts
    wrong[1:] |= (owners[1:] == owners[:-1]) & (starts[1:] < starts[:-1] + lengths[:-1])
    area = np.zeros(len(messages), np.int64)
    np.add.at(area, owners, lengths)
    told = np.array([message.area_px for message in messages], np.int64)
    others = np.flatnonzero((area != told) & np.isin(np.arange(len(messages)), owners))
    for index in (*owners[wrong].tolist(), *others.tolist()):
        raise ShapeError(
            f"the runs of a {messages[index].kind} are not the {messages[index].area_px} pixels of its area in its box"
        )
