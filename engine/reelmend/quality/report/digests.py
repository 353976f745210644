"""Files by their bytes: what a clip is made of, so that a report can be held against it years later."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from reelmend.manifest import file_sha256
from reelmend.media import Reader
from reelmend.media.sequence_reader import SequenceReader


@dataclass(frozen=True)
class FileRecord:
    """One clip on disk. `sha256` is that of a movie's bytes; of a sequence that of the lines which

    `sha256sum` prints for its files, in order of frames and named without their folder.
    """

    role: str
    path: str
    kind: str
    width: int
    height: int
    frames: int
    frame_rate: str
    samples: str
    size_bytes: int
    sha256: str


def record_of(role: str, path: str, reader: Reader, numbers: range) -> FileRecord:
    """Return the record of a clip's frames; a movie is one file and recorded whole. Raises OSError."""
    if isinstance(reader, SequenceReader):
        files = [reader.name.path(number) for number in numbers]
        kind, sha256 = f"{len(files)} {reader.name.suffix[1:].upper()} files", sequence_sha256(files)
    else:
        files = [reader.path]
        kind, sha256 = f"{reader.path.suffix[1:].upper()} movie", file_sha256(reader.path)
    return FileRecord(
        role, path, kind, reader.width, reader.height, len(numbers), f"{float(reader.frame_rate):.6g}",
        str(reader.pixel_type), sum(file.stat().st_size for file in files), sha256,
    )  # fmt: skip


def clip_name(reader: Reader) -> str:
    """Return what people call a clip: a movie's file name, or a sequence's without its number, else its folder's."""
    if not isinstance(reader, SequenceReader):
        return reader.path.name
    return reader.name.prefix.rstrip("._- ") or reader.name.folder.resolve().name


def sequence_sha256(files: list[Path]) -> str:
    """Return what `cd FOLDER && sha256sum FILES | sha256sum` prints for files given in order of frames."""
    lines = "".join(f"{file_sha256(file)}  {file.name}\n" for file in files)
    return hashlib.sha256(lines.encode()).hexdigest()
