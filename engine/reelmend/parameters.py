"""The descriptor of a parameter: said once, read by the OpenFX panel, the RPC and the command line."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, model_validator

from reelmend.errors import BadRequestError

Value = bool | int | float | str
LABEL = r"^[^-]+$"
"""What may stand in a panel: Nuke refuses "-"."""


class ParameterType(StrEnum):
    NUMBER = "number"
    INTEGER = "integer"
    FLAG = "flag"
    CHOICE = "choice"
    TEXT = "text"
    BUTTON = "button"
    """Something to press; it has no value, and panels alone have it."""


class Role(StrEnum):
    """Who reads the parameter: the model in the engine, or the node itself."""

    MODEL = "model"
    PRESET = "preset"
    MODEL_MENU = "model_menu"
    MODEL_ID = "model_id"
    VIEW = "view"
    DIFFERENCE_GAIN = "difference_gain"
    SPLIT_POSITION = "split_position"
    ALPHA_OUTPUT = "alpha_output"
    WITHOUT_NEIGHBOURS = "without_neighbours"
    FIELD_ORDER = "field_order"
    ENGINE_ADDRESS = "engine_address"
    DEVICE = "device"
    PIXEL_ROUTE = "pixel_route"
    PRECISION = "precision"
    TIMEOUT = "timeout"
    TEST_CONNECTION = "test_connection"
    STATUS_ENGINE = "status_engine"
    STATUS_MODEL = "status_model"
    STATUS_DEVICE = "status_device"
    STATUS_TIME = "status_time"
    STATUS_ERROR = "status_error"
    PANEL_VERSION = "panel_version"


class Choice(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    value: str
    label: str = Field(pattern=LABEL)


class Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    label: str = Field(pattern=LABEL)
    open: bool = True


class Parameter(BaseModel):
    """One parameter. `minimum` and `maximum` are inclusive and set for numbers and integers only.

    `display_minimum` and `display_maximum` are the ends of its slider, within the range; unset: those of the range.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][A-Za-z0-9_]*$")
    label: str = Field(pattern=LABEL)
    type: ParameterType
    default: Value
    minimum: float | None = None
    maximum: float | None = None
    display_minimum: float | None = None
    display_maximum: float | None = None
    hint: str
    unit: str = ""
    choices: tuple[Choice, ...] = ()
    group: str = "main"
    role: Role = Role.MODEL
    animates: bool = False

    @model_validator(mode="after")
    def _default_is_allowed(self) -> Parameter:
        if self.type in (ParameterType.NUMBER, ParameterType.INTEGER) and None in (self.minimum, self.maximum):
            raise ValueError(f"parameter '{self.name}' needs a minimum and a maximum")
        for shown in (self.display_minimum, self.display_maximum):
            if shown is not None and not (self.minimum or 0) <= shown <= (self.maximum or 0):
                raise ValueError(f"parameter '{self.name}' shows {shown:g}, which is not in its range")
        self.check(self.default)
        return self

    def check(self, value: object) -> Value:
        """Return `value` in the parameter's own type. Raises BadRequestError that says what is allowed."""
        if self.type is ParameterType.FLAG:
            return self._flag(value)
        if self.type in (ParameterType.TEXT, ParameterType.BUTTON):
            return self._text(value)
        if self.type is ParameterType.CHOICE:
            return self._choice(value)
        return self._number(value)

    def parse(self, text: str) -> Value:
        """Return the value that `text` spells, as on a command line. Raises BadRequestError."""
        if self.type is ParameterType.FLAG:
            words = {
                "true": True,
                "on": True,
                "yes": True,
                "1": True,
                "false": False,
                "off": False,
                "no": False,
                "0": False,
            }
            return self.check(words.get(text.lower(), text))
        if self.type in (ParameterType.NUMBER, ParameterType.INTEGER):
            try:
                return self.check(float(text))
            except ValueError:
                raise self._refused(text) from None
        return self.check(text)

    @property
    def allowed(self) -> str:
        """What may be given, in words: 'a number from 0 to 1', 'one of result, source'."""
        if self.type is ParameterType.CHOICE:
            return "one of " + ", ".join(choice.value for choice in self.choices)
        if self.type is ParameterType.FLAG:
            return "true or false"
        if self.type is ParameterType.TEXT:
            return "a text"
        word = "a whole number" if self.type is ParameterType.INTEGER else "a number"
        unit = f" {self.unit}" if self.unit else ""
        return f"{word} from {self.minimum:g} to {self.maximum:g}{unit}"

    def _refused(self, value: object) -> BadRequestError:
        return BadRequestError(f"parameter '{self.name}' can't be {value!r}; give {self.allowed}")

    def _flag(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise self._refused(value)
        return value

    def _text(self, value: object) -> str:
        if not isinstance(value, str):
            raise self._refused(value)
        return value

    def _choice(self, value: object) -> str:
        if value not in [choice.value for choice in self.choices]:
            raise self._refused(value)
        return str(value)

    def _number(self, value: object) -> float | int:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self._refused(value)
        if self.minimum is None or self.maximum is None or not self.minimum <= value <= self.maximum:
            raise self._refused(value)
        if self.type is ParameterType.INTEGER:
            if value != int(value):
                raise self._refused(value)
            return int(value)
        return float(value)


def resolve(parameters: Iterable[Parameter], given: Mapping[str, object], where: str) -> dict[str, Value]:
    """Return a value for every parameter: the given one, checked, or the default. Raises BadRequestError."""
    known = {parameter.name: parameter for parameter in parameters}
    for name in given:
        if name not in known:
            raise BadRequestError(f"{where} has no parameter '{name}'; it has {', '.join(sorted(known))}")
    return {
        name: parameter.check(given[name]) if name in given else parameter.default for name, parameter in known.items()
    }
