"""TOML text of plain values: tomllib reads TOML, nothing in the standard library writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any


def to_toml(document: Mapping[str, Any]) -> str:
    """Return a TOML document of strings, numbers, flags, lists, tables and lists of tables, in the order given.

    A list of tables that hold only plain values is written one inline table a line. Raises TypeError on other values.
    """
    lines: list[str] = []
    _write_table(document, (), lines)
    return "\n".join(lines).strip() + "\n"


def _write_table(table: Mapping[str, Any], path: tuple[str, ...], lines: list[str]) -> None:
    later: list[tuple[str, Any]] = []
    for key, value in table.items():
        if isinstance(value, Mapping) or _is_list_of_deep_tables(value):
            later.append((key, value))
        else:
            lines.append(f"{key} = {_inline(value)}")
    for key, value in later:
        name = (*path, key)
        for part, header in [(value, "[{}]")] if isinstance(value, Mapping) else [(item, "[[{}]]") for item in value]:
            lines.extend(["", header.format(".".join(name))])
            _write_table(part, name, lines)


def _is_list_of_deep_tables(value: object) -> bool:
    return isinstance(value, Sequence) and any(
        isinstance(item, Mapping) and (len(item) > 4 or any(isinstance(part, Mapping) for part in item.values()))
        for item in value
    )


def _inline(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_inline(item)}" for key, item in value.items()) + " }"
    if isinstance(value, Sequence):
        if any(isinstance(item, Mapping) for item in value):
            return "[\n" + "".join(f"    {_inline(item)},\n" for item in value) + "]"
        return "[" + ", ".join(_inline(item) for item in value) + "]"
    raise TypeError(f"TOML has no place for {type(value).__name__} {value!r}")
