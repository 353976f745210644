"""Presets of the effects, one JSON file an effect: the node's menu and `reelmend render --preset` both read them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reelmend.errors import BadRequestError
from reelmend.parameters import LABEL, Parameter, Value

FOLDER = Path(__file__).parent
CUSTOM = "custom"
"""What the node's menu shows when the values are those of no preset."""


class Preset(BaseModel):
    """Values by parameter; those left out take the model's defaults."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: str = Field(pattern=LABEL)
    hint: str
    values: dict[str, Value]


class PresetFile(BaseModel):
    """What a file holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    effect: str
    presets: tuple[Preset, ...]


STANDARD = Preset(name="standard", label="Standard", hint="the model's defaults", values={})


@cache
def presets_of(effect: str) -> tuple[Preset, ...]:
    """Return the effect's presets, the standard one first. Raises BadRequestError when its file is spoilt."""
    path = FOLDER / f"{effect}.json"
    if not path.is_file():
        return (STANDARD,)
    try:
        file = PresetFile.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        raise BadRequestError(f"presets {path} can't be used: {error.errors()[0]['msg']}; install again") from None
    return (STANDARD, *file.presets)


def preset_values(effect: str, name: str, parameters: Sequence[Parameter]) -> dict[str, Value]:
    """Return the preset's values for a model that has `parameters`; values that it has no parameter for are left out.

    Raises BadRequestError for an unknown preset, and for a value outside the model's range.
    """
    found = {preset.name: preset for preset in presets_of(effect)}
    if name not in found:
        raise BadRequestError(f"effect '{effect}' has no preset '{name}'; it has {', '.join(found)}")
    known = {parameter.name: parameter for parameter in parameters}
    return {name: known[name].check(value) for name, value in found[name].values.items() if name in known}
