"""Defects matched one to one against counts made by hand."""

import numpy as np
import pytest

from reelmend.quality import matte_scores, matte_scores_beyond_margin
from reelmend.quality.matching import MATCHED_IOU, by_iou

SHAPE = (40, 60)


def mask(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    plane = np.zeros(SHAPE, np.bool_)
    for top, left, height, width in boxes:
        plane[top : top + height, left : left + width] = True
    return plane


def test_a_margin_of_one_pixel_leaves_a_small_defect_matched_and_one_of_two_does_not() -> None:
    speck, nothing = mask((10, 10, 3, 3)), mask()
    assert by_iou(mask((9, 9, 5, 5)), speck, nothing).matched == 1
    assert by_iou(mask((8, 8, 7, 7)), speck, nothing).matched == 0


def test_two_defects_under_one_found_area_are_one_match_and_one_miss() -> None:
    pairs = by_iou(mask((10, 10, 6, 20)), mask((10, 10, 6, 9), (10, 21, 6, 9)), mask())
    assert (pairs.matched, pairs.found, pairs.true) == (1, 1, 2)


def test_two_found_pieces_of_one_defect_are_one_match_and_one_false_find() -> None:
    pairs = by_iou(mask((10, 10, 6, 9), (10, 21, 6, 9)), mask((10, 10, 6, 20)), mask())
    assert (pairs.matched, pairs.found, pairs.true) == (1, 2, 1)


def test_the_better_pair_is_matched_first() -> None:
    true = mask((10, 10, 4, 10), (10, 22, 4, 10))
    found = mask((10, 11, 4, 14), (10, 26, 4, 6))
    assert by_iou(found, true, mask()).matched == 2


def test_unsure_pixels_count_for_no_area_and_split_none() -> None:
    true, unsure = mask((10, 10, 6, 6)), mask((8, 8, 10, 10)) & ~mask((10, 10, 6, 6))
    pairs = by_iou(mask((7, 7, 12, 12)), true, unsure)
    assert (pairs.found, pairs.true) == (1, 1)
    ring = 12 * 12 - 10 * 10
    assert (pairs.matched == 1) == (36 / (36 + ring) >= MATCHED_IOU)
    assert by_iou(unsure, true, unsure).found == 0


def test_scores_pool_matches_over_frames() -> None:
    true = np.stack([mask((10, 10, 6, 6)), mask((20, 20, 6, 6), (30, 40, 6, 6))])
    found = np.stack([mask((10, 10, 6, 6)), mask((20, 21, 6, 6), (2, 2, 3, 3))])
    scores = matte_scores(found, true)
    assert scores.matched_precision == pytest.approx(2 / 3)
    assert scores.matched_recall == pytest.approx(2 / 3)


def test_a_margin_around_specks_costs_precision_to_the_pixel_and_none_beyond_the_margin() -> None:
    true = np.stack([mask((10, 10, 2, 2), (20, 20, 1, 1), (30, 40, 3, 2))])
    grown = np.stack([mask((9, 9, 4, 4), (19, 19, 3, 3), (29, 39, 5, 4))])
    assert matte_scores(grown, true).precision == pytest.approx(11 / 45)
    assert matte_scores(grown, true).matched_recall == pytest.approx(1 / 3)
    beyond = matte_scores_beyond_margin(grown, true)
    assert (beyond.precision, beyond.recall, beyond.matched_precision, beyond.matched_recall) == (1.0, 1.0, 1.0, 1.0)


def test_what_is_found_beyond_the_margin_counts_as_false() -> None:
    true, found = np.stack([mask((10, 10, 4, 4))]), np.stack([mask((10, 10, 4, 10), (30, 30, 2, 2))])
    beyond = matte_scores_beyond_margin(found, true)
    assert beyond.precision == pytest.approx(16 / (16 + 4 * 4 + 4))
    assert (beyond.matched_precision, beyond.matched_recall) == (0.5, 1.0)


def test_nothing_found_where_nothing_is_has_full_scores() -> None:
    scores = matte_scores(np.stack([mask()]), np.stack([mask()]))
    assert (scores.matched_precision, scores.matched_recall) == (1.0, 1.0)
