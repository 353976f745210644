"""Faint standing scratches: too weak for a pixel, plain along their line."""

import numpy as np
import pytest

from reelmend_models.damage import ClipInfo, DamageError, Grain
from reelmend_models.damage.faint_scratch import FaintScratch

CLIP = ClipInfo(100, 720, 960)
GREY = np.full((720, 960, 3), 0.5, np.float32)


def test_its_core_is_as_strong_as_asked_measured_in_grain() -> None:
    grainy = Grain(std=0.03, size_px=0.0).plan(CLIP, 3).apply(GREY, 0)[0]
    for sigmas in (0.5, 1.0, 2.0):
        stage = FaintScratch(sigmas=sigmas, grain_std=0.03, bright_share=1.0, fade=0.0)
        damaged, truth = stage.plan(CLIP, 3).apply(GREY, 0)
        core = truth.mattes["scratch"] > 0.95
        assert core.sum() > 500
        assert (damaged - GREY)[core].mean() == pytest.approx(sigmas * grainy.std(), rel=0.05)


def test_a_pixel_does_not_show_it_and_a_sum_along_it_does() -> None:
    plan = FaintScratch(grain_std=0.03, standing=1.0, slope_px=0.0, wander_px=0.0, fade=0.0).plan(CLIP, 3)
    grainy = Grain(std=0.03, size_px=0.0).plan(CLIP, 3).apply(GREY, 0)[0]
    damaged, truth = plan.apply(grainy, 0)
    column = int(truth.mattes["scratch"].sum(axis=0).argmax())
    means = damaged[..., 0].mean(axis=0)
    away = np.abs(means - np.median(means)) / np.std(np.delete(means, range(column - 4, column + 5)))
    assert int(away.argmax()) in range(column - 2, column + 3)
    assert away.max() > 12.0
    assert np.abs(damaged - 0.5).max() < np.abs(grainy - 0.5).max() + 0.035


def test_it_stands_at_its_place() -> None:
    plan = FaintScratch(standing=2.0, wander_px=2.0, slope_px=0.0).plan(CLIP, 3)
    places = [plan.apply(GREY, index)[1].mattes["scratch"].mean(axis=0) for index in (0, 50, 99)]
    columns = [set(np.flatnonzero(np.convolve(place > 0.05, np.ones(15), "same"))) for place in places]
    assert columns[0] & columns[1] & columns[2]
    assert all(len(plan.sigmas) == 2 for _ in places)


def test_lines_are_lighter_or_darker_as_asked() -> None:
    for share, sign in ((1.0, 1.0), (0.0, -1.0)):
        damaged, truth = FaintScratch(bright_share=share).plan(CLIP, 3).apply(GREY, 0)
        change = (damaged - GREY)[truth.mattes["scratch"] > 0.5]
        assert (sign * change > 0.0).all()


def test_outside_its_matte_the_bits_stay() -> None:
    damaged, truth = FaintScratch().plan(CLIP, 3).apply(GREY, 0)
    changed = (damaged != GREY).any(axis=2)
    assert not changed[truth.mattes["scratch"] == 0.0].any()


def test_settings_out_of_range_are_named() -> None:
    with pytest.raises(DamageError, match=r"FaintScratch\.sigmas must lie in 0…100"):
        FaintScratch(sigmas=-1.0)
    with pytest.raises(DamageError, match=r"Scratch\.width_px"):
        FaintScratch(width_px=-1.0)
