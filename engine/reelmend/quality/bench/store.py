"""Finished pieces of a run on disk, one file each, so that a run that was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from reelmend.quality.bench.material import BenchError

Piece = dict[str, Any]


class Store:
    """JSON files in a folder, each written whole or not at all, and valid only for the fingerprint that made them.

    The fingerprint stands for everything that a piece depends on beside its name (code, weights, clips, sizes): one for
    all, or a function of the name. When it changes, what was stored no longer counts.
    """

    def __init__(self, folder: Path, fingerprint: str | Callable[[Sequence[str]], str]) -> None:
        self._folder = folder
        self._fingerprint_of = fingerprint if callable(fingerprint) else lambda _name: fingerprint
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_whole(folder / ".gitignore", "*\n")
        except OSError as error:
            raise BenchError(
                f"{folder} can't be written to: {error.strerror or error}; name another with --out"
            ) from None

    def get(self, *name: str) -> Piece | None:
        """Return the stored piece, None when there is none of this fingerprint or its file is broken."""
        try:
            piece = json.loads(self._path(name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if not isinstance(piece, dict) or piece.get("fingerprint") != self._fingerprint_of(name):
            return None
        return piece

    def put(self, piece: Mapping[str, Any], *name: str) -> None:
        """Store a piece under its name. Raises BenchError when it can't be written."""
        path = self._path(name)
        try:
            write_whole(path, json.dumps({**piece, "fingerprint": self._fingerprint_of(name)}, ensure_ascii=False))
        except OSError as error:
            raise BenchError(
                f"{path} can't be written: {error.strerror or error}; free some space and use --resume"
            ) from None

    def clear(self) -> None:
        """Remove every piece."""
        for path in self._folder.glob("*.json"):
            path.unlink(missing_ok=True)

    def _path(self, name: Iterable[str]) -> Path:
        return self._folder / ("@".join(re.sub(r"[^A-Za-z0-9._-]", "_", part) for part in name) + ".json")


def write_whole(path: Path, text: str) -> None:
    """Write a text file that appears whole or not at all. Raises OSError."""
    draft = path.with_name(f".{path.name}.part-{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def digest_of(parts: Iterable[str | bytes | Path]) -> str:
    """Return 32 hex digits over texts, bytes and the contents of files, in order."""
    whole = hashlib.blake2b(digest_size=16)
    for part in parts:
        content = part.read_bytes() if isinstance(part, Path) else part.encode() if isinstance(part, str) else part
        whole.update(len(content).to_bytes(8, "little") + content)
    return whole.hexdigest()
