"""A folder of damage truth that appears under its name only when it is whole."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

from reelmend.errors import MediaError
from reelmend.media.publishing import refuse_unwritable_folder

_MARK = "truth.json"


class PendingTruth:
    """A truth folder in the making: `path` is where to write it, hidden and beside the final one.

    What is not published by the end of its `with` statement is removed. With `overwrite` an earlier run's truth is
    replaced, which is known by its truth.json; any other folder that holds something is refused. Raises MediaError.
    """

    def __init__(self, final: Path, *, overwrite: bool) -> None:
        self.final = Path(os.path.normpath(final))
        self.path = self.final.with_name(f".{self.final.name}.part-{os.getpid()}")
        self._overwrite = overwrite
        refuse_unwritable_folder(self.final.parent)
        self._refuse_existing()

    def publish(self) -> None:
        """Put the folder under its final name, in place of an earlier one."""
        self._refuse_existing()
        replaced = self.final.with_name(f".{self.final.name}.old-{os.getpid()}")
        try:
            if self.final.exists():
                self.final.rename(replaced)
            self.path.rename(self.final)
        except OSError as error:
            if replaced.exists() and not self.final.exists():
                replaced.rename(self.final)
            raise MediaError(f"{self.final} can't be written: {error.strerror}") from None
        shutil.rmtree(replaced, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.path, ignore_errors=True)

    def _refuse_existing(self) -> None:
        final = self.final
        if final.is_symlink() or (final.exists() and not final.is_dir()):
            raise MediaError(f"{final} is a file; name a folder for the truth that does not exist yet")
        if not final.exists() or not any(final.iterdir()):
            return
        if not (final / _MARK).is_file():
            raise MediaError(f"folder {final} holds other files than a truth; name a folder that does not exist yet")
        if not self._overwrite:
            raise MediaError(
                f"{final} holds a truth already; name another folder, or allow it to be replaced with --overwrite"
            )
