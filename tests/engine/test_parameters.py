"""Parameters: one descriptor, and an answer in words to every wrong value."""

import math

import pytest
from pydantic import ValidationError

from reelmend.errors import BadRequestError
from reelmend.parameters import Choice, Parameter, ParameterType, resolve

STRENGTH = Parameter(
    name="strength", label="Strength", type="number", default=1.0, minimum=0, maximum=1, hint="How much"
)
RADIUS = Parameter(
    name="radius", label="Radius", type="integer", default=15, minimum=1, maximum=60, hint="Reach", unit="frames"
)
VIEW = Parameter(
    name="view", label="View", type="choice", default="a", hint="", choices=(Choice(value="a", label="A"),)
)
FLAG = Parameter(name="flag", label="Flag", type="flag", default=False, hint="")


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan, math.inf, "much", True, None])
def test_number_outside_its_range_is_refused_with_what_is_allowed(value: object) -> None:
    with pytest.raises(BadRequestError, match=r"parameter 'strength' can't be .*; give a number from 0 to 1"):
        STRENGTH.check(value)


def test_integer_takes_whole_numbers_only() -> None:
    assert RADIUS.check(7.0) == 7
    with pytest.raises(BadRequestError, match="a whole number from 1 to 60 frames"):
        RADIUS.check(7.5)


@pytest.mark.parametrize(("text", "value"), [("on", True), ("false", False), ("1", True)])
def test_flag_is_spelled_as_people_spell_it(text: str, value: bool) -> None:
    assert FLAG.parse(text) is value


@pytest.mark.parametrize(("parameter", "text"), [(FLAG, "perhaps"), (VIEW, "b"), (STRENGTH, "1,5"), (STRENGTH, "nan")])
def test_text_that_spells_no_value_is_refused(parameter: Parameter, text: str) -> None:
    with pytest.raises(BadRequestError, match=f"parameter '{parameter.name}' can't be"):
        parameter.parse(text)


def test_resolve_fills_in_defaults_and_refuses_unknown_names() -> None:
    assert resolve([STRENGTH, RADIUS], {"radius": 3}, "effect 'x'") == {"strength": 1.0, "radius": 3}
    with pytest.raises(BadRequestError, match="effect 'x' has no parameter 'radios'; it has radius, strength"):
        resolve([STRENGTH, RADIUS], {"radios": 3}, "effect 'x'")


def test_descriptor_whose_default_is_out_of_range_is_refused_at_birth() -> None:
    with pytest.raises((ValidationError, BadRequestError)):
        Parameter(name="x", label="X", type=ParameterType.NUMBER, default=2, minimum=0, maximum=1, hint="")


def test_label_with_a_dash_is_refused_because_nuke_refuses_it() -> None:
    with pytest.raises(ValidationError):
        Parameter(name="x", label="A-B", type="text", default="", hint="")
