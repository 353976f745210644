"""How errors are printed, for people and as JSON. It imports next to nothing: Ctrl-C may come before all is loaded."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence


def wants_json(arguments: Sequence[str]) -> bool:
    """Say whether a command line asks for JSON, even one that can't be understood otherwise."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in options


def show_error(message: str, kind: str, exit_code: int, *, as_json: bool) -> None:
    """Print an error as one line to stderr; for machines also as one JSON object to stdout, where results go."""
    _show(f"error: {message}", message, kind, exit_code, as_json)


def show_end(word: str, exit_code: int, *, as_json: bool) -> None:
    """Print that somebody wanted an end: "interrupted" or "terminated"."""
    _show(word, word, word.capitalize(), exit_code, as_json)


def _show(line: str, message: str, kind: str, exit_code: int, as_json: bool) -> None:
    if as_json:
        error = {"message": message, "kind": kind, "exit_code": exit_code}
        print(json.dumps({"error": error}, ensure_ascii=False), flush=True)
    print(line, file=sys.stderr)
