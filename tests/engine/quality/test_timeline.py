"""Cuts and duplicated frames in clips that were made to hold them."""

import cv2
import numpy as np
import pytest

from reelmend.quality import QualityError, Timeline, find_timeline, flicker_residual_global

HEIGHT, WIDTH = 90, 160


def scene(seed: int, frames: int, pan_px: int = 3) -> np.ndarray:
    """A smooth random picture panned sideways, (frames, HEIGHT, WIDTH, 3) float32."""
    rng = np.random.default_rng(seed)
    wide = rng.uniform(0.0, 1.0, (HEIGHT, WIDTH + pan_px * frames, 3)).astype(np.float32)
    picture = cv2.normalize(cv2.GaussianBlur(wide, (0, 0), 6), None, 0.1, 0.8, cv2.NORM_MINMAX)
    return np.stack([picture[:, pan_px * t : pan_px * t + WIDTH] for t in range(frames)])


def flickering(clip: np.ndarray, seed: int = 0) -> np.ndarray:
    gain = np.exp(np.random.default_rng(seed).normal(0, 0.1, len(clip)))
    return clip * gain.astype(np.float32).reshape(-1, 1, 1, 1)


def test_one_cut_is_found_where_it_is() -> None:
    assert find_timeline(np.concatenate([scene(1, 12), scene(2, 15)])).cuts == (12,)


def test_cut_is_found_under_strong_flicker_and_flicker_is_no_cut() -> None:
    assert find_timeline(flickering(np.concatenate([scene(1, 12), scene(2, 15)]))).cuts == (12,)
    assert find_timeline(flickering(scene(3, 30))).cuts == ()


def test_one_ruined_frame_is_no_cut() -> None:
    clip = scene(1, 20)
    clip[9] = np.random.default_rng(5).uniform(0, 1, clip[9].shape)
    assert find_timeline(clip).cuts == ()


def test_black_clip_and_noise_clip_have_no_cuts() -> None:
    assert find_timeline(np.zeros((8, HEIGHT, WIDTH, 3), np.uint8)).cuts == ()
    assert find_timeline(np.random.default_rng(1).uniform(0, 1, (12, 36, 64, 3)).astype(np.float32)).cuts == ()


def test_cut_from_black_is_found() -> None:
    clip = np.concatenate([np.zeros((6, HEIGHT, WIDTH, 3), np.float32), scene(1, 8)])
    assert find_timeline(clip).cuts == (6,)


def test_repeated_frames_are_found_even_when_recoded() -> None:
    clip = scene(4, 24)[[0, 1, 2, 2, 3, 4, 5, 6, 6, 7, 8, 9]]
    noisy = clip + np.random.default_rng(2).normal(0, 0.001, clip.shape).astype(np.float32)
    assert find_timeline(clip).duplicates == (3, 8)
    assert find_timeline(noisy).duplicates == (3, 8)


def test_every_second_frame_repeated_is_found() -> None:
    assert find_timeline(np.repeat(scene(4, 8), 2, axis=0)).duplicates == (1, 3, 5, 7, 9, 11, 13, 15)


def test_still_clip_has_no_duplicates() -> None:
    still = np.repeat(scene(1, 1), 10, axis=0)
    assert find_timeline(still).duplicates == ()


def test_shots_leave_duplicates_out_and_transitions_leave_cuts_out_too() -> None:
    timeline = Timeline(8, cuts=(4,), duplicates=(2, 6))
    assert [shot.tolist() for shot in timeline.shots()] == [[0, 1, 3], [4, 5, 7]]
    assert timeline.transitions().tolist() == [1, 3, 5, 7]


def test_flicker_across_a_cut_is_measured_within_the_shots() -> None:
    truth = np.concatenate([scene(1, 20), scene(2, 20)])
    restored = truth * np.repeat([1.0, 1.3], 20).astype(np.float32).reshape(-1, 1, 1, 1)
    assert flicker_residual_global(restored, truth) < 1e-6
    assert flicker_residual_global(restored, truth, Timeline(40)) > 0.02


def test_timeline_of_another_clip_is_refused() -> None:
    clip = scene(1, 6)
    with pytest.raises(QualityError, match="covers 9 frames, the clip has 6"):
        flicker_residual_global(clip, clip, Timeline(9))


def test_change_of_faint_noise_on_black_is_no_cut() -> None:
    rng = np.random.default_rng(3)
    first, second = (rng.uniform(0, 2 / 255, (HEIGHT, WIDTH, 3)).astype(np.float32) for _ in range(2))
    assert find_timeline(np.stack([first] * 5 + [second] * 5)).cuts == ()
