"""False scratches against ones that were drawn."""

import numpy as np
import pytest

from reelmend.quality import QualityError, false_scratches

FRAMES, HEIGHT, WIDTH = 10, 40, 80


def lines(*drawn: tuple[int, int, int, int]) -> np.ndarray:
    """Return a matte with lines two columns wide: (frame, column, first row, rows)."""
    matte = np.zeros((FRAMES, HEIGHT, WIDTH), np.bool_)
    for frame, column, top, rows in drawn:
        matte[frame, top : top + rows, column : column + 2] = True
    return matte


def test_a_scratch_that_stands_is_seen_in_every_frame_and_is_one_distinct_scratch() -> None:
    found = false_scratches(lines(*((t, 30, 0, HEIGHT) for t in range(FRAMES))))
    assert (found.seen, found.distinct) == (1000.0, 100.0)


def test_pieces_below_each_other_are_one_scratch_and_two_places_are_two() -> None:
    found = false_scratches(lines((0, 30, 0, 10), (0, 32, 20, 10), (0, 60, 5, 20)))
    assert (found.seen, found.distinct) == (200.0, 200.0)


def test_a_scratch_that_comes_back_later_is_another_one() -> None:
    assert false_scratches(lines((0, 30, 0, 10), (5, 30, 0, 10))).distinct == 200.0


def test_a_scratch_that_drifts_by_few_columns_stays_the_same() -> None:
    found = false_scratches(lines(*((t, 20 + 3 * t, 0, HEIGHT) for t in range(FRAMES))))
    assert (found.seen, found.distinct) == (1000.0, 100.0)


def test_what_touches_a_true_defect_is_not_false() -> None:
    found = lines((0, 30, 0, HEIGHT), (0, 60, 0, HEIGHT))
    assert false_scratches(found, lines((0, 31, 20, 5))).seen == 100.0


def test_faint_mattes_below_one_half_are_no_finds() -> None:
    assert false_scratches(0.4 * lines((0, 30, 0, HEIGHT)).astype(np.float32)).seen == 0.0


def test_mattes_of_two_sizes_are_refused() -> None:
    with pytest.raises(QualityError, match="true matte"):
        false_scratches(lines((0, 30, 0, 9)), np.zeros((FRAMES, 4, 4), np.bool_))
