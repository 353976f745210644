from __future__ import annotations

import numpy as np
import pytest
import torch

from reelmend_models.definitions.deflicker.running_max import running_max
from reelmend_models.definitions.deflicker.tone_curve import tone_curve

PLAIN_FLICKER = 0.5
SCENE = np.linspace(0.02, 0.95, 64)
HISTOGRAMS = {
    "picture": SCENE,
    "flat": np.full(64, 0.4),
    "black": np.zeros(64),
    "letterbox": np.where(np.arange(64) < 24, 0.0, SCENE),
    "title card": np.where(np.arange(64) < 60, 0.01, 0.98),
    "below zero and above one": np.linspace(-0.2, 6.0, 64),
    "very dark": SCENE * 1e-3,
}


def gains(current: np.ndarray, target: np.ndarray, strength: float = 1.0) -> np.ndarray:
    arrays = (current, target, np.asarray(PLAIN_FLICKER), np.asarray(strength))
    return tone_curve(*(torch.tensor(array, dtype=torch.float32) for array in arrays)).gains.numpy()


def test_running_max_is_that_of_numpy() -> None:
    values = np.random.default_rng(0).standard_normal(257).astype(np.float32)
    np.testing.assert_array_equal(running_max(torch.from_numpy(values)).numpy(), np.maximum.accumulate(values))


@pytest.mark.parametrize("current", HISTOGRAMS.values(), ids=HISTOGRAMS.keys())
@pytest.mark.parametrize("factor", [0.7, 1.0, 1.3])
def test_gain_of_every_histogram_is_that_of_the_frame(current: np.ndarray, factor: float) -> None:
    if not current.any():
        factor = 1.0
    np.testing.assert_allclose(gains(current, factor * current), factor, rtol=1e-3)


def test_strength_blends_in_log_gain() -> None:
    full, half = gains(SCENE, 0.8 * SCENE), gains(SCENE, 0.8 * SCENE, 0.5)
    np.testing.assert_allclose(half, np.sqrt(full), rtol=1e-5)
    np.testing.assert_array_equal(gains(SCENE, 0.8 * SCENE, 0.0), 1.0)


def test_gamma_flicker_is_undone() -> None:
    seen = SCENE**1.15
    curve = tone_curve(
        *(torch.tensor(a, dtype=torch.float32) for a in (seen, SCENE, np.asarray(PLAIN_FLICKER), np.asarray(1.0)))
    )
    position = 256 * (_place(seen, seen) - _place(seen, seen)[0]) / np.ptp(_place(seen, seen))
    gain = np.interp(position, np.arange(258), curve.gains.numpy())
    pedestal = curve.pedestal.item()
    corrected = (seen + pedestal) * gain - pedestal * curve.overall.item()
    assert np.abs(corrected - SCENE).max() < 0.35 * np.abs(seen - SCENE).max()
    assert corrected.mean() == pytest.approx(SCENE.mean(), rel=5e-3)


def test_curve_stays_monotone_when_the_target_folds() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        current = np.sort(rng.random(64) ** 2)
        target = np.clip(current * np.exp(rng.normal(0, 0.4, 64)), 0, None)
        curve = tone_curve(
            *(
                torch.tensor(a, dtype=torch.float32)
                for a in (current, target, np.asarray(PLAIN_FLICKER), np.asarray(1.0))
            )
        )
        places = np.linspace(_place(current, current)[0], _place(current, current)[-1], 257)
        luma = curve.middle.item() * places / (1 - places)
        output = (luma + curve.pedestal.item()) * curve.gains.numpy()[:257]
        assert (np.diff(output) > -1e-6).all()


@pytest.mark.parametrize(("flicker", "share"), [(0.0, 0.0), (0.001, 0.01), (0.02, 1.0)])
def test_flicker_that_nobody_sees_is_left_alone(flicker: float, share: float) -> None:
    arrays = (SCENE, 1.002 * SCENE, np.asarray(flicker), np.asarray(1.0))
    curve = tone_curve(*(torch.tensor(array, dtype=torch.float32) for array in arrays))
    assert np.log(curve.gains.numpy()) == pytest.approx(share * np.log(1.002), abs=5e-5)


def test_frame_that_stands_out_of_a_steady_window_is_mended() -> None:
    arrays = (1.5 * SCENE, SCENE, np.asarray(0.0), np.asarray(1.0))
    curve = tone_curve(*(torch.tensor(array, dtype=torch.float32) for array in arrays))
    np.testing.assert_allclose(curve.gains.numpy(), 1 / 1.5, rtol=1e-3)


def test_flash_and_black_frame_are_left_alone() -> None:
    np.testing.assert_array_equal(gains(SCENE * 8, SCENE), 1.0)
    np.testing.assert_array_equal(gains(SCENE * 1e-3, SCENE), 1.0)


def _place(values: np.ndarray, current: np.ndarray) -> np.ndarray:
    return values / (values + current.mean())
