"""Fidelity measures against closed forms and scikit-image."""

import cv2
import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from reelmend.quality import QualityError, psnr, ssim


def test_psnr_of_a_constant_offset_is_its_closed_form() -> None:
    truth = np.full((3, 20, 30, 3), 0.5, np.float32)
    assert psnr(truth + np.float32(0.1), truth) == pytest.approx(20.0, abs=1e-4)


def test_psnr_agrees_with_scikit_image() -> None:
    rng = np.random.default_rng(0)
    truth, restored = rng.integers(0, 256, (2, 4, 20, 30, 3), dtype=np.uint8)
    assert psnr(restored, truth) == pytest.approx(peak_signal_noise_ratio(truth, restored), abs=1e-4)


def test_psnr_of_identical_clips_is_the_finite_ceiling() -> None:
    clip = np.zeros((2, 20, 30, 3), np.uint8)
    assert psnr(clip, clip) == 100.0


def test_psnr_pools_errors_over_frames_before_the_logarithm() -> None:
    truth = np.zeros((2, 20, 30, 3), np.float32)
    restored = truth.copy()
    restored[1] += 0.1
    assert psnr(restored, truth) == pytest.approx(10 * np.log10(1 / 0.005), abs=1e-4)


def test_clips_with_nan_are_refused_by_name_and_frame() -> None:
    truth = np.zeros((3, 20, 30, 3), np.float32)
    restored = truth.copy()
    restored[2, 0, 0, 0] = np.nan
    with pytest.raises(QualityError, match="restored frame 2 holds NaN"):
        psnr(restored, truth)


def test_frames_of_another_type_or_shape_are_refused() -> None:
    good = np.zeros((2, 20, 30, 3), np.uint8)
    with pytest.raises(QualityError, match="must be uint8, uint16 or float, got int32"):
        psnr(good.astype(np.int32), good)
    with pytest.raises(QualityError, match=r"must be \(H, W, 3\), got \(20, 30, 4\)"):
        psnr(np.zeros((2, 20, 30, 4), np.uint8), good)


def test_empty_clip_is_refused() -> None:
    with pytest.raises(QualityError, match="restored has no frames"):
        psnr(np.zeros((0, 20, 30, 3), np.uint8), np.zeros((0, 20, 30, 3), np.uint8))


def test_ssim_agrees_with_scikit_image() -> None:
    rng = np.random.default_rng(3)
    grey = cv2.GaussianBlur(rng.uniform(0, 1, (40, 60)).astype(np.float32), (0, 0), 2)
    noisy = (grey + rng.normal(0, 0.05, grey.shape)).astype(np.float32)
    expected = structural_similarity(
        grey, noisy, data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    as_clip = [np.repeat(plane[None, :, :, None], 3, axis=3) for plane in (noisy, grey)]
    assert ssim(*as_clip) == pytest.approx(expected, abs=1e-4)


def test_ssim_of_two_flat_pictures_is_its_luminance_term() -> None:
    dark, light = (np.full((2, 20, 30, 3), value, np.float32) for value in (0.3, 0.6))
    assert ssim(dark, light) == pytest.approx((2 * 0.3 * 0.6 + 1e-4) / (0.3**2 + 0.6**2 + 1e-4), abs=1e-4)
    assert ssim(dark, dark) == pytest.approx(1.0, abs=1e-6)


def test_ssim_of_frames_smaller_than_its_window_is_refused() -> None:
    small = np.zeros((1, 10, 30, 3), np.uint8)
    with pytest.raises(QualityError, match="at least 11×11 pixels, got 30×10"):
        ssim(small, small)


def test_integers_and_half_floats_read_as_shares_of_full_scale() -> None:
    truth = np.linspace(0, 1, 3 * 20 * 30 * 3, dtype=np.float64).reshape(3, 20, 30, 3)
    assert psnr(np.round(truth * 65535).astype(np.uint16), truth) == pytest.approx(100.0, abs=1.0)
    assert psnr(np.round(truth * 255).astype(np.uint8), truth) == pytest.approx(58.9, abs=0.1)
    assert psnr(truth.astype(np.float16), truth) > 70
