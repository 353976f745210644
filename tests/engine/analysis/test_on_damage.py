"""Clips that the damage simulator has had: only flicker is called flicker, and it is called by its kind."""

import numpy as np
import pytest

from reelmend_models.damage import Chain, damage_clip, preset
from reelmend_models.damage.bands import Bands
from support.clips import Frames, moving_scene

LENGTH = 40


def damaged(chain: Chain, seed: int) -> Frames:
    clip = moving_scene(LENGTH, 192, 108, seed=seed).transpose(0, 2, 3, 1)
    frames = [frame for frame, _ in damage_clip(iter(np.ascontiguousarray(clip)), chain, seed, LENGTH)]
    return np.ascontiguousarray(np.stack(frames).transpose(0, 3, 1, 2))


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", ["dirt-only", "vhs-1990"])
def test_dirt_and_tape_are_no_flicker(analysed, name: str, seed: int) -> None:
    found = analysed(damaged(preset(name), seed))
    assert found.verdict.type == "none"
    assert found.recommendation.effect is None


@pytest.mark.parametrize("seed", [1, 2])
def test_flicker_of_silent_film_is_told_through_its_dirt(analysed, seed: int) -> None:
    assert "global" in analysed(damaged(preset("silent-1910"), seed)).verdict.kinds


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_simulated_bands_are_bands(analysed, seed: int) -> None:
    assert analysed(damaged(Chain((Bands(),)), seed)).verdict.type == "bands"
