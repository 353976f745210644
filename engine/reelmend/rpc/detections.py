"""Detections on the wire: as many as fit, the largest first, and how many there are in all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from reelmend.detections import Detection, Run
from reelmend.errors import IntegrityError, ShapeError
from reelmend.rpc.v1 import engine_pb2 as pb

MOST_LIST_BYTES = 1 << 20
MOST_RUNS_BYTES = 64 << 10
_FIELD_BYTES = 4
"""What a list takes for each message beside the message: its field's number and its length."""


def to_messages(detections: Sequence[Detection]) -> list[pb.Detection]:
    """Return the messages of as many detections as fit into 1 MiB, in their order; those left out are the smallest.

    Runs of more than 64 KiB are left out of their detection.
    """
    messages = [_to_message(detection) for detection in detections]
    sizes = [message.ByteSize() + _FIELD_BYTES for message in messages]
    if sum(sizes) <= MOST_LIST_BYTES:
        return messages
    by_area = sorted(range(len(messages)), key=lambda index: -messages[index].area_px)
    listed = int(np.searchsorted(np.cumsum([sizes[index] for index in by_area]), MOST_LIST_BYTES, side="right"))
    return [messages[index] for index in sorted(by_area[:listed])]


def from_messages(messages: Iterable[pb.Detection], size: tuple[int, int]) -> tuple[Detection, ...]:
    """Return the detections of a list; `size` is the picture's height and width.

    Raises IntegrityError for one that can't be, or that reaches beyond the picture.
    """
    try:
        return tuple(_from_message(message, size) for message in messages)
    except ShapeError as error:
        raise IntegrityError(f"the engine found what can't be: {error}; is it of this version?") from None


def _to_message(detection: Detection) -> pb.Detection:
    message = pb.Detection(
        kind=detection.kind,
        left=detection.left,
        top=detection.top,
        width=detection.width,
        height=detection.height,
        area_px=detection.area_px,
        confidence=detection.confidence,
    )
    if detection.runs:
        from_box = np.asarray(detection.runs, np.int64) - (detection.top, detection.left, 0)
        with_runs = pb.Detection(runs=from_box.ravel().tolist())
        if with_runs.ByteSize() <= MOST_RUNS_BYTES:
            message.MergeFrom(with_runs)
    return message


def _from_message(message: pb.Detection, size: tuple[int, int]) -> Detection:
    height, width = size
    if message.left + message.width > width or message.top + message.height > height:
        raise ShapeError(
            f"a {message.kind} of {message.width}×{message.height} at {message.left}, {message.top} reaches beyond "
            f"the picture, which has {width}×{height} pixels"
        )
    return Detection(
        kind=message.kind,
        left=message.left,
        top=message.top,
        width=message.width,
        height=message.height,
        area_px=message.area_px,
        confidence=message.confidence,
        runs=_runs_of(message),
    )


def _runs_of(message: pb.Detection) -> tuple[Run, ...]:
    """Return the runs in the picture's pixels. Raises ShapeError unless they are the area's pixels, each once."""
    if not message.runs:
        return ()
    if len(message.runs) % 3:
        raise ShapeError(f"a {message.kind} has {len(message.runs)} numbers for its runs; each run has three")
    rows, lefts, lengths = np.asarray(message.runs, np.int64).reshape(-1, 3).T
    starts = rows * message.width + lefts
    if not (
        (lengths >= 1).all()
        and (lefts + lengths <= message.width).all()
        and (rows < message.height).all()
        and (starts[1:] >= starts[:-1] + lengths[:-1]).all()
        and lengths.sum() == message.area_px
    ):
        raise ShapeError(f"the runs of a {message.kind} are not the {message.area_px} pixels of its area in its box")
    in_picture = zip(rows + message.top, lefts + message.left, lengths, strict=True)
    return tuple((int(row), int(left), int(length)) for row, left, length in in_picture)
