"""Checks and draws for the settings of damage stages."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any, TypeAlias

import numpy as np

from reelmend.errors import BadRequestError

Range: TypeAlias = float | tuple[float, float]
"""One value, or (low, high): then each clip (or each defect, where the setting says so) draws its own, uniformly."""


class DamageError(BadRequestError):
    """A damage setting, seed, frame or clip cannot be used; the message says which and what would do."""


def bounds(value: Range) -> tuple[float, float]:
    """Return (low, high) of a setting; a single value is both."""
    return (float(value[0]), float(value[1])) if isinstance(value, tuple) else (float(value), float(value))


def draw(generator: np.random.Generator, value: Range) -> float:
    """Return one value of the range, always spending one draw: fixing one setting leaves the others as they were."""
    low, high = bounds(value)
    return low + (high - low) * float(generator.random())


def draw_many(generator: np.random.Generator, value: Range, count: int) -> Any:
    """Return (count,) float64 values of the range."""
    low, high = bounds(value)
    return low + (high - low) * generator.random(count)


def check_range(stage: Any, setting: str, minimum: float, maximum: float) -> None:
    """Raise DamageError unless a setting is a number within [minimum, maximum], or an ordered (low, high) there.

    A setting declared as `float` takes a number only: nothing would draw from its range.
    """
    value = getattr(stage, setting)
    where = f"{type(stage).__name__}.{setting}"
    declared = {field.name: field.type for field in fields(stage)}[setting]
    if declared in (float, "float") and isinstance(value, tuple):
        raise DamageError(f"{where} must be one number, got {value!r}")
    if isinstance(value, tuple) and len(value) != 2:
        raise DamageError(f"{where} must be a number or (low, high), got {value!r}")
    try:
        low, high = bounds(value)
    except (TypeError, ValueError) as error:
        raise DamageError(f"{where} must be a number or (low, high), got {value!r}") from error
    if not (math.isfinite(low) and math.isfinite(high) and minimum <= low <= high <= maximum):
        raise DamageError(f"{where} must lie in {minimum:g}…{maximum:g}, low before high, got {value!r}")
