"""Clips of a report: frames read from their files when they are looked at, aligned with those of the source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import overload

import numpy as np

from reelmend.media import Reader
from reelmend.media.movie_reader import MovieReader
from reelmend.quality.clips import Frame
from reelmend.quality.errors import QualityError
from reelmend.quality.mattes import Plane

HALF_AN_8_BIT_LEVEL = 0.5 / 255.0


class ClipFrames(Sequence[Frame]):
    """A clip's frames as (H, W, 3) float32, read from their files when they are looked at. Raises MediaError.

    The last one is kept, and as many from the first on as fit into `held_bytes`: measures go through a clip in order
    and many times, so that keeping the latest would spare no reading. Frames are not to be written to.
    """

    def __init__(self, reader: Reader, numbers: range, held_bytes: int = 0) -> None:
        self.reader = reader
        self.numbers = numbers
        self.on_read: Callable[[], None] | None = None
        self._last: tuple[int, Frame] | None = None
        self._held: dict[int, Frame] = {}
        self._free_bytes = held_bytes

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return (self.reader.height, self.reader.width)

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, index: int) -> Frame: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Frame]: ...

    def __getitem__(self, index: int | slice) -> Frame | Sequence[Frame]:
        if isinstance(index, slice):
            return type(self)(self.reader, self.numbers[index])
        if self.on_read is not None:
            self.on_read()
        number = self.numbers[index]
        if number in self._held:
            return self._held[number]
        if self._last is None or self._last[0] != number:
            self._last = (number, self._read(number))
        frame = self._last[1]
        if frame.nbytes <= self._free_bytes:
            self._held[number] = frame
            self._free_bytes -= frame.nbytes
        return frame

    def _read(self, number: int) -> Frame:
        return np.ascontiguousarray(self.reader.read(number).transpose(1, 2, 0))


class MatteFrames(ClipFrames):
    """A matte's frames as (H, W) float32 in 0…1: the largest of R, G and B, clipped; not-a-number is 0.

    In a movie what lies under half an 8-bit level is 0: what compression leaves in its black is no defect.
    """

    def _read(self, number: int) -> Plane:
        plane = np.nan_to_num(self.reader.read(number), nan=0.0, posinf=1.0, neginf=0.0).max(axis=0)
        least = HALF_AN_8_BIT_LEVEL if isinstance(self.reader, MovieReader) else 0.0
        return np.where(plane < least, np.float32(0), np.clip(plane, np.float32(0), np.float32(1)))


def aligned_numbers(reader: Reader, role: str, source: Reader, wanted: range) -> range:
    """Return the clip's own numbers of the source's frames `wanted`.

    A clip as long as the source matches it by position, whatever its numbers; so does one as long as `wanted`, which
    is what a render of those frames is. Raises QualityError for another length or size, MediaError for gaps.
    """
    length, whole = reader.last_frame - reader.first_frame + 1, source.last_frame - source.first_frame + 1
    if (reader.width, reader.height) != (source.width, source.height):
        raise QualityError(
            f"{role} {reader.path} is {reader.width}×{reader.height} and before {source.path} is "
            f"{source.width}×{source.height}; both must have one size"
        )
    if length not in (whole, len(wanted)):
        parts = "" if len(wanted) == whole else f", of which {len(wanted)} were chosen"
        raise QualityError(
            f"{role} {reader.path} has {length} frames and before {source.path} has {whole}{parts}; both must be "
            "equally long, or choose with --frames the part of before that was rendered"
        )
    skipped = wanted[0] - source.first_frame if length == whole else 0
    first = reader.first_frame + skipped
    numbers = range(first, first + len(wanted))
    reader.require(numbers)
    return numbers
