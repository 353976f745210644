"""Writes mattes: pictures that are data, one plane or one a class, without the source's colours, alpha and sound."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from reelmend.errors import BadRequestError
from reelmend.frames import Planes
from reelmend.media.interface import PixelType, Plane, Reader, Writer
from reelmend.media.opening import open_writer
from reelmend.media.pyav import WRITABLE_MOVIES

_DEPTHS = {
    ".png": (16, 8),
    ".tif": (16, 8),
    ".tiff": (16, 8),
    ".dpx": (10, 8, 12, 16),
    ".exr": (16, 32),
}
"""Bits of a sample by the name's ending, the usual ones first. OpenEXR's are floats."""
_MOVIE_BITS = {".mp4": 8}
_GREY = frozenset({".png", ".tif", ".tiff"})
"""Files whose readers all take a single grey channel; the others get it three times."""
COMPRESSED = "a matte in a movie is compressed, and its zeros may not stay zeros; write images to feed it back"


def open_matte_writer(
    path: Path,
    like: Reader,
    *,
    frames: Sequence[int],
    overwrite: bool = False,
    frame_rate: Fraction | None = None,
    bits: int = 0,
) -> MatteWriter:
    """Return a writer of mattes as images or a movie; see open_writer. Raises MediaError, or BadRequestError.

    `bits` of a sample: 16 (0) or 8 in PNG and TIFF, 10, 8, 12 or 16 in DPX, 16 or 32 as floats in OpenEXR.
    """
    kind = matte_type(path, bits)
    writer = open_writer(
        path, like, frames=frames, overwrite=overwrite, frame_rate=frame_rate, pixel_type=kind, is_data=True
    )
    if path.suffix.lower() in WRITABLE_MOVIES:
        writer.notes.append(COMPRESSED)
    return MatteWriter(writer, one_plane=path.suffix.lower() in _GREY)


def matte_type(path: Path, bits: int = 0) -> PixelType:
    """Return how samples are stored under that name. Raises BadRequestError for bits that the files don't have."""
    extension = path.suffix.lower()
    if extension in WRITABLE_MOVIES:
        if bits:
            raise BadRequestError(f"--matte-bits is for images; {path} has {_MOVIE_BITS.get(extension, 10)}")
        return PixelType(_MOVIE_BITS.get(extension, 10))
    depths = _DEPTHS.get(extension, (16,))
    if bits and bits not in depths:
        listed = ", ".join(str(depth) for depth in sorted(depths))
        raise BadRequestError(f"--matte-bits {bits} is no depth of {extension} files; they have {listed}")
    return PixelType(bits or depths[0], is_float=extension == ".exr")


class MatteWriter:
    """A writer that takes one plane as well as three; see Writer."""

    def __init__(self, writer: Writer, *, one_plane: bool) -> None:
        self._writer = writer
        self._one_plane = one_plane
        self.path = writer.path
        self.notes = writer.notes

    def write(self, frame: int, planes: Planes, alpha: Plane | None = None) -> None:
        if planes.shape[0] == 1 and not self._one_plane:
            planes = np.repeat(planes, 3, axis=0)
        self._writer.write(frame, planes, alpha)

    def close(self) -> None:
        self._writer.close()

    def abort(self) -> None:
        self._writer.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.__exit__(kind, error, trace)
