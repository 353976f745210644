"""The brightness peers against closed forms."""

import numpy as np

from reelmend.quality.peers.brightness import scale_time_equalised, windowed_log_gain, windowed_mean


def clip_with_gains(gains: np.ndarray, seed: int = 0) -> np.ndarray:
    base = np.random.default_rng(seed).uniform(40, 140, (32, 48, 3))
    return np.rint(np.clip(base[None] * gains[:, None, None, None], 0, 255)).astype(np.uint8)


def test_a_steady_clip_comes_back_bit_by_bit() -> None:
    clip = clip_with_gains(np.ones(9))
    assert np.array_equal(windowed_log_gain(clip).frames, clip)
    assert np.array_equal(scale_time_equalised(clip).frames, clip)


def test_log_gain_brings_each_frame_to_the_geometric_mean_of_its_window() -> None:
    gains = np.array([1.0, 1.21, 1.0, 1.21])
    restored = windowed_log_gain(clip_with_gains(gains), radius_frames=9).frames
    expected = clip_with_gains(np.full(4, 1.1)).astype(float).mean()
    assert np.allclose(restored.mean(axis=(1, 2, 3)), expected, atol=0.3)


def test_scale_time_equalisation_brings_all_frames_to_the_mean_of_their_quantile_functions() -> None:
    gains = np.array([0.8, 1.2, 0.9, 1.1, 1.0])
    restored = scale_time_equalised(clip_with_gains(gains), radius_frames=9).frames.astype(float)
    expected = clip_with_gains(np.ones(5))[0].astype(float)
    assert np.percentile(np.abs(restored - expected), 99) <= 2.0


def test_scale_time_equalisation_undoes_gamma_where_a_gain_cannot() -> None:
    base = np.random.default_rng(2).uniform(0.05, 0.95, (64, 64, 3))
    exponents = (0.8, 1.25, 0.9, 1.1, 1.0)
    clip = np.stack([np.rint(255 * base**g) for g in exponents]).astype(np.uint8)

    def disagreement(frames: np.ndarray) -> float:
        return float(frames.astype(float).std(axis=0).mean())

    assert disagreement(scale_time_equalised(clip).frames) < 0.25 * disagreement(windowed_log_gain(clip).frames)


def test_the_window_is_shorter_at_the_ends() -> None:
    assert windowed_mean(np.array([0.0, 3.0, 6.0, 12.0]), 1).tolist() == [1.5, 3.0, 7.0, 9.0]


def test_a_black_clip_stays_black() -> None:
    black = np.zeros((3, 8, 8, 3), np.uint8)
    assert not windowed_log_gain(black).frames.any()
    assert not scale_time_equalised(black).frames.any()
