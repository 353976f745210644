"""The View menu through the node and a real engine."""

from __future__ import annotations

import numpy as np
import pytest

import pyopenfx
from support.clips import moving_scene, with_flicker
from support.engines import RunningEngine
from support.nodes import DEFLICKER, node, planar

FRAMES = with_flicker(moving_scene(15, width=53, height=37))


@pytest.fixture(scope="module")
def mended(shared_engine: RunningEngine) -> np.ndarray:
    with node(FRAMES, shared_engine.address) as effect:
        return planar(effect.render(7))


def _shown(engine: RunningEngine, **parameters: object) -> np.ndarray:
    with node(FRAMES, engine.address, parameters=parameters) as effect:
        picture = effect.render(7)
        assert effect.violations == []
        assert np.all(picture[:, :, 3] == 1.0)
        return planar(picture)


def test_source_shows_the_source_without_asking_the_engine(no_engine: str) -> None:
    with node(FRAMES, no_engine, parameters={"view": "Source"}) as effect:
        assert effect.is_identity(7) == ("Source", 7.0)
        assert np.array_equal(planar(effect.render(7, honour_identity=False)), FRAMES[7])


@pytest.mark.parametrize("gain", [1.0, 10.0, 250.0])
def test_difference_shows_how_far_the_result_is_from_the_source(
    shared_engine: RunningEngine, mended: np.ndarray, gain: float
) -> None:
    shown = _shown(shared_engine, view="Difference", differenceGain=gain)
    assert np.array_equal(shown, np.abs(mended - FRAMES[7]) * np.float32(gain))
    assert shown.max() > 0


@pytest.mark.parametrize("position", [0.0, 0.25, 0.5, 1.0])
def test_split_shows_the_source_on_the_left_and_the_result_on_the_right(
    shared_engine: RunningEngine, mended: np.ndarray, position: float
) -> None:
    shown = _shown(shared_engine, view="Split", splitPosition=position)
    column = round(position * 53 + 1e-9)
    assert np.array_equal(shown[:, :, :column], FRAMES[7][:, :, :column])
    assert np.array_equal(shown[:, :, column:], mended[:, :, column:])


def test_difference_is_black_where_nothing_is_done(shared_engine: RunningEngine) -> None:
    assert not _shown(shared_engine, view="Difference", strength=0.0).any()


def test_split_follows_its_keys(shared_engine: RunningEngine, mended: np.ndarray) -> None:
    with node(FRAMES, shared_engine.address, parameters={"view": "Split"}) as effect:
        effect.set_keys("splitPosition", {0: 0.0, 14: 1.0})
        shown = planar(effect.render(7))
    assert np.array_equal(shown[:, :, 27:], mended[:, :, 27:])
    assert np.array_equal(shown[:, :, :26], FRAMES[7][:, :, :26])


def test_applied_gain_is_the_engines_own_output(shared_engine: RunningEngine, mended: np.ndarray) -> None:
    gain = _shown(shared_engine, view="Applied gain")
    assert np.allclose(2 * gain * FRAMES[7], mended, atol=2e-3)


def test_numbers_of_a_view_can_be_used_only_while_it_is_shown(bundle: pyopenfx.Bundle) -> None:
    settings = pyopenfx.InstanceSettings(size=(8, 8), frames=(0, 1))
    with bundle.plugin(DEFLICKER).create(settings) as effect:

        def usable(name: str) -> bool:
            return bool(effect.param_properties(name)["OfxParamPropEnabled"])

        assert (usable("differenceGain"), usable("splitPosition")) == (False, False)
        effect.set("view", "Difference")
        assert (usable("differenceGain"), usable("splitPosition")) == (True, False)
        effect.set("view", "Split")
        assert (usable("differenceGain"), usable("splitPosition")) == (False, True)
