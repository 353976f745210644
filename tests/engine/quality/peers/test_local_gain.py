"""The local log-gain grid against closed forms."""

import cv2
import numpy as np
import pytest

from reelmend.quality.peers import METHODS
from reelmend.quality.peers.local_gain import local_log_gain, robust_mean


def clip_with_fields(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return a clip under smooth gain fields of mean 0 in the logarithm over time, and what it would be without."""
    rng = np.random.default_rng(seed)
    base = cv2.resize(rng.uniform(60, 140, (6, 9, 3)), (128, 80), interpolation=cv2.INTER_CUBIC)
    fields = rng.normal(0.0, 0.05, (count, 3, 4))
    fields -= fields.mean(axis=0)
    wide = np.stack([cv2.resize(field, (128, 80), interpolation=cv2.INTER_CUBIC) for field in fields])
    return np.rint(base * np.exp(wide)[..., None]).astype(np.uint8), np.rint(base).astype(np.uint8)


def test_a_steady_clip_comes_back_bit_by_bit() -> None:
    clip = np.repeat(clip_with_fields(1)[0], 9, axis=0)
    assert np.array_equal(local_log_gain(clip).frames, clip)


def test_gain_that_differs_over_the_picture_is_taken_away_where_one_gain_a_frame_can_not() -> None:
    clip, clean = clip_with_fields(15)

    def error(frames: np.ndarray) -> float:
        return float(np.sqrt(np.mean(np.square(frames.astype(float) - clean))))

    assert error(local_log_gain(clip, radius_frames=14).frames) < 0.4 * error(clip)
    assert error(METHODS["windowed-log-gain"].restore(clip).frames) > 0.7 * error(clip)


def test_an_outlier_has_little_say_in_the_mean() -> None:
    window = np.array([1.0, 1.01, 0.99, 1.02, 0.98, 9.0], np.float32)[:, None]
    assert robust_mean(window)[0] == pytest.approx(1.0, abs=0.015)


def test_values_that_agree_have_their_own_mean() -> None:
    assert robust_mean(np.full((5, 2, 3), 0.25, np.float32)) == pytest.approx(0.25)


def test_the_window_ends_with_the_clip_and_has_the_radius_that_is_told() -> None:
    clip, _ = clip_with_fields(20)
    assert np.array_equal(local_log_gain(clip).frames[12:], local_log_gain(clip[5:]).frames[7:])
    assert "±7" in METHODS["local-log-gain"].what
    assert "±15" in METHODS["scale-time-equalisation"].what


def test_a_black_clip_stays_black() -> None:
    assert not local_log_gain(np.zeros((3, 16, 16, 3), np.uint8)).frames.any()
