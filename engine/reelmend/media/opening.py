"""One door for every kind of clip: the name's ending decides who reads or writes it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from os import PathLike
from pathlib import Path

from reelmend.errors import MediaError
from reelmend.media.interface import DEFAULT_FRAME_RATE, PixelType, Reader, Writer
from reelmend.media.movie_reader import MovieReader
from reelmend.media.movie_writer import MovieWriter
from reelmend.media.names import (
    READABLE_IMAGES,
    WRITABLE_IMAGES,
    SequenceName,
    find_sequence,
    is_pattern,
    parse_pattern,
)
from reelmend.media.publishing import refuse_existing, refuse_same_file, refuse_unwritable_folder
from reelmend.media.pyav import MOVIE_EXTENSIONS, WRITABLE_MOVIES, load_av
from reelmend.media.sequence_reader import SequenceReader
from reelmend.media.sequence_writer import SequenceWriter, stored_type

_BYTE = PixelType(8)


def open_reader(path: str | PathLike[str]) -> Reader:
    """Return a reader of a movie, or of a PNG, TIFF, EXR, DPX or JPEG sequence. Raises MediaError.

    A sequence is named by its pattern (`shot.%04d.exr`, `shot.####.exr`), by one of its files, or by the folder that
    holds nothing else.
    """
    path = Path(path)
    kind = path.suffix.lower()
    if path.is_dir() or kind in READABLE_IMAGES:
        return SequenceReader(find_sequence(path))
    if not path.exists():
        raise MediaError(f"{path} does not exist; check the path")
    if kind not in MOVIE_EXTENSIONS:
        raise MediaError(f"{path} ends in '{kind}', which reelmend doesn't read; it reads {_listed(_READABLE)}")
    return MovieReader(path)


def open_writer(
    path: str | PathLike[str],
    like: Reader | None = None,
    *,
    frames: Sequence[int] | None = None,
    overwrite: bool = False,
    frame_rate: Fraction | None = None,
    pixel_type: PixelType | None = None,
    is_data: bool = False,
) -> Writer:
    """Return a writer of a .mp4, .mov or .mkv movie, or of a PNG, TIFF, EXR or DPX sequence. Raises MediaError.

    `like` is the source: its frame rate, depth, alpha, metadata and sound are kept as far as the new kind of file
    allows. `frames` are the numbers that will be written, all of the source's unless given; files under their names
    are refused unless `overwrite`. `pixel_type` overrides the source's depth. Pictures that are data, such as mattes
    (`is_data`), get its time and shape, but neither alpha nor sound nor what is said of its colours. Writing into a
    folder keeps the names of a source sequence. The source itself is never overwritten.
    """
    path = Path(path)
    numbers = frames if frames is not None else range(like.first_frame, like.last_frame + 1) if like else ()
    source_type = like.pixel_type if like else _BYTE
    if path.suffix.lower() in WRITABLE_MOVIES and not path.is_dir():
        _check_movie(path, like, overwrite=overwrite)
        rate = frame_rate or (like.frame_rate if like else DEFAULT_FRAME_RATE)
        return MovieWriter(path, like, rate, pixel_type or source_type, overwrite=overwrite, is_data=is_data)
    name = _output_sequence(path, like)
    _check_sequence(name, like, numbers, overwrite=overwrite)
    kind = pixel_type or stored_type(name.suffix.lower(), source_type, like.path.suffix.lower() if like else "")
    return SequenceWriter(name, like, kind, overwrite=overwrite, is_data=is_data)


def _check_movie(path: Path, like: Reader | None, *, overwrite: bool) -> None:
    load_av()
    refuse_unwritable_folder(path.parent)
    if like is not None:
        refuse_same_file(path, like.path)
    refuse_existing(path, overwrite=overwrite)


def _output_sequence(path: Path, like: Reader | None) -> SequenceName:
    if path.is_dir():
        if isinstance(like, SequenceReader) and like.name.suffix.lower() in WRITABLE_IMAGES:
            return SequenceName(path, like.name.prefix, like.name.digits, like.name.suffix)
        raise MediaError(f"{path} is a folder; name the files in it, such as {path / 'frame.%04d.png'}")
    if path.suffix.lower() not in WRITABLE_IMAGES:
        raise MediaError(
            f"{path} ends in '{path.suffix}', which reelmend doesn't write; it writes {_listed(_WRITABLE)}"
        )
    return parse_pattern(path) if is_pattern(path) else SequenceName(path.parent, path.stem, 0, path.suffix)


def _check_sequence(name: SequenceName, like: Reader | None, frames: Sequence[int], *, overwrite: bool) -> None:
    refuse_unwritable_folder(name.folder)
    if name.is_still and len(frames) != 1:
        pattern = name.folder / f"{name.prefix}.%04d{name.suffix}"
        raise MediaError(f"{name.pattern} can hold one frame only, but {len(frames)} are wanted; name it {pattern}")
    for frame in frames:
        output = name.path(frame)
        if isinstance(like, SequenceReader):
            refuse_same_file(output, like.name.path(frame))
        refuse_existing(output, overwrite=overwrite)


_READABLE = READABLE_IMAGES | MOVIE_EXTENSIONS
_WRITABLE = WRITABLE_IMAGES | WRITABLE_MOVIES


def _listed(extensions: frozenset[str]) -> str:
    return ", ".join(sorted(extensions))
