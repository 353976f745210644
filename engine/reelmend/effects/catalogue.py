"""The effects that the engine has, and their models: the one list behind panels, RPC and command line."""

from __future__ import annotations

from collections.abc import Mapping

from reelmend.effects.deflicker import Deflicker
from reelmend.effects.effect import Effect
from reelmend.errors import ModelError, NotFoundError
from reelmend.inference.models import Model, ModelStore

EFFECTS: dict[str, Effect] = {effect.name: effect for effect in (Deflicker(),)}


def find_effect(name: str, effects: Mapping[str, Effect] = EFFECTS) -> Effect:
    """Return the effect. Raises NotFoundError that lists the effects."""
    if name not in effects:
        raise NotFoundError(f"no effect '{name}'; there is {', '.join(sorted(effects))}")
    return effects[name]


def find_model(store: ModelStore, effect: Effect, model_id: str = "") -> Model:
    """Return the effect's model of that id, or its default model. Raises NotFoundError or ModelError."""
    model = store.get(model_id or effect.default_model)
    if model.manifest.effect != effect.name:
        raise ModelError(
            f"model '{model.manifest.id}' is for the effect '{model.manifest.effect}', not for '{effect.name}'"
        )
    return model
