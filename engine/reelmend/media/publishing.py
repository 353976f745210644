"""Files that appear under their name only when they are whole."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from reelmend.errors import MediaError


class PendingFile:
    """A file in the making: `path` is where to write it, hidden and in the same folder; `publish` gives it its name."""

    def __init__(self, final: Path, *, overwrite: bool) -> None:
        self.final = final
        self.path = final.with_name(f".{final.stem}.part-{os.getpid()}{final.suffix}")
        self._overwrite = overwrite

    def publish(self) -> None:
        """Put the file, flushed to the disk, under its final name in one step. Raises MediaError."""
        refuse_existing(self.final, overwrite=self._overwrite)
        try:
            with self.path.open("rb+") as file:
                os.fsync(file.fileno())
            self.path.replace(self.final)
        except OSError as error:
            self.discard()
            raise MediaError(f"{self.final} can't be written: {error.strerror}") from None

    def discard(self) -> None:
        """Remove what was written so far."""
        with suppress(OSError):
            self.path.unlink()


def refuse_existing(path: Path, *, overwrite: bool) -> None:
    """Raise MediaError when something stands at the path that may not be replaced."""
    if path.is_dir():
        raise MediaError(f"{path} is a folder; name a file in it")
    if not overwrite and (path.exists() or path.is_symlink()):
        raise MediaError(f"{path} exists already; name another output, or allow it to be replaced with --overwrite")


def refuse_unwritable_folder(folder: Path) -> None:
    """Raise MediaError unless files can be made in the folder."""
    if not folder.exists():
        raise MediaError(f"folder {folder} does not exist; create it with: mkdir -p '{folder}'")
    if not folder.is_dir():
        raise MediaError(f"{folder} is not a folder; name another place for the output")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise MediaError(f"folder {folder} can't be written to; change its permissions or name another one")


def refuse_same_file(output: Path, source: Path) -> None:
    """Raise MediaError when both paths lead to one file."""
    same = output.resolve() == source.resolve() or (output.exists() and source.exists() and output.samefile(source))
    if same:
        raise MediaError(f"{output} is the source itself, which is never overwritten; name another output")
