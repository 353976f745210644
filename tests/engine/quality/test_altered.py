"""Harm to clean clips, and fine detail kept, against closed forms."""

import cv2
import numpy as np
import pytest

from reelmend.quality import QualityError, high_frequency_kept, luma_moved, luma_moved_worst, psnr_altered


@pytest.fixture
def clip() -> np.ndarray:
    """Mid-grey with grain, (6, 48, 64, 3) float32."""
    grain = np.random.default_rng(1).normal(0.0, 0.02, (6, 48, 64, 1))
    return np.repeat(np.float32(0.5) + grain, 3, axis=3).astype(np.float32)


def test_frames_that_were_left_alone_lend_no_weight(clip: np.ndarray) -> None:
    restored = clip.copy()
    restored[2] += np.float32(0.01)
    assert psnr_altered(restored, clip) == pytest.approx(40.0, abs=0.01)
    restored[3] -= np.float32(0.01)
    assert psnr_altered(restored, clip) == pytest.approx(40.0, abs=0.01)


def test_an_untouched_clip_has_no_psnr_over_altered_frames_and_moved_by_nothing(clip: np.ndarray) -> None:
    with pytest.raises(QualityError, match="no frame was altered"):
        psnr_altered(clip, clip)
    assert (luma_moved(clip, clip), luma_moved_worst(clip, clip)) == (0.0, 0.0)


def test_mean_luma_that_moved_either_way_counts_over_altered_frames_and_the_worst_is_told(clip: np.ndarray) -> None:
    restored = clip.copy()
    restored[0] *= np.float32(1.01)
    restored[5] *= np.float32(0.97)
    assert luma_moved(restored, clip) == pytest.approx(0.02, rel=1e-3)
    assert luma_moved_worst(restored, clip) == pytest.approx(0.03, rel=1e-3)


def test_gain_that_differs_smoothly_over_picture_and_time_keeps_all_detail(clip: np.ndarray) -> None:
    across = np.linspace(0.9, 1.1, 64, dtype=np.float32)[None, None, :, None]
    gains = np.array([0.8, 1.2, 1.0, 0.9, 1.1, 1.05], np.float32)[:, None, None, None]
    assert high_frequency_kept(clip * across * gains, clip) == pytest.approx(1.0, abs=0.01)


def test_blur_loses_detail_and_noise_adds_some(clip: np.ndarray) -> None:
    blurred = np.stack([cv2.GaussianBlur(frame, (0, 0), 1.0) for frame in clip])
    noise = np.random.default_rng(2).normal(0.0, 0.02, clip.shape[:3])[..., None].astype(np.float32)
    assert high_frequency_kept(blurred, clip) < 0.2
    assert high_frequency_kept(clip + noise, clip) == pytest.approx(2.0, rel=0.05)


def test_detail_is_not_looked_for_in_black_and_white(clip: np.ndarray) -> None:
    with pytest.raises(QualityError, match="no fine detail"):
        high_frequency_kept(np.zeros_like(clip), np.zeros_like(clip))
    with_black = clip.copy()
    with_black[:, :, :20] = 0.0
    spoilt = with_black.copy()
    spoilt[:, :, :10] = np.float32(0.02)
    assert high_frequency_kept(spoilt, with_black) == pytest.approx(1.0, abs=1e-6)
