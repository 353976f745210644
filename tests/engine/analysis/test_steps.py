import cv2
import numpy as np
import pytest

from reelmend.analysis.observation import one_thread
from reelmend.analysis.steps import Step, StepFinder, look
from support.clips import Frames, moving_scene


@pytest.fixture(scope="module")
def pan() -> Frames:
    return moving_scene(4, 192, 108, grain=0.004).mean(axis=1)


def step(before: np.ndarray, after: np.ndarray) -> Step:
    with one_thread():
        return StepFinder().between(look(before), look(after.astype(np.float32)))


def test_motion_alone_is_no_change_of_light(pan: Frames) -> None:
    found = step(pan[0], pan[2])
    assert abs(found.overall) < 0.006
    assert np.median(np.abs(found.local)) < 0.01
    assert found.motion_px == pytest.approx(2.0, abs=0.2)
    assert found.trusted_share > 0.7


@pytest.mark.parametrize("gain", [0.8, 0.95, 1.1, 1.3])
def test_gain_is_found_under_motion(pan: Frames, gain: float) -> None:
    found = step(pan[0], pan[1] * gain)
    assert found.overall == pytest.approx(np.log(gain), abs=0.01)
    assert np.median(np.abs(found.local)) < 0.01


def test_gamma_and_offset_are_a_tone_curve_and_not_local(pan: Frames) -> None:
    found = step(pan[0], pan[1] ** 1.06 + 0.01)
    assert np.median(np.abs(found.cells)) > 0.02
    assert np.median(np.abs(found.local)) < 0.01


def test_dark_half_is_local_on_its_side(pan: Frames) -> None:
    shade = np.ones_like(pan[1])
    shade[:, 96:] = 0.85
    found = step(pan[0], pan[1] * cv2.GaussianBlur(shade, (0, 0), 8))
    sides = found.local[:, :6].mean() - found.local[:, 10:].mean()
    assert sides == pytest.approx(-np.log(0.85), abs=0.03)


def test_bands_stand_in_the_rows_and_do_not_lead_the_flow(pan: Frames) -> None:
    log_gain = 0.08 * np.sin(2 * np.pi * 3 * np.arange(108) / 108)
    found = step(pan[0], pan[1] * np.exp(log_gain)[:, None])
    expected = cv2.resize(log_gain[:, None], (1, len(found.rows)), interpolation=cv2.INTER_AREA)[:, 0]
    assert np.corrcoef(found.rows, expected)[0, 1] > 0.97
    assert found.motion_px == pytest.approx(1.0, abs=0.2)


def test_blotch_prints_no_light_of_its_own(pan: Frames) -> None:
    dirty = pan[1].copy()
    cv2.circle(dirty, (60, 50), 7, 0.95, -1)
    assert np.abs(step(pan[0], dirty).local - step(pan[0], pan[1]).local).max() < 0.05


def test_clipped_light_has_no_say() -> None:
    scene = np.clip(moving_scene(2, 192, 108, grain=0.0).mean(axis=1) + 0.2, 0, 1)
    brighter = np.clip(scene * 1.25, 0, 1)
    assert (brighter[1] == 1).mean() > 0.05
    found = step(scene[0], brighter[1])
    assert np.median(found.cells) == pytest.approx(np.log(1.25), abs=0.01)


def test_frames_that_share_nothing_say_nothing(pan: Frames) -> None:
    found = step(pan[0], np.zeros_like(pan[0]))
    assert np.isfinite(found.cells).all()
    assert np.isfinite(found.overall)
    saturated = step(np.ones_like(pan[0]), np.ones_like(pan[0]))
    assert (saturated.overall, saturated.trusted_share) == (0.0, 0.0)
