"""File names of image sequences: `shot.%04d.exr`, `shot.####.exr`, one file of it, or the folder that holds it."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from reelmend.errors import MediaError

READABLE_IMAGES = frozenset({".png", ".tif", ".tiff", ".exr", ".dpx", ".jpg", ".jpeg"})
WRITABLE_IMAGES = frozenset({".png", ".tif", ".tiff", ".exr", ".dpx"})

_PLACE = re.compile(r"%(?:0(\d+))?d|(#+)")
_TRAILING_NUMBER = re.compile(r"^(.*?)(\d+)$")


@dataclass(frozen=True, slots=True)
class SequenceName:
    """The names of a sequence's files: prefix, number with at least `digits` digits, suffix. `digits` 0: one still."""

    folder: Path
    prefix: str
    digits: int
    suffix: str

    def path(self, frame: int) -> Path:
        """Return the file of a frame, which need not exist."""
        number = f"{frame:0{self.digits}d}" if self.digits else ""
        return self.folder / f"{self.prefix}{number}{self.suffix}"

    @property
    def pattern(self) -> Path:
        """The sequence as one path, `folder/shot.%04d.exr`."""
        place = f"%0{self.digits}d" if self.digits > 1 else "%d" if self.digits else ""
        return self.folder / f"{self.prefix}{place}{self.suffix}"

    @property
    def is_still(self) -> bool:
        return self.digits == 0

    def existing_frames(self) -> list[int]:
        """Return the numbers of the files that exist, ascending; a still has frame 1. Raises MediaError."""
        if self.is_still:
            return [1] if self.path(1).is_file() else []
        names = (self._number_of(path.name) for path in list_folder(self.folder))
        return sorted(number for number in names if number is not None)

    def _number_of(self, name: str) -> int | None:
        if not (name.startswith(self.prefix) and name.endswith(self.suffix)):
            return None
        text = name[len(self.prefix) : len(name) - len(self.suffix)]
        if not (text.isascii() and text.isdigit()) or f"{int(text):0{self.digits}d}" != text:
            return None
        return int(text)


def list_folder(folder: Path) -> list[Path]:
    """Return what lies in a folder, sorted by name. Raises MediaError."""
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        raise MediaError(f"folder {folder} does not exist; check the path") from None
    except OSError as error:
        raise MediaError(f"folder {folder} can't be read: {error.strerror}") from None


def is_pattern(path: Path) -> bool:
    """Say whether the last part of the path holds a place for frame numbers."""
    return _PLACE.search(path.name) is not None


def parse_pattern(path: Path) -> SequenceName:
    """Return the sequence that `shot.%04d.exr`, `shot.%d.exr` or `shot.####.exr` spells. Raises MediaError."""
    places = list(_PLACE.finditer(path.name))
    if len(places) != 1:
        raise MediaError(f"{path} must have one place for the frame number, such as shot.%04d.exr or shot.####.exr")
    place = places[0]
    digits = len(place[2]) if place[2] else int(place[1] or 1)
    return SequenceName(path.parent, path.name[: place.start()], max(digits, 1), path.name[place.end() :])


def sequence_of_file(path: Path) -> SequenceName:
    """Return the sequence that a file belongs to: its numbered neighbours, or itself as a still."""
    match = _TRAILING_NUMBER.match(path.stem)
    if match is None:
        return SequenceName(path.parent, path.stem, 0, path.suffix)
    prefix, number = match.groups()
    alike = [other for other in list_folder(path.parent) if other.suffix == path.suffix]
    neighbours = [_TRAILING_NUMBER.match(other.stem) for other in alike]
    texts = [found[2] for found in neighbours if found and found[1] == prefix]
    padded = [len(text) for text in [number, *texts] if text.startswith("0") and len(text) > 1]
    digits = padded[0] if padded else min(len(text) for text in [number, *texts])
    return SequenceName(path.parent, prefix, digits, path.suffix)


def sequence_in_folder(folder: Path) -> SequenceName:
    """Return the only sequence in a folder. Raises MediaError when there is none, or more than one."""
    groups: dict[tuple[str, str], list[Path]] = defaultdict(list)
    for path in list_folder(folder):
        if path.suffix.lower() in READABLE_IMAGES and not path.name.startswith("."):
            match = _TRAILING_NUMBER.match(path.stem)
            groups[match[1] if match else path.stem, path.suffix].append(path)
    if not groups:
        raise MediaError(f"folder {folder} holds no images; reelmend reads {', '.join(sorted(READABLE_IMAGES))}")
    sequences = [sequence_of_file(paths[0]) for paths in groups.values()]
    if len(sequences) > 1:
        named = ", ".join(sequence.pattern.name for sequence in sequences[:3]) + (", …" if len(sequences) > 3 else "")
        raise MediaError(f"folder {folder} holds {len(sequences)} sequences ({named}); name one of them")
    return sequences[0]


def find_sequence(path: Path) -> SequenceName:
    """Return the sequence that a pattern, one of its files, or its folder stands for. Raises MediaError."""
    if path.is_dir():
        return sequence_in_folder(path)
    if path.is_file():
        return sequence_of_file(path)
    if is_pattern(path):
        return parse_pattern(path)
    raise MediaError(f"{path} does not exist; check the path")
