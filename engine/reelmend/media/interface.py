"""What every reader and writer of clips offers, whatever the files behind it are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from reelmend.errors import MediaError
from reelmend.frames import Planes

Plane = npt.NDArray[np.float32]
"""One channel as (height, width), float32, top row first."""

DEFAULT_FRAME_RATE = Fraction(24)
"""What a clip runs at that doesn't say so, such as a PNG sequence: frames a second."""


@dataclass(frozen=True, slots=True)
class PixelType:
    """How a file stores a sample: 8-, 10-, 12-, 16-bit whole numbers, or half (16) and single (32) floats."""

    bits: int
    is_float: bool = False

    def __str__(self) -> str:
        return f"{self.bits}-bit {'float' if self.is_float else 'integer'}"


class Reader(Protocol):
    """A clip that gives any of its frames, in any order, always with the same bits. Thread-safe.

    Samples are float32. Integer formats come as value / (2ⁿ−1) for n bits, so that they span 0…1; float formats come
    as stored, with NaN, infinities and negative values. No transfer function is applied or removed.
    """

    path: Path
    """The movie, or the sequence's pattern."""
    first_frame: int
    last_frame: int
    width: int
    height: int
    frame_rate: Fraction
    pixel_type: PixelType
    has_alpha: bool

    def read(self, frame: int) -> Planes:
        """Return the frame's R, G, B as (3, H, W) float32. Raises MediaError that names the frame and its file."""
        ...

    def alpha(self, frame: int) -> Plane | None:
        """Return the frame's alpha as (H, W) float32, None when the clip has none. Raises MediaError."""
        ...

    def time_s(self, frame: int) -> Fraction:
        """Return when the frame is shown, in seconds after the first one."""
        ...

    def require(self, frames: Iterable[int]) -> None:
        """Raise MediaError unless each of the frames is there, as far as can be told without decoding them."""
        ...

    def reopened(self) -> Reader:
        """Return a second reader of the same clip that can stand at another frame."""
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Writer(Protocol):
    """A clip in the making. Nothing stands under its final name before it is whole.

    As a context manager it closes on success and aborts on any exception, KeyboardInterrupt among them.
    """

    path: Path
    notes: list[str]
    """What could not be carried over from the source, one sentence each."""

    def write(self, frame: int, planes: Planes, alpha: Plane | None = None) -> None:
        """Take the frame's R, G, B as (3, H, W) float32; alpha (H, W) is the source's own unless given.

        Frames come in ascending order, and their arrays must not change any more. Raises MediaError, perhaps for an
        earlier frame, after which only abort() makes sense.
        """
        ...

    def close(self) -> None:
        """Put the finished clip under its final name. Raises MediaError, and aborts, when that can't be done."""
        ...

    def abort(self) -> None:
        """Remove everything unfinished. May be called at any time, and more than once."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def check_frame(frame: int, first: int, last: int, path: Path) -> None:
    """Raise MediaError when the frame lies outside the clip."""
    if not first <= frame <= last:
        raise MediaError(f"{path} has no frame {frame}; it has frames {first} to {last}")
