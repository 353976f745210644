"""Reads numbered image files as a clip."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from reelmend.errors import MediaError
from reelmend.frames import Planes
from reelmend.media.image_files import ImageHeader, read_alpha, read_colour, read_header
from reelmend.media.interface import DEFAULT_FRAME_RATE, Plane, check_frame
from reelmend.media.names import SequenceName


class SequenceReader:
    """A clip of image files that keep their own numbers; see Reader.

    The first file decides size, depth and alpha. The frame rate is what it states (OpenEXR, DPX), else 24. Files of
    the sequence that are not there are an error when they are read, or beforehand by `require`.
    """

    def __init__(self, name: SequenceName) -> None:
        self.name = name
        self.path: Path = name.pattern
        self._frames = name.existing_frames()
        if not self._frames:
            raise MediaError(f"no file matches {self.path}; check the folder and the number of digits")
        self._there = frozenset(self._frames)
        self.first_frame = self._frames[0]
        self.last_frame = self._frames[-1]
        self.first_header = read_header(name.path(self.first_frame))
        self._window = self.first_header.frame_window
        self.width = self._window.width
        self.height = self._window.height
        self.pixel_type = self.first_header.pixel_type
        self.has_alpha = self.first_header.alpha is not None
        self.frame_rate = _stated_rate(self.first_header.spec)

    def read(self, frame: int) -> Planes:
        return read_colour(self._file(frame), self._window)

    def alpha(self, frame: int) -> Plane | None:
        """Return the frame's alpha; a file without one in a sequence that has it is an error."""
        if not self.has_alpha:
            return None
        path = self._file(frame)
        plane = read_alpha(path, self._window)
        if plane is None:
            raise MediaError(f"{path} has no alpha, but the sequence begins with one; render it again")
        return plane

    def header(self, frame: int) -> ImageHeader:
        """Return what the frame's file says about itself, timecode and all. Raises MediaError."""
        return read_header(self._file(frame))

    def time_s(self, frame: int) -> Fraction:
        return (frame - self.first_frame) / self.frame_rate

    def require(self, frames: Iterable[int]) -> None:
        missing = []
        for frame in frames:
            check_frame(frame, self.first_frame, self.last_frame, self.path)
            if frame not in self._there:
                missing.append(frame)
        if missing:
            self._report_missing(missing[0], len(missing))

    def reopened(self) -> SequenceReader:
        return self  # every read opens its own file

    def close(self) -> None:
        """Do nothing: no file stays open between reads."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _file(self, frame: int) -> Path:
        self.require((frame,))
        return self.name.path(frame)

    def _report_missing(self, frame: int, count: int) -> None:
        others = f" and {count - 1} more" if count > 1 else ""
        raise MediaError(
            f"frame {frame}{others} of {self.path} is missing: there is no {self.name.path(frame).name}; "
            "supply it, or render another range with --frames"
        )


def _stated_rate(spec: Any) -> Fraction:
    for name in ("FramesPerSecond", "dpx:FrameRate", "dpx:TemporalFrameRate"):
        rate = _as_rate(spec.getattribute(name))
        if rate is not None:
            return rate
    return DEFAULT_FRAME_RATE


def _as_rate(value: Any) -> Fraction | None:
    """Return a rate from 0.1 to 1000 frames a second as OpenImageIO gives it: a number or numerator, denominator."""
    try:
        pair = list(value)
        rate = Fraction(int(pair[0]), int(pair[1]))
    except TypeError:
        try:
            rate = Fraction(value).limit_denominator(1001)
        except (TypeError, ValueError, OverflowError):
            return None
    except (ValueError, IndexError, ZeroDivisionError):
        return None
    return rate if Fraction(1, 10) <= rate <= 1000 else None
