"""What the bench's commands share: lists of names, and the command that repeats a run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from reelmend.errors import BadRequestError

DEFAULT_OUT = Path("bench/results")
OutOption = Annotated[Path, typer.Option("--out", metavar="DIR", help="Where results are written.")]
FootageOption = Annotated[Path | None, typer.Option(metavar="DIR", help="The built footage; else its usual place.")]
FramesOption = Annotated[int | None, typer.Option(min=1, help="Frames of each clip, instead of the mode's own.")]
HeightOption = Annotated[int | None, typer.Option(min=16, help="Rows of each clip, instead of the mode's own.")]
ResumeOption = Annotated[bool, typer.Option("--resume", help="Keep what an earlier run of the same kind finished.")]
DocsOption = Annotated[list[Path] | None, typer.Option(metavar="FILE", help="Refresh the bench's tables in it.")]
MaterialOption = Annotated[str, typer.Option(metavar="MODULE:FUNCTION", help="Clips and damage from elsewhere.")]
Names = list[str] | None


def names_option(what: str) -> Any:
    """Return an option that takes A,B and may be given many times."""
    return typer.Option(metavar="A,B", help=f"Only these {what}; may be given many times.")


def split(names: Names) -> list[str]:
    """Return the names of --methods a,b --methods c. Raises BadRequestError for an empty one."""
    found = [name.strip() for spelled in names or [] for name in spelled.split(",")]
    if "" in found:
        raise BadRequestError("an empty name was given; write names as A,B without a comma at the end")
    return found


def spelled(command: str, quick: bool, names: Mapping[str, Names], numbers: Mapping[str, int | None]) -> str:
    """Return the command that repeats a run: its lists of names and its numbers by option."""
    words = [command, *(["--quick"] if quick else [])]
    words += [f"{option} {','.join(split(given))}" for option, given in names.items() if given]
    return " ".join([*words, *(f"{option} {value}" for option, value in numbers.items() if value)])
