"""The one place that prints what commands found, for people or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer
from rich.console import Console, RenderableType

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text, for errors too.")]


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command found: `data` for machines, `lines` for people, and whether to call it a success."""

    data: Mapping[str, Any]
    lines: tuple[RenderableType, ...] = ()
    as_json: bool = False
    exit_code: int = 0
    warnings: tuple[str, ...] = field(default=())


def show(result: CommandResult) -> None:
    """Print the result to stdout, its warnings to stderr."""
    for warning in result.warnings:
        print(f"note: {warning}", file=sys.stderr)
    if result.as_json:
        print(json.dumps(result.data, ensure_ascii=False))
        return
    console = Console(highlight=False, soft_wrap=True)
    for line in result.lines:
        if isinstance(line, str):
            console.print(line, markup=False)
        else:
            console.print(line)
    sys.stdout.flush()
