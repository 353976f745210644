"""What is learnt from: flicker of the simulator's strength, light that is let alone, windows that are cut as in use."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reelmend_models.damage import Flicker
from reelmend_models.definitions.deflicker.trend_net import REACH_FRAMES
from reelmend_models.training.deflicker.flicker_paths import BAND, CELL, FLICKERS, LEVEL, NONE, TONE, draw_flicker
from reelmend_models.training.deflicker.light import draw_light
from reelmend_models.training.deflicker.loss import loss_of, without_line
from reelmend_models.training.deflicker.measured_light import ShotLight
from reelmend_models.training.deflicker.paths import LEAST_DOUBT, Pool, draw_pool, measured_paths
from reelmend_models.training.deflicker.windows import (
    CENTRES_FRAMES,
    RADII_FRAMES,
    USUAL_RADIUS_FRAMES,
    Windows,
    draw_windows,
)

MIDDLE = REACH_FRAMES


@pytest.fixture
def pool(shots: list[ShotLight]) -> Pool:
    return draw_pool(np.random.default_rng(5), 512, 192, measured_paths(shots, "training"))


def test_flicker_has_every_kind_and_keeps_to_the_simulators_strengths() -> None:
    flicker = draw_flicker(np.random.default_rng(0), 4096, 192)
    assert set(flicker.kinds) == {LEVEL, CELL, TONE, BAND, NONE}
    assert not flicker.values[flicker.kinds == NONE].any()
    most = max(np.max(stage.spatial_std) for stage in FLICKERS)
    assert np.median(flicker.values[flicker.kinds == CELL].std(axis=1)) < most
    # The usual deviation is that of a quartile, which rare stray frames do not move.
    level = flicker.values[flicker.kinds == LEVEL]
    usual = np.subtract(*np.quantile(level, [0.75, 0.25], axis=1)) / 1.349
    assert usual.max() < 1.5 * max(np.max(stage.gain_std) for stage in FLICKERS)
    assert (np.abs(level).max(axis=1) > 0.15).any(), "stray frames"


def test_flicker_comes_from_the_simulators_presets() -> None:
    assert Flicker() in FLICKERS
    assert all(isinstance(stage, Flicker) for stage in FLICKERS)


def test_light_of_one_generator_is_the_same_again_and_finite(shots: list[ShotLight]) -> None:
    levels = measured_paths(shots, "training").levels
    first, again = (draw_light(np.random.default_rng(3), 200, 150, levels) for _ in range(2))
    assert first.shape == (200, 150)
    assert np.isfinite(first).all()
    np.testing.assert_array_equal(first, again)


def test_light_can_be_drawn_without_measured_paths() -> None:
    assert np.isfinite(draw_light(np.random.default_rng(3), 64, 100, [])).all()


def test_pool_without_flicker_sees_the_light_itself(pool: Pool) -> None:
    clean = pool.kinds == NONE
    assert clean.any()
    assert torch.equal(pool.seen[clean], pool.light[clean])
    assert torch.all(pool.doubt[clean] == LEAST_DOUBT)


def test_windows_show_the_path_around_their_middle_and_nothing_beyond(pool: Pool) -> None:
    windows = draw_windows(pool, torch.Generator().manual_seed(1), 64)
    assert windows.paths.shape == windows.present.shape == (64, 6, 2 * REACH_FRAMES + 1)
    assert set(windows.present.unique().tolist()) == {0.0, 1.0}
    assert torch.all(windows.present[..., MIDDLE] == 1)
    assert torch.all(windows.paths[..., MIDDLE] == 0)
    assert torch.all(windows.paths[windows.present == 0] == 0)
    both = (windows.present[:, 0, 1:] * windows.present[:, 1, :-1]).bool()
    forward = windows.paths[:, 0, 1:] + windows.seen[:, :1]
    shifted = windows.paths[:, 1, :-1] + windows.seen[:, 1:2]
    overlap = torch.where(both, forward - shifted, 0.0).abs().amax(dim=1)
    assert (overlap < 1e-5).float().mean() > 0.3, "half of the windows are not mirrored in time"


def test_windows_of_one_generator_are_the_same_again(pool: Pool) -> None:
    first, again = (draw_windows(pool, torch.Generator().manual_seed(9), 8) for _ in range(2))
    assert all(torch.equal(getattr(first, name), getattr(again, name)) for name in vars(first))


def test_windows_reach_as_far_as_any_radius_and_are_shortened_at_clip_ends(pool: Pool) -> None:
    windows = draw_windows(pool, torch.Generator().manual_seed(2), 512)
    counts = windows.present.sum(dim=2)
    assert 1 <= counts.min() <= RADII_FRAMES[0]
    assert 2 * USUAL_RADIUS_FRAMES + 1 < counts.max() <= 2 * RADII_FRAMES[1] + 1
    assert (windows.known == 0).any(), "some middles lie beyond an end"
    one_sided = windows.present[..., :MIDDLE].sum(dim=2) == 0
    assert (one_sided & (counts > 1)).any(), "some windows begin at their middle"


def _windows(light: torch.Tensor, seen: torch.Tensor) -> Windows:
    nothing = torch.zeros(*light.shape, 3)
    return Windows(nothing, nothing, seen, light, torch.ones_like(light), torch.full((len(light), 1), 0.01))


def test_loss_is_nothing_for_the_true_light_and_grows_with_wavering() -> None:
    light = torch.linspace(0, 0.1, 6).repeat(2, 1)
    seen = light + 0.01 * torch.tensor([1.0, -1.0]).repeat(2, 3)
    windows = _windows(light, seen)
    assert loss_of(light - seen, windows, 4.0).item() == pytest.approx(0.0, abs=1e-6)
    lifted, unmoved = loss_of(light - seen + 0.01, windows, 4.0), loss_of(torch.zeros_like(seen), windows, 4.0)
    assert 0 < lifted.item() < unmoved.item()


def test_a_straight_line_is_taken_away_whole() -> None:
    line = 3.0 + 0.5 * torch.tensor(CENTRES_FRAMES)[None]
    assert without_line(line).abs().max() < 1e-5
    waver = torch.tensor([[1.0, -1.0, 1.0, -1.0, 1.0, -1.0]])
    assert without_line(waver).abs().max() > 0.7
