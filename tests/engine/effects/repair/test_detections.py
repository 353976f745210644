"""Detections carry the very pixels of their core, and give them back."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from reelmend.detections import Detection
from reelmend.effects.repair.detect import KINDS
from reelmend.effects.repair.detections import detections_of, mask_of, runs_of
from reelmend.effects.repair.given import pieces_of_classes
from reelmend.errors import ShapeError

MASKS = arrays.arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12)))
CORES = arrays.arrays(bool, st.tuples(st.just(3), st.integers(1, 9), st.integers(1, 9)))


def listed(core: np.ndarray) -> tuple[Detection, ...]:
    coded = sum(plane * np.float32(bit / 8) for plane, bit in zip(core, (1, 2, 4), strict=True))
    return detections_of(pieces_of_classes(np.asarray(coded, np.float32)))


@settings(deadline=None)
@given(CORES)
def test_list_gives_back_the_same_core(core: np.ndarray) -> None:
    assert (mask_of(listed(core), core.shape[1:]) == core).all()


@settings(deadline=None)
@given(CORES)
def test_boxes_and_areas_are_those_of_the_runs(core: np.ndarray) -> None:
    for detection in listed(core):
        rows, firsts, lengths = (np.array(part) for part in zip(*detection.runs, strict=True))
        assert detection.area_px == lengths.sum()
        assert (detection.top, detection.top + detection.height) == (rows.min(), rows.max() + 1)
        assert (detection.left, detection.left + detection.width) == (firsts.min(), (firsts + lengths).max())


@settings(deadline=None)
@given(CORES)
def test_list_goes_down_the_picture(core: np.ndarray) -> None:
    firsts = [detection.runs[0][:2] for detection in listed(core)]
    assert firsts == sorted(firsts)


@settings(deadline=None)
@given(MASKS)
def test_runs_are_whole_and_in_the_order_of_reading(mask: np.ndarray) -> None:
    runs = runs_of(mask)
    again = np.zeros_like(mask)
    for row, first, length in runs:
        assert not again[row, max(first - 1, 0) : first + length].any()
        again[row, first : first + length] = True
    assert (again == mask).all()
    assert list(runs) == sorted(runs)


def test_pieces_of_two_kinds_that_touch_are_two_detections() -> None:
    core = np.zeros((3, 8, 8), bool)
    core[0, 2:5, 2:4] = core[1, 2:5, 4:6] = True
    assert [(d.kind, d.left, d.area_px) for d in listed(core)] == [("blotch", 2, 6), ("hair", 4, 6)]


def test_detection_without_runs_stands_for_its_box() -> None:
    core = mask_of([Detection("hair", 1, 2, 3, 2, 5, 0.5)], (6, 6))
    assert np.argwhere(core).tolist() == [[1, row, column] for row in (2, 3) for column in (1, 2, 3)]


@pytest.mark.parametrize(
    "change", [{"left": 5}, {"runs": ((2, 5, 3),)}, {"runs": ((-1, 1, 1),)}, {"runs": ((6, 1, 1),)}]
)
def test_detection_beyond_the_picture_is_refused(change: dict[str, object]) -> None:
    beyond = dataclasses.replace(Detection("hair", 1, 2, 3, 2, 5, 0.5), **change)  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match="reaches beyond the picture, which has 6×6 pixels"):
        mask_of([beyond], (6, 6))


def test_unknown_kind_is_refused_with_the_list() -> None:
    with pytest.raises(ShapeError, match=f"no defect is a 'mould'; there is {', '.join(KINDS)}"):
        mask_of([Detection("mould", 0, 0, 1, 1, 1, 1.0)], (4, 4))
