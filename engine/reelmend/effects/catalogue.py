"""The effects that the engine has, and their models: the one list behind panels, RPC and command line."""

from __future__ import annotations

from collections.abc import Mapping

from reelmend.effects.deflicker import Deflicker
from reelmend.effects.effect import Effect
from reelmend.effects.repair.fill import filled
from reelmend.effects.repair.lines import StandingLines
from reelmend.effects.repair.repair import Repair
from reelmend.effects.window_model import WindowModel
from reelmend.errors import ModelError, UnknownNameError
from reelmend.inference.models import Model, ModelStore

EFFECTS: dict[str, Effect] = {
    effect.name: effect for effect in (Deflicker(), Repair(filled, StandingLines), WindowModel())
}


def find_effect(name: str, effects: Mapping[str, Effect] = EFFECTS) -> Effect:
    """Return the effect. Raises UnknownNameError that lists the effects."""
    if name not in effects:
        raise UnknownNameError(f"no effect '{name}'; there is {', '.join(sorted(effects))}")
    return effects[name]


def find_model(store: ModelStore, effect: Effect, model_id: str = "") -> Model:
    """Return the effect's model of that id, or its default model. Raises UnknownNameError or ModelError.

    An effect without a default runs models that were made for others, too, as far as it knows what feeds them.
    """
    if not model_id and not effect.default_model:
        fitting = [model.manifest.id for model in store.all() if model.manifest.effect == effect.name]
        raise UnknownNameError(
            f"effect '{effect.name}' has no model of its own; name one with --model or in the node's menu. There is "
            f"{', '.join(fitting) or 'none made for it'}"
        )
    model = store.get(model_id or effect.default_model)
    if effect.default_model and model.manifest.effect != effect.name:
        raise ModelError(
            f"model '{model.manifest.id}' is for the effect '{model.manifest.effect}', not for '{effect.name}'"
        )
    return model
