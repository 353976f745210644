"""Writes a clip as numbered image files."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self

from reelmend.errors import MediaError
from reelmend.frames import Planes
from reelmend.media.background import Background
from reelmend.media.image_files import ImageHeader, write_image
from reelmend.media.interface import PixelType, Plane, Reader
from reelmend.media.names import SequenceName
from reelmend.media.publishing import PendingFile
from reelmend.media.sequence_reader import SequenceReader

_HALF = PixelType(16, is_float=True)
_SINGLE = PixelType(32, is_float=True)
_INTEGER_DEPTHS = {".png": (8, 16), ".tif": (8, 16), ".tiff": (8, 16), ".dpx": (8, 10, 12, 16)}
_MOST_AT_ONCE = 4
_HALF_HOLDS_BITS = 10  # half has 11 significant bits


def stored_type(extension: str, source: PixelType, source_extension: str = "") -> PixelType:
    """Return the pixel type that loses nothing of the source's, as far as the file format goes.

    PNG has no floats: they become 16-bit integers. DPX gets at least its usual 10 bits, unless the source is DPX too.
    """
    if extension == ".exr":
        if source.is_float:
            return source
        return _HALF if source.bits <= _HALF_HOLDS_BITS else _SINGLE
    if source.is_float and extension in (".tif", ".tiff"):
        return source
    least = 10 if extension == ".dpx" != source_extension else 8
    wanted = 16 if source.is_float else max(source.bits, least)
    return PixelType(next((bits for bits in _INTEGER_DEPTHS[extension] if bits >= wanted), 16))


class SequenceWriter:
    """A clip of image files, each of which appears when it is whole; see Writer.

    A few frames are compressed at a time, in threads of their own; an error comes with one of the next frames, or with
    close(). After abort() the frames that were finished stay. Integer samples are rounded to the nearest and clipped;
    float ones are not. Grey and colour alike come as R, G, B; a single plane is written as one. With a sequence as the
    source, its alpha, window and metadata are carried over frame by frame; of data, window and time alone.
    """

    def __init__(
        self,
        name: SequenceName,
        like: Reader | None,
        pixel_type: PixelType,
        *,
        overwrite: bool,
        is_data: bool = False,
    ) -> None:
        self.name = name
        self.path: Path = name.pattern
        self.pixel_type = pixel_type
        self._overwrite = overwrite
        self._like = like
        self._is_data = is_data
        self._alphas = like.reopened() if like is not None and like.has_alpha and not is_data else None
        self._background = Background(min(_MOST_AT_ONCE, os.cpu_count() or 1))
        self.notes: list[str] = []
        if isinstance(like, SequenceReader) and like.first_header.left_out and not is_data:
            self.notes.append(f"channels {', '.join(like.first_header.left_out)} are not carried over")

    def write(self, frame: int, planes: Planes, alpha: Plane | None = None) -> None:
        try:
            if alpha is None and self._alphas is not None:
                alpha = self._alphas.alpha(frame)
            self._background.submit(self._write_file, frame, planes, alpha)
        except BaseException:
            self.abort()
            raise

    def close(self) -> None:
        """Wait until every frame is whole. Raises MediaError for the first one that could not be written."""
        try:
            self._background.drain()
        finally:
            self.abort()

    def abort(self) -> None:
        """Let the frames under way finish, drop those that have not begun, and let go of the source."""
        self._background.stop()
        if self._alphas is not None:
            self._alphas.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close() if kind is None else self.abort()

    def _write_file(self, frame: int, planes: Planes, alpha: Plane | None) -> None:
        pending = PendingFile(self.name.path(frame), overwrite=self._overwrite)
        try:
            write_image(pending.path, planes, alpha, self.pixel_type, self._header(frame), is_data=self._is_data)
            pending.publish()
        except MediaError as error:
            raise MediaError(str(error).replace(str(pending.path), str(pending.final))) from None
        finally:
            pending.discard()

    def _header(self, frame: int) -> ImageHeader | None:
        return self._like.header(frame) if isinstance(self._like, SequenceReader) else None
