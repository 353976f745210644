"""Measures by place against counts made by hand."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from reelmend.quality import (
    QualityError,
    bit_identical_share,
    changed_ppm,
    grain_kept,
    harm_ppm,
    psnr_inside,
    psnr_outside,
)

SHAPE = (2, 20, 50)


@pytest.fixture
def truth() -> np.ndarray:
    return np.random.default_rng(0).uniform(0.2, 0.7, (*SHAPE, 3)).astype(np.float32)


@pytest.fixture
def matte() -> np.ndarray:
    """Ten defect pixels in frame 0, around them a faint fringe of five."""
    plane = np.zeros(SHAPE, np.float32)
    plane[0, 4, 10:20] = 1.0
    plane[0, 5, 10:15] = 0.05
    return plane


def test_inside_and_outside_see_only_their_own_errors(truth: np.ndarray, matte: np.ndarray) -> None:
    restored = truth.copy()
    restored[matte > 0.1] += 0.1
    assert psnr_inside(restored, truth, matte) == pytest.approx(20.0, abs=1e-3)
    assert psnr_outside(restored, truth, matte) == 100.0
    restored = truth.copy()
    restored[matte == 0] += 0.01
    assert psnr_inside(restored, truth, matte) == 100.0
    assert psnr_outside(restored, truth, matte) == pytest.approx(40.0, abs=1e-2)


def test_the_faint_fringe_counts_for_neither_side(truth: np.ndarray, matte: np.ndarray) -> None:
    restored = truth.copy()
    restored[(matte > 0) & (matte < 0.1)] += 0.5
    assert psnr_inside(restored, truth, matte) == psnr_outside(restored, truth, matte) == 100.0
    assert harm_ppm(restored, truth, matte) == 0.0


def test_harm_counts_clean_pixels_moved_by_more_than_16_levels(truth: np.ndarray, matte: np.ndarray) -> None:
    restored = truth.copy()
    restored[1, 0, :7, 1] += 17 / 255
    restored[1, 1, :9, 1] += 15 / 255
    restored[matte > 0] += 0.5
    assert harm_ppm(restored, truth, matte) == pytest.approx(1e6 * 7 / (2 * 20 * 50 - 15))


def test_source_itself_does_no_harm_and_mending_flicker_does_none(truth: np.ndarray, matte: np.ndarray) -> None:
    flickering = truth * np.float32(1.4)
    assert harm_ppm(flickering, truth, matte) > 0
    assert harm_ppm(flickering, truth, matte, flickering) == 0.0
    assert harm_ppm(truth, truth, matte, flickering) == 0.0
    assert harm_ppm(flickering, truth, matte, truth) > 0


def test_bit_identical_share_sees_the_last_bit(truth: np.ndarray, matte: np.ndarray) -> None:
    restored = truth.copy()
    assert bit_identical_share(restored, truth, matte) == 1.0
    restored[1, 3, :5, 2] = np.nextafter(restored[1, 3, :5, 2], np.float32(1))
    assert bit_identical_share(restored, truth, matte) == pytest.approx(1 - 5 / (2 * 20 * 50 - 15))
    restored[matte > 0] = 0
    assert bit_identical_share(restored, truth, matte) == pytest.approx(1 - 5 / (2 * 20 * 50 - 15))


def test_bit_identical_share_tells_zero_from_minus_zero() -> None:
    zero = np.zeros((1, 4, 5, 3), np.float32)
    assert bit_identical_share(-zero, zero, np.zeros((1, 4, 5))) == 0.0


def test_grain_kept_is_the_square_of_a_gain(truth: np.ndarray, matte: np.ndarray) -> None:
    assert grain_kept(truth, truth, matte) == 1.0
    assert grain_kept(truth * np.float32(0.5), truth, matte) == pytest.approx(0.25, rel=1e-4)


def test_grain_kept_falls_with_blur_and_ignores_repairs(truth: np.ndarray, matte: np.ndarray) -> None:
    assert grain_kept([cv2.GaussianBlur(frame, (0, 0), 1) for frame in truth], truth) < 0.2
    restored = truth.copy()
    restored[matte > 0] = 0
    assert grain_kept(restored, truth, matte) == 1.0
    assert grain_kept(restored, truth) != 1.0


def test_grain_of_a_flat_source_cannot_be_compared() -> None:
    flat = np.full((1, 20, 50, 3), 0.5, np.float32)
    with pytest.raises(QualityError, match="no high-frequency energy"):
        grain_kept(flat, flat)


@pytest.mark.parametrize("measure", [psnr_inside, psnr_outside, harm_ppm, bit_identical_share])
def test_missing_matte_is_refused(measure: Callable[..., float], truth: np.ndarray) -> None:
    with pytest.raises(QualityError, match="needs the matte"):
        measure(truth, truth, None)


def test_matte_without_defects_has_no_inside_and_full_matte_no_outside(truth: np.ndarray) -> None:
    with pytest.raises(QualityError, match="no pixel lies inside"):
        psnr_inside(truth, truth, np.zeros(SHAPE, bool))
    with pytest.raises(QualityError, match="no pixel lies outside"):
        psnr_outside(truth, truth, np.ones(SHAPE, bool))


def test_matte_of_other_length_size_type_or_range_is_refused(truth: np.ndarray) -> None:
    with pytest.raises(QualityError, match="matte ends after 1 frames"):
        psnr_outside(truth, truth, np.zeros((1, 20, 50)))
    with pytest.raises(QualityError, match="clips end after 2 frames"):
        psnr_outside(truth, truth, np.zeros((3, 20, 50)))
    with pytest.raises(QualityError, match=r"matte frame 0 is \(20, 40\)"):
        psnr_outside(truth, truth, np.zeros((2, 20, 40)))
    with pytest.raises(QualityError, match="must be bool, uint8, uint16 or float, got int64"):
        psnr_outside(truth, truth, np.zeros(SHAPE, np.int64))
    with pytest.raises(QualityError, match=r"must lie in 0…1, got 0 to 255"):
        psnr_outside(truth, truth, np.where(np.arange(50) > 5, 255.0, 0.0) * np.ones(SHAPE))


def test_integer_mattes_read_as_shares_of_full_scale(truth: np.ndarray, matte: np.ndarray) -> None:
    restored = truth + np.float32(0.1) * matte[..., None]
    coded = np.round(matte * 255).astype(np.uint8)
    assert psnr_inside(restored, truth, coded) == psnr_inside(restored, truth, matte)


def test_changed_counts_pixels_of_any_difference_in_any_channel() -> None:
    source = np.full((2, 10, 50, 3), 100, np.uint8)
    restored = source.copy()
    restored[0, 3, 4, 2] = 101
    restored[1, 5, 6:9] = 7
    assert changed_ppm(restored, source) == pytest.approx(1e6 * 4 / 1000)
    assert changed_ppm(source, source) == 0.0


def test_what_rounding_hides_counts_as_changed_where_the_restorer_tells() -> None:
    source = np.full((1, 10, 100, 3), 100, np.uint8)
    touched = np.zeros((1, 10, 100), np.bool_)
    touched[0, 2, :5] = True
    assert changed_ppm(source, source, touched) == pytest.approx(5000.0)
    matte = np.zeros((1, 10, 100), np.uint8)
    matte[0, 2, :4] = 1
    assert bit_identical_share(source, source, matte) == 1.0
    assert bit_identical_share(source, source, matte, touched) == pytest.approx(1 - 1 / 996)
