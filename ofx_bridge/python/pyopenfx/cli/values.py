"""From `--set name=value` to a parameter's value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..description import ParamDescription, PluginDescription

_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}
_DIMENSIONS = {"2D": 2, "3D": 3, "RGB": 3, "RGBA": 4}


@dataclass(frozen=True)
class Setting:
    """A value for a parameter, at all times or (`time` given) as a key."""

    name: str
    value: Any
    time: float | None


def parse_setting(text: str, plugin: PluginDescription) -> Setting:
    """Return the setting in `name=value` or `name@time=value`; several dimensions are separated by commas.

    Raises ValueError that says what the parameter takes.
    """
    target, separator, value = text.partition("=")
    if not separator:
        raise ValueError(f"'{text}' is no setting; write name=value or name@frame=value")
    name, at, moment = target.partition("@")
    try:
        param = plugin.param(name)
    except KeyError as error:
        raise ValueError(error.args[0]) from None
    try:
        time = float(moment) if at else None
        return Setting(name, parse_value(value, param), time)
    except ValueError:
        raise ValueError(f"'{text}': {name} takes {expected(param)}") from None


def parse_value(text: str, param: ParamDescription) -> Any:
    """Return `text` as the type of `param`; raise ValueError when it is none."""
    if param.type in ("String", "Custom", "StrChoice"):
        return text
    if param.type == "Bytes":
        return bytes.fromhex(text)
    if param.type == "Boolean":
        if text.lower() not in _TRUE | _FALSE:
            raise ValueError(text)
        return text.lower() in _TRUE
    if param.type == "Choice":
        return int(text) if text.isdigit() and text not in param.options else text
    convert = int if param.type.startswith("Integer") else float
    count = dimension(param.type)
    numbers = tuple(convert(part) for part in text.split(","))
    if count == 0 or len(numbers) != count:
        raise ValueError(text)
    return numbers[0] if count == 1 else numbers


def dimension(type_name: str) -> int:
    """Return how many numbers a parameter type holds; 0 for groups, pages and buttons."""
    if type_name in ("Group", "Page", "PushButton"):
        return 0
    return next((count for ending, count in reversed(_DIMENSIONS.items()) if type_name.endswith(ending)), 1)


def expected(param: ParamDescription) -> str:
    """Return in words what a parameter takes."""
    if param.options:
        return f"one of {', '.join(param.options)}"
    if param.type == "Boolean":
        return "true or false"
    if param.type == "Bytes":
        return "hexadecimal digits"
    count = dimension(param.type)
    if count == 0:
        return f"no value, it is a {param.type}"
    kind = "whole number" if param.type.startswith("Integer") else "number"
    return f"a {kind}" if count == 1 else f"{count} {kind}s separated by commas"
