"""The column filter: known scratches on a known picture."""

import cv2
import numpy as np
import pytest

from reelmend.quality import psnr_inside
from reelmend.quality.peers import METHODS
from reelmend.quality.peers.column_filter import column_filter, column_filter_told, filled_across, scratched
from reelmend.quality.peers.method import luma_of

HEIGHT, WIDTH = 120, 200


def picture() -> np.ndarray:
    texture = np.random.default_rng(2).uniform(0, 255, (HEIGHT, WIDTH)).astype(np.float32)
    smooth = cv2.normalize(cv2.GaussianBlur(texture, (0, 0), 12), None, 40, 200, cv2.NORM_MINMAX)
    grain = np.random.default_rng(3).normal(0, 2, (HEIGHT, WIDTH))
    return np.repeat(np.clip(np.rint(smooth + grain), 0, 255).astype(np.uint8)[None, :, :, None], 3, axis=3)


def line(slope_px: float = 0.0, column: int = 77) -> np.ndarray:
    matte = np.zeros((1, HEIGHT, WIDTH), np.bool_)
    for row in range(HEIGHT):
        place = round(column + slope_px * (row / (HEIGHT - 1) - 0.5))
        matte[0, row, place : place + 2] = True
    return matte


def scratched_clip(matte: np.ndarray, by: int = 25) -> np.ndarray:
    return np.where(matte[..., None], np.clip(picture().astype(int) + by, 0, 255), picture()).astype(np.uint8)


@pytest.mark.parametrize("slope_px", [0.0, 6.0, -8.0])
def test_a_bright_line_is_found_and_filled_from_its_sides(slope_px: float) -> None:
    matte = line(slope_px)
    restored = column_filter(scratched_clip(matte))
    assert np.count_nonzero(restored.matte & matte) > 0.9 * np.count_nonzero(matte)
    assert psnr_inside(restored.frames, picture(), matte) > psnr_inside(scratched_clip(matte), picture(), matte) + 8
    outside = ~restored.matte
    assert np.array_equal(restored.frames[outside], scratched_clip(matte)[outside])


def test_a_picture_without_lines_is_left_alone() -> None:
    assert not scratched(luma_of(picture()[0])).any()


def test_told_where_the_scratch_is_it_fills_that_and_nothing_else() -> None:
    matte = line(3.0)
    told = column_filter_told(scratched_clip(matte), matte.astype(np.uint8) * 255)
    assert np.array_equal(told.matte, matte)
    assert psnr_inside(told.frames, picture(), matte) > 33
    assert METHODS["column-filter-told"].restore_told is not None


def test_the_fill_is_straight_between_its_ends_and_takes_one_side_at_the_border() -> None:
    row = np.array([[10, 0, 0, 40, 50, 0]], np.uint8)[:, :, None].repeat(3, axis=2)
    found = np.array([[False, True, True, False, False, True]])
    assert filled_across(row, found)[0, :, 0].tolist() == [10, 20, 30, 40, 50, 50]
    assert np.array_equal(filled_across(row, np.ones_like(found)), row)
