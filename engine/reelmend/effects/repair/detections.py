"""The list of what was found: pieces as detections with the very pixels of their core, and the core back from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from reelmend.detections import Detection, Run
from reelmend.effects.repair.detect import KINDS
from reelmend.effects.repair.pieces import Pieces, boxes_of
from reelmend.errors import ShapeError

Core = npt.NDArray[np.bool_]


def detections_of(pieces: Pieces) -> tuple[Detection, ...]:
    """Return the pieces one by one, in the order of their first pixels; confidence is the mean over the pixels."""
    if not len(pieces.index):
        return ()
    boxes = boxes_of(pieces)
    index = pieces.index[boxes.order]
    firsts, runs = _runs(index, pieces.shape[1], boxes.starts)
    ends = [*firsts[1:], len(runs)]
    confidence = np.add.reduceat(pieces.confidence[boxes.order].astype(np.float64), boxes.starts)
    mean = np.clip(confidence / boxes.area_px, 0.0, 1.0)
    columns = (boxes.kind, boxes.left, boxes.top, boxes.right - boxes.left, boxes.bottom - boxes.top, boxes.area_px)
    rows = zip(*(column.tolist() for column in (*columns, mean)), firsts, ends, strict=True)
    found = [
        Detection(KINDS[kind], left, top, width, height, area_px, sure, tuple(runs[first:end]))
        for kind, left, top, width, height, area_px, sure, first, end in rows
    ]
    order = np.argsort(index[boxes.starts], kind="stable")
    return tuple(found[place] for place in order.tolist())


def runs_of(mask: Core) -> tuple[Run, ...]:
    """Return the pixels of a mask (H, W) as runs, row after row: row, first column, how many."""
    return tuple(_runs(np.flatnonzero(mask), mask.shape[1], np.zeros(0, np.intp))[1])


def mask_of(detections: Iterable[Detection], shape: tuple[int, int]) -> Core:
    """Return (3, H, W) the core by kind that the detections list; of one without runs, its box.

    Raises ShapeError for one of an unknown kind, or that reaches beyond the picture.
    """
    core = np.zeros((len(KINDS), *shape), bool)
    for detection in detections:
        if detection.kind not in KINDS:
            raise ShapeError(f"no defect is a {detection.kind!r}; there is {', '.join(KINDS)}")
        _refuse_beyond(detection, shape)
        plane = core[KINDS.index(detection.kind)]
        for row, first, length in detection.runs:
            plane[row, first : first + length] = True
        if not detection.runs:
            plane[
                detection.top : detection.top + detection.height, detection.left : detection.left + detection.width
            ] = True
    return core


def _refuse_beyond(detection: Detection, shape: tuple[int, int]) -> None:
    height, width = shape
    inside = detection.left + detection.width <= width and detection.top + detection.height <= height
    if not inside or any(
        row < 0 or row >= height or first < 0 or length < 1 or first + length > width
        for row, first, length in detection.runs
    ):
        raise ShapeError(
            f"a {detection.kind} at {detection.left}, {detection.top} reaches beyond the picture, which has "
            f"{width}×{height} pixels"
        )


def _runs(index: npt.NDArray[np.intp], width: int, starts: npt.NDArray[np.intp]) -> tuple[list[int], Sequence[Run]]:
    """Return where in the list of runs each piece begins, and the runs. `starts`: where pieces begin in `index`."""
    begins = np.diff(index, prepend=-2) != 1
    begins |= index % width == 0
    begins[starts] = True
    first = np.flatnonzero(begins)
    rows, columns = np.divmod(index[first], width)
    lengths = np.diff(first, append=len(index))
    runs = list(zip(rows.tolist(), columns.tolist(), lengths.tolist(), strict=True))
    return np.searchsorted(first, starts).tolist(), runs
