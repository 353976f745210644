"""Temporal measures against known motion and known flicker."""

import cv2
import numpy as np
import pytest

from reelmend.quality import QualityError, Timeline, flow_steps_dis, temporal_difference_error, warp_error_dis
from reelmend.quality.motion import consistent

HEIGHT, WIDTH, FRAMES = 96, 160, 8


def texture(seed: int, width: int = WIDTH) -> np.ndarray:
    noise = np.random.default_rng(seed).uniform(0, 1, (HEIGHT, width, 3)).astype(np.float32)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2.5), None, 0.1, 0.8, cv2.NORM_MINMAX)


@pytest.fixture(scope="module")
def panning() -> np.ndarray:
    wide = texture(1, WIDTH + 4 * FRAMES)
    return np.stack([wide[:, 4 * t : 4 * t + WIDTH] for t in range(FRAMES)])


@pytest.fixture(scope="module")
def still() -> np.ndarray:
    return np.repeat(texture(2)[None], FRAMES, axis=0)


def alternating(amplitude: float) -> np.ndarray:
    return (amplitude * (-1.0) ** np.arange(FRAMES)).astype(np.float32).reshape(-1, 1, 1, 1)


def test_constant_error_has_no_temporal_difference(panning: np.ndarray) -> None:
    assert temporal_difference_error(panning + np.float32(0.2), panning) < 1e-4


def test_alternating_error_has_twice_its_amplitude(panning: np.ndarray) -> None:
    error = temporal_difference_error(panning + alternating(0.02), panning)
    assert error == pytest.approx(255 * 0.04, rel=1e-4)


def test_step_at_a_cut_and_jump_at_a_duplicate_are_left_out(panning: np.ndarray) -> None:
    restored = panning.copy()
    restored[4:] += 0.1
    assert temporal_difference_error(restored, panning) == pytest.approx(255 * 0.1 / np.sqrt(7), rel=1e-4)
    assert temporal_difference_error(restored, panning, Timeline(FRAMES, cuts=(4,))) < 1e-4
    assert temporal_difference_error(restored, panning, Timeline(FRAMES, duplicates=(4,))) < 1e-4


def test_flow_points_back_along_the_pan(panning: np.ndarray) -> None:
    steps = flow_steps_dis(panning)
    middle = steps[3].backward_px[20:-20, 20:-20].astype(np.float32)
    assert len(steps) == FRAMES - 1
    assert np.median(middle[..., 0]) == pytest.approx(4.0, abs=0.1)
    assert np.median(middle[..., 1]) == pytest.approx(0.0, abs=0.1)


def test_pixels_that_came_from_outside_the_frame_are_not_valid(panning: np.ndarray) -> None:
    valid = flow_steps_dis(panning)[3].valid
    assert valid[:, -3:].mean() < 0.05
    assert valid[10:-10, 20:-20].mean() > 0.95


def test_pan_without_flicker_has_little_warp_error(panning: np.ndarray) -> None:
    plain = 255 * np.sqrt(np.mean(np.square(np.diff(panning, axis=0))))
    assert warp_error_dis(panning) < 0.1 * plain


def test_warp_error_of_alternating_brightness_is_twice_its_amplitude(still: np.ndarray) -> None:
    assert warp_error_dis(still + alternating(0.02), flow_steps_dis(still)) == pytest.approx(255 * 0.04, rel=1e-3)
    assert warp_error_dis(still + alternating(0.02)) == pytest.approx(255 * 0.04, rel=0.05)


def test_warp_error_leaves_a_cut_out() -> None:
    clip = np.concatenate([np.repeat(texture(3)[None], 4, axis=0), np.repeat(texture(4)[None], 4, axis=0)])
    assert warp_error_dis(clip) < 1e-3
    assert warp_error_dis(clip, timeline=Timeline(8)) > 1e-3


def test_single_frame_and_foreign_flow_are_refused(panning: np.ndarray) -> None:
    with pytest.raises(QualityError, match="two different frames of one shot, got 1 frame"):
        temporal_difference_error(panning[:1], panning[:1])
    with pytest.raises(QualityError, match="two different frames of one shot, got 1 frame"):
        warp_error_dis(panning[:1])
    steps = flow_steps_dis(panning)
    with pytest.raises(QualityError, match="the flow is of 8 frames and the clip has 4"):
        warp_error_dis(panning[:4], steps)
    with pytest.raises(QualityError, match="the flow is of 3 frames and the clip has more"):
        warp_error_dis(panning, steps[:2])
    with pytest.raises(QualityError, match=r"the flow is \(96, 160\) and the picture \(50, 160\)"):
        warp_error_dis(panning[:, :50], steps)


def test_uncovered_background_is_not_valid(still: np.ndarray) -> None:
    clip, square = still[:3].copy(), texture(9)[:40, :40]
    for t, frame in enumerate(clip):
        frame[30:70, 40 + 8 * t : 80 + 8 * t] = 1.0 - square
    valid = flow_steps_dis(clip)[0].valid
    assert valid[32:68, 41:47].mean() < 0.5
    assert valid[:25].mean() > 0.95


def test_places_beyond_the_frame_are_not_valid_even_by_half_a_pixel() -> None:
    backward = np.full((20, 30, 2), 0.5, np.float32)
    valid = consistent(backward, -backward)
    assert not valid[:, -1].any()
    assert not valid[-1].any()
    assert valid[:-1, :-1].all()
