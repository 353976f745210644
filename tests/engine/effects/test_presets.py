"""Presets are one list that fits the models it is for."""

from __future__ import annotations

import pytest

from reelmend.effects.catalogue import EFFECTS
from reelmend.effects.common_parameters import with_common
from reelmend.effects.panel import FACES, shared_parameters, window_models
from reelmend.effects.presets import FOLDER, STANDARD, preset_values, presets_of
from reelmend.errors import BadRequestError
from reelmend.inference.models import ModelStore
from reelmend.parameters import resolve


def test_every_effect_with_a_panel_has_presets_and_no_file_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} <= set(FACES) <= set(EFFECTS)
    for effect in FACES:
        assert presets_of(effect)[0] == STANDARD


@pytest.mark.parametrize("effect", sorted(FACES))
def test_every_value_is_one_that_the_effects_models_take(effect: str) -> None:
    manifests = window_models(effect, ModelStore.default())
    known = {parameter.name: parameter for parameter in shared_parameters(effect, manifests)}
    for preset in presets_of(effect):
        assert set(preset.values) <= set(known), preset.name
        for manifest in manifests:
            values = preset_values(effect, preset.name, with_common(manifest))
            assert resolve(with_common(manifest), values, preset.name).items() >= values.items()


@pytest.mark.parametrize("effect", sorted(FACES))
def test_no_two_presets_are_the_same(effect: str) -> None:
    presets = presets_of(effect)
    assert len({preset.name for preset in presets}) == len({preset.label for preset in presets}) == len(presets)
    assert len({tuple(sorted(preset.values.items())) for preset in presets}) == len(presets)


def test_unknown_preset_is_refused_with_the_list() -> None:
    with pytest.raises(BadRequestError, match="has no preset 'loud'; it has standard, gentle"):
        preset_values("deflicker", "loud", ())


def test_effect_without_a_file_has_the_standard_preset() -> None:
    assert presets_of("unheard-of") == (STANDARD,)
