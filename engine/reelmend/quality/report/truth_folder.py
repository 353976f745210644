"""The truth folder that `reelmend damage --truth` writes: mattes of all defects, and of each class."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reelmend.errors import NotFoundError
from reelmend.media import Reader, open_reader
from reelmend.quality.report.clips import aligned_numbers

HELD_BYTES = 512 << 20
_MARK = "truth.json"


class TruthFolder:
    """A folder with truth.json, matte/ and matte.<class>/. Raises NotFoundError for any other."""

    def __init__(self, folder: Path, source: Reader) -> None:
        self._source = source
        if not (folder / _MARK).is_file():
            raise NotFoundError(
                f"{folder} holds no {_MARK}; name a folder that 'reelmend damage --truth' wrote, or give a matte clip "
                "with --matte"
            )
        self._folder = folder

    @property
    def all_defects(self) -> Path | None:
        """The mattes of all classes together, None when no damage was in places."""
        place = self._folder / "matte"
        return place if place.is_dir() else None

    def mattes(self, wanted: range) -> tuple[dict[str, NDArray[Any]], str]:
        """Return (N, H, W) uint8 per class, or none and the reason when they would take more than 512 MiB."""
        folders = sorted(path for path in self._folder.glob("matte.*") if path.is_dir())
        size = len(folders) * len(wanted) * self._source.width * self._source.height
        if size > HELD_BYTES:
            return {}, f"Scores per class were left out: their mattes would take {size / 2**30:.1f} GiB of memory"
        return {folder.name.partition(".")[2]: self._read(folder, wanted) for folder in folders}, ""

    def _read(self, folder: Path, wanted: range) -> NDArray[np.uint8]:
        with open_reader(folder) as reader:
            numbers = aligned_numbers(reader, f"matte of {folder.name.partition('.')[2]}", self._source, wanted)
            return np.stack([_plane(reader, number) for number in numbers])


def _plane(reader: Reader, number: int) -> NDArray[np.uint8]:
    return np.asarray(np.rint(255 * reader.read(number)[0]), np.uint8)
