"""What the model takes for the true light of a window, on tracks whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reelmend_models.definitions.deflicker.equalise import expected_quantiles

RADIUS_FRAMES = 15
SCENE = np.linspace(0.05, 0.9, 64) ** 1.5
CELLS = np.random.default_rng(9).random((18, 32)) * 0.8 + 0.05


def steadied(light: np.ndarray, flicker: np.ndarray | float = 1.0, with_grids: bool = True) -> np.ndarray:
    """Return the mean luma that each frame should have, relative to the scene's, given its light and its flicker."""
    seen = light * flicker
    means = [_expected(seen, centre, with_grids).mean() for centre in range(len(seen))]
    return np.array(means) / SCENE.mean()


def _expected(seen: np.ndarray, centre: int, with_grids: bool) -> np.ndarray:
    offsets = np.arange(-RADIUS_FRAMES, RADIUS_FRAMES + 1)
    inside = (centre + offsets >= 0) & (centre + offsets < len(seen))
    gains = seen[np.clip(centre + offsets, 0, len(seen) - 1)]
    grids = gains[:, None, None] * CELLS if with_grids else np.zeros((1, 18, 32))
    arrays = (gains[:, None] * SCENE, grids, offsets, inside)
    return expected_quantiles(*(torch.tensor(np.asarray(array, np.float32)) for array in arrays))[0].numpy()


def flicker(length: int, deviation: float = 0.06) -> np.ndarray:
    return np.exp(deviation * np.random.default_rng(2).standard_normal(length))


@pytest.mark.parametrize("with_grids", [True, False])
def test_steady_light_stays(with_grids: bool) -> None:
    np.testing.assert_allclose(steadied(np.full(20, 0.7), with_grids=with_grids), 0.7, rtol=1e-4)


@pytest.mark.parametrize("with_grids", [True, False])
def test_ramp_survives_to_the_ends_of_the_clip(with_grids: bool) -> None:
    ramp = np.linspace(0.5, 1.0, 50)
    np.testing.assert_allclose(steadied(ramp, with_grids=with_grids), ramp, rtol=2e-3)


@pytest.mark.parametrize("with_grids", [True, False])
@pytest.mark.parametrize("fade_frames", [10, 24, 40])
def test_fade_to_black_stays_a_fade(fade_frames: int, with_grids: bool) -> None:
    fade = np.clip(1 - (np.arange(70) - 20) / fade_frames, 0, 1)
    np.testing.assert_allclose(steadied(fade, with_grids=with_grids), fade, atol=5e-3)


@pytest.mark.parametrize("with_grids", [True, False])
def test_flicker_is_averaged_away(with_grids: bool) -> None:
    light = np.linspace(0.8, 1.0, 60)
    shaken = flicker(60)
    left = np.log(steadied(light, shaken, with_grids) / light)
    assert np.std(np.diff(left)) < 0.1 * np.std(np.diff(np.log(shaken)))
    assert np.abs(left).max() < 0.06


def test_single_flash_leaves_its_neighbours_alone() -> None:
    light = np.ones(31)
    light[15] = 2.0
    np.testing.assert_allclose(steadied(light), 1.0, atol=2e-3)


def test_motion_is_not_taken_for_exposure_when_grids_are_known() -> None:
    """Something dark comes in for some frames: the quantiles sink, but most cells stay."""
    frames = np.arange(-RADIUS_FRAMES, RADIUS_FRAMES + 1)
    shaken = flicker(len(frames))
    shaken[RADIUS_FRAMES] = 1.0
    covered = 0.25 * np.exp(-((frames / 4.0) ** 2))
    quantiles = np.stack([np.quantile(np.r_[SCENE, np.full(round(400 * c), 0.02)], LEVELS) for c in covered])
    grids = np.broadcast_to(CELLS, (len(frames), 18, 32)).copy()
    for grid, share in zip(grids, covered, strict=True):
        grid[:, : round(32 * share)] = 0.02
    used = np.ones(len(frames))
    arrays = [shaken[:, None] * quantiles, shaken[:, None, None] * grids, frames, used]
    truth = quantiles[RADIUS_FRAMES].mean()
    with_grids = expected_quantiles(*(torch.tensor(np.asarray(a, np.float32)) for a in arrays))[0].numpy().mean()
    arrays[1] = np.zeros((1, 18, 32))
    without = expected_quantiles(*(torch.tensor(np.asarray(a, np.float32)) for a in arrays))[0].numpy().mean()
    assert abs(with_grids / truth - 1) < 0.04
    assert abs(with_grids / truth - 1) < 0.5 * abs(without / truth - 1)


LEVELS = (np.arange(64) + 0.5) / 64


@pytest.mark.parametrize("radius", [0, 1, 2, 60])
def test_any_window_length_gives_finite_quantiles(radius: int) -> None:
    length = 2 * radius + 1
    gains = flicker(length)
    arrays = (gains[:, None] * SCENE, gains[:, None, None] * CELLS, np.arange(-radius, radius + 1), np.ones(length))
    found = expected_quantiles(*(torch.tensor(np.asarray(array, np.float32)) for array in arrays))[0].numpy()
    assert np.isfinite(found).all()
    assert 0.8 < found.mean() / SCENE.mean() < 1.25
    if radius == 0:
        np.testing.assert_allclose(found, gains[0] * SCENE, rtol=1e-5)


def test_positions_without_weight_change_nothing() -> None:
    offsets = np.arange(-15, 16)
    weights = (offsets >= 0).astype(np.float64)
    gains = flicker(31)
    other = np.where(weights > 0, gains, 17.0)
    one, two = (
        expected_quantiles(
            *(
                torch.tensor(np.asarray(a, np.float32))
                for a in (g[:, None] * SCENE, np.zeros((1, 18, 32)), offsets, weights)
            )
        )[0].numpy()
        for g in (gains, other)
    )
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("level", [0.0, -0.3, 1e-9, 2000.0])
def test_flat_windows_of_any_level_are_finite(level: float) -> None:
    arrays = (np.full((31, 64), level), np.full((31, 18, 32), level), np.arange(-15, 16), np.ones(31))
    found = expected_quantiles(*(torch.tensor(np.asarray(array, np.float32)) for array in arrays))[0].numpy()
    np.testing.assert_allclose(found, max(level, 0.0), rtol=1e-3, atol=1e-6)
