"""Measuring the light of clean clips: known light comes back, and motion is not taken for it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from reelmend_models.damage.noise import fractal_field
from reelmend_models.training.deflicker.measure import measured_shot
from reelmend_models.training.deflicker.measured_light import ShotOrigin

ORIGIN = ShotOrigin("clip", "training", 0, 6, "MIT", "© somebody", "0" * 64)


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    field = fractal_field(np.random.default_rng(2), 200, 340, 40.0, octaves=5)
    return np.asarray(np.clip(0.4 + 0.12 * field, 0.05, 0.9), np.float32)


def view(picture: np.ndarray, shift_px: int, gain: float) -> np.ndarray:
    return np.repeat((picture[10:190, shift_px : shift_px + 320] * np.float32(gain))[:, :, None], 3, axis=2)


def test_gains_of_a_still_picture_come_back_as_its_level(picture: np.ndarray) -> None:
    gains = np.array([1.0, 1.05, 0.97, 1.02, 0.9, 1.0])
    shot = measured_shot(ORIGIN, [view(picture, 0, gain) for gain in gains])
    np.testing.assert_allclose(shot.level, np.log(gains), atol=0.004)
    assert shot.tones.shape == (6, 16)
    assert np.abs(shot.cells).max() < 0.004


def test_a_pan_does_not_change_the_light(picture: np.ndarray) -> None:
    shot = measured_shot(ORIGIN, [view(picture, 2 * index, 1.0) for index in range(6)])
    assert np.abs(shot.level).max() < 0.003


def test_small_frames_are_measured_too(picture: np.ndarray) -> None:
    small = [cv2.resize(view(picture, 0, gain), (96, 64), interpolation=cv2.INTER_AREA) for gain in (1.0, 1.1)]
    assert measured_shot(ORIGIN, small).level[1] == pytest.approx(np.log(1.1), abs=0.006)
