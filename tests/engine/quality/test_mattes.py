"""Matte scores against counts made by hand."""

import numpy as np
import pytest

from reelmend.quality import QualityError, matte_scores, matte_scores_per_class

SHAPE = (2, 20, 30)


def box(frame: int, top: int, left: int, height: int, width: int, value: float = 1.0) -> np.ndarray:
    plane = np.zeros(SHAPE, np.float32)
    plane[frame, top : top + height, left : left + width] = value
    return plane


def test_half_overlapping_boxes_score_as_counted() -> None:
    scores = matte_scores(box(0, 0, 2, 4, 4), box(0, 0, 0, 4, 4))
    assert (scores.precision, scores.recall) == (0.5, 0.5)
    assert scores.iou == pytest.approx(8 / 24)
    assert (scores.defect_precision, scores.defect_recall) == (1.0, 1.0)


def test_defects_count_once_whatever_their_size() -> None:
    truth = box(0, 0, 0, 10, 10) + box(1, 0, 0, 2, 2) + box(1, 10, 10, 2, 2)
    found = box(0, 0, 0, 10, 10) + box(1, 15, 15, 1, 1)
    scores = matte_scores(found, truth)
    assert scores.recall == pytest.approx(100 / 108)
    assert scores.defect_recall == pytest.approx(1 / 3)
    assert scores.defect_precision == pytest.approx(1 / 2)


def test_defect_is_met_from_half_of_its_area() -> None:
    truth = box(0, 0, 0, 4, 4)
    assert matte_scores(box(0, 0, 0, 4, 2), truth).defect_recall == 1.0
    assert matte_scores(box(0, 0, 0, 4, 1), truth).defect_recall == 0.0


def test_corners_that_touch_make_one_defect() -> None:
    truth = box(0, 0, 0, 2, 2) + box(0, 2, 2, 2, 2)
    assert matte_scores(box(0, 0, 0, 2, 2), truth).defect_recall == 1.0


def test_faint_fringe_of_the_truth_is_neither_missed_nor_blamed() -> None:
    truth = box(0, 0, 0, 4, 4) + box(0, 0, 4, 4, 2, 0.05)
    for found in (box(0, 0, 0, 4, 4), box(0, 0, 0, 4, 6)):
        scores = matte_scores(found, truth)
        assert (scores.precision, scores.recall, scores.iou) == (1.0, 1.0, 1.0)
        assert (scores.defect_precision, scores.defect_recall) == (1.0, 1.0)


def test_found_counts_from_one_half() -> None:
    truth = box(0, 0, 0, 4, 4)
    assert matte_scores(0.5 * truth, truth).recall == 1.0
    assert matte_scores(0.49 * truth, truth).recall == 0.0


def test_nothing_found_and_nothing_to_find_have_their_documented_scores() -> None:
    nothing, something = np.zeros(SHAPE), box(0, 0, 0, 3, 3)
    missed = matte_scores(nothing, something)
    assert (missed.precision, missed.recall, missed.iou, missed.defect_recall) == (1.0, 0.0, 0.0, 0.0)
    false_alarm = matte_scores(something, nothing)
    assert (false_alarm.precision, false_alarm.recall, false_alarm.defect_precision) == (0.0, 1.0, 0.0)
    assert matte_scores(nothing, nothing).iou == 1.0


def test_class_is_not_blamed_for_another_class_in_a_common_matte() -> None:
    truth = {"blotch": box(0, 0, 0, 4, 4), "scratch": box(0, 0, 10, 20, 1)}
    scores = matte_scores_per_class(truth["blotch"] + truth["scratch"] + box(1, 0, 0, 4, 4), truth)
    assert scores["blotch"].precision == pytest.approx(16 / 32)
    assert scores["scratch"].precision == pytest.approx(20 / 36)
    assert scores["blotch"].recall == scores["scratch"].recall == 1.0
    assert scores["blotch"].defect_precision == pytest.approx(1 / 2)


def test_class_is_blamed_for_pixels_of_another_in_its_own_matte() -> None:
    truth = {"blotch": box(0, 0, 0, 4, 4), "scratch": box(0, 0, 10, 20, 1)}
    scores = matte_scores_per_class({"blotch": truth["scratch"]}, truth)
    assert (scores["blotch"].precision, scores["blotch"].recall) == (0.0, 0.0)
    assert (scores["scratch"].precision, scores["scratch"].recall) == (1.0, 0.0)


def test_overlap_of_two_classes_counts_for_both() -> None:
    truth = {"blotch": box(0, 0, 0, 4, 4), "scratch": box(0, 0, 2, 20, 1)}
    scores = matte_scores_per_class(np.maximum(truth["blotch"], truth["scratch"]), truth)
    assert scores["blotch"].recall == scores["scratch"].recall == 1.0
    assert scores["blotch"].precision == scores["scratch"].precision == 1.0


def test_missing_or_unequal_mattes_are_refused() -> None:
    truth = box(0, 0, 0, 4, 4)
    with pytest.raises(QualityError, match="needs the found matte"):
        matte_scores(None, truth)
    with pytest.raises(QualityError, match="needs the true matte"):
        matte_scores(truth, None)
    with pytest.raises(QualityError, match="found matte ends after 1 frames"):
        matte_scores(truth[:1], truth)
    with pytest.raises(QualityError, match="found matte has more frames"):
        matte_scores(truth, truth[:1])
    with pytest.raises(QualityError, match=r"found matte frame 0 is \(20, 9\)"):
        matte_scores(truth[:, :, :9], truth)
    with pytest.raises(QualityError, match="no class of true defect"):
        matte_scores_per_class(truth, {})


def test_component_that_spreads_over_the_fringe_is_right() -> None:
    truth = box(0, 0, 0, 6, 6, 0.05)
    truth[0, 2:4, 2:4] = 1.0
    assert matte_scores(box(0, 0, 0, 6, 6), truth).defect_precision == 1.0


def test_missed_overlap_of_two_classes_is_missed_by_both() -> None:
    truth = {"blotch": box(0, 0, 0, 4, 4), "scratch": box(0, 0, 2, 20, 1)}
    found = np.maximum(truth["blotch"], truth["scratch"]) - box(0, 0, 2, 4, 1)
    scores = matte_scores_per_class(found, truth)
    assert scores["blotch"].recall == pytest.approx(12 / 16)
    assert scores["scratch"].recall == pytest.approx(16 / 20)
