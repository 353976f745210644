import numpy as np
import pytest

from reelmend.analysis.strength import Flicker
from reelmend.quality.flicker import flicker_residual_global, flicker_residual_local
from support.clips import Frames, moving_scene, with_flicker
from support.flickering import with_bands, with_patches, with_pulse

SIZE = (192, 108)


@pytest.fixture(scope="module")
def scene() -> Frames:
    return moving_scene(40, *SIZE)


def interleaved(frames: Frames) -> np.ndarray:
    return frames.transpose(0, 2, 3, 1)


@pytest.mark.parametrize("deviation", [0.01, 0.03, 0.08])
def test_global_strength_is_the_truth(analysed, scene: Frames, deviation: float) -> None:
    damaged = with_flicker(scene, deviation=deviation)
    truth = 100 * flicker_residual_global(interleaved(damaged), interleaved(scene))
    assert analysed(damaged).flicker.overall.percent == pytest.approx(truth, rel=0.06)


@pytest.mark.parametrize("deviation", [0.03, 0.08])
def test_strength_on_the_grid_is_the_truth(analysed, scene: Frames, deviation: float) -> None:
    damaged = with_patches(scene, deviation)
    truth = 100 * flicker_residual_local(interleaved(damaged), interleaved(scene))
    assert analysed(damaged).flicker.grid.percent == pytest.approx(truth, rel=0.1)


def test_bands_have_their_depth_number_and_period(analysed, scene: Frames) -> None:
    found = analysed(with_bands(scene, depth=0.06, per_height=2.5, period_frames=4.4)).flicker
    assert found.rows.percent == pytest.approx(100 * 0.06 / np.sqrt(2), rel=0.1)
    assert found.rows.period_frames == pytest.approx(4.4, abs=0.1)
    assert found.bands == pytest.approx(2.5, abs=0.5)
    assert found.rows_profile == pytest.approx(found.rows.percent, rel=0.35)


@pytest.mark.parametrize("period_frames", [2.5, 3.0, 6.0])
def test_pulse_has_its_period(analysed, scene: Frames, period_frames: float) -> None:
    found = analysed(with_pulse(scene, period_frames=period_frames)).flicker
    assert found.overall.period_frames == pytest.approx(period_frames, rel=0.02)


def test_flicker_without_a_rhythm_has_no_period(analysed, scene: Frames) -> None:
    found = [analysed(with_flicker(scene, seed=seed)).flicker.overall.period_frames for seed in range(6)]
    assert found == [None] * 6


def test_map_shows_where_the_picture_flickers(analysed, scene: Frames) -> None:
    corner = scene.copy()
    gains = np.exp(np.random.default_rng(2).normal(0, 0.08, len(scene))).astype(np.float32)
    corner[:, :, :36, :60] *= gains[:, None, None, None]
    shown = analysed(corner).flicker.local_map
    assert shown[:3, :5].mean() > 3 * shown[4:, 7:].mean()


def test_outliers_are_not_counted_as_flicker(analysed, scene: Frames) -> None:
    steady = analysed(scene).flicker
    clip = scene.copy()
    clip[20] *= 1.7
    clip[30] = 0.0
    found = analysed(clip).flicker
    assert found.overall.percent < steady.overall.percent + 0.1
    assert found.frames == len(scene) - 2


def test_flicker_is_measured_within_shots(analysed) -> None:
    dark, bright = 0.3 * moving_scene(20, *SIZE), 1.1 * moving_scene(20, *SIZE, seed=9)
    found: Flicker = analysed(np.concatenate([dark, bright])).flicker
    assert found.overall.percent < 0.3


def test_colours_that_flicker_against_each_other_are_seen(analysed, scene: Frames) -> None:
    clip = scene.copy()
    gains = np.exp(np.random.default_rng(4).normal(0, 0.03, (len(scene), 3))).astype(np.float32)
    clip *= gains[:, :, None, None]
    assert analysed(clip).flicker.colour_percent > 2.0
    assert analysed(with_flicker(scene)).flicker.colour_percent < 0.3


def test_clip_without_a_shot_of_eight_frames_is_not_measured(analysed, scene: Frames) -> None:
    found = analysed(scene[:7])
    assert (found.flicker, found.verdict.type) == (None, "none")
    assert analysed(scene[:8]).flicker is not None
