"""Reads any frame of a movie, exactly."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from reelmend.errors import MediaError
from reelmend.frames import MAX_SIDE_PIXELS, Planes
from reelmend.media.interface import DEFAULT_FRAME_RATE, PixelType, Plane, check_frame
from reelmend.media.movie_decoder import MovieDecoder, reason
from reelmend.media.movie_pixels import alpha_plane, planar_format, rgb_planes
from reelmend.media.movie_table import FrameTable, scan
from reelmend.media.pyav import load_av

_REMEMBERED_BYTES = 256 << 20
_CENTRED_CHROMA = frozenset({"mjpeg", "mpeg1video"})
_KIND_UNKNOWN, _INTRA = 0, 1  # AVPictureType
_DECODE_ON_FRAMES = 12  # as cheap as a seek
_SEEK_ATTEMPTS = 4


class MovieReader:
    """A movie as a clip; see Reader.

    A frame's number is its place in the order of display, from 0: the n-th frame that the decoder gives is frame n,
    however long it is shown, so that variable rates and repeated pictures need no rule. Packets that belong to an edit
    list's hidden part, or that come before the first key, give no frame. Pictures are turned upright as the file says;
    interlaced ones come as they are woven. Colour: see `movie_pixels.rgb_planes`.

    A frame that the decoder refuses, drops or marks as corrupt is an error; what it paints over without a word (bit
    errors in H.264 or FFV1) can't be told from a sound frame.

    Opening reads the whole file once without decoding, to learn where each frame belongs. When the file's packets
    don't tell (no time stamps, or the same one twice), the movie is decoded once to count its frames, and going
    back means decoding from the start.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._recent: OrderedDict[int, Any] = OrderedDict()
        self._recent_bytes = 0
        self._next = 0
        self._decoder = MovieDecoder(path)
        try:
            self._table = self._scan()
            self._read_properties()
        except BaseException:
            self._decoder.close()
            raise

    def read(self, frame: int) -> Planes:
        with self._lock:
            return rgb_planes(self._decoded(frame), chroma_centred=self._chroma_centred)

    def alpha(self, frame: int) -> Plane | None:
        if not self.has_alpha:
            return None
        with self._lock:
            return alpha_plane(self._decoded(frame))

    def time_s(self, frame: int) -> Fraction:
        if self._table is None or self._steady or frame >= len(self._table.pts):
            return frame / self.frame_rate
        return (self._table.pts[frame] - self._table.pts[0]) * self._table.time_base

    @property
    def start_s(self) -> Fraction:
        """When the first frame is shown on the movie's own clock, which its sound shares."""
        return self._table.pts[0] * self._table.time_base if self._table else Fraction(0)

    @property
    def has_steady_rate(self) -> bool:
        """Whether `time_s` is the frame's number over the frame rate."""
        return self._steady

    def require(self, frames: Iterable[int]) -> None:
        for frame in frames:
            check_frame(frame, self.first_frame, self.last_frame, self.path)
            if self._table is not None and (frame >= len(self._table.pts) or frame in self._table.damaged):
                raise self._broken(frame)

    def reopened(self) -> MovieReader:
        return MovieReader(self.path)

    def close(self) -> None:
        with self._lock:
            self._recent.clear()
            self._recent_bytes = 0
            self._decoder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _scan(self) -> FrameTable | None:
        av = load_av()
        try:
            table = scan(self._decoder.container, self._decoder.stream)
        except av.FFmpegError as error:
            raise MediaError(f"{self.path} can't be read: {reason(error)}; replace the file") from None
        self._decoder.restart()
        return table if table is None or table.pts else None

    def _read_properties(self) -> None:
        stream = self._decoder.stream
        first = self._decoder.next_frame()
        if first is None:
            why = f" ({self._decoder.problem})" if self._decoder.problem else ""
            raise MediaError(f"{self.path} holds no frame that can be decoded{why}; replace the file")
        self._coded_size = (first.width, first.height)
        turned = round(first.rotation / 90) % 2 == 1
        self.width, self.height = self._coded_size[::-1] if turned else self._coded_size
        if max(self._coded_size) > MAX_SIDE_PIXELS:
            raise MediaError(
                f"{self.path} is {self.width}×{self.height} pixels; at most {MAX_SIDE_PIXELS} are possible"
            )
        form = planar_format(first.format.name)
        self.pixel_type: PixelType = form.pixel_type
        self.has_alpha = form.has_alpha
        self._chroma_centred = stream.codec_context.name in _CENTRED_CHROMA
        aspect = Fraction(stream.sample_aspect_ratio or 1)
        self.pixel_aspect = 1 / aspect if turned else aspect
        self.metadata = {**self._decoder.container.metadata, **_timecode(stream)}
        self.time_base = Fraction(stream.time_base)
        self.colour_tags = (first.color_primaries, first.color_trc, first.colorspace)
        rate = stream.average_rate or stream.guessed_rate or stream.base_rate
        self.frame_rate = Fraction(rate) if rate else DEFAULT_FRAME_RATE
        self.first_frame = 0
        self.last_frame = self._count(first) - 1
        self._steady = self._table is None or self._table.has_steady_rate(self.frame_rate)

    def _count(self, first: Any) -> int:
        if self._table is not None:
            self._decoder.restart()
            return self._table.declared_frames
        count = 0
        frame: Any | None = first
        while frame is not None:
            count += 1
            frame = self._decoder.next_frame()
        self._decoder.restart()
        return count

    def _decoded(self, frame: int) -> Any:
        self.require((frame,))
        if frame in self._recent:
            self._recent.move_to_end(frame)
            return self._recent[frame]
        self._approach(frame)
        while self._next <= frame:
            self._advance()
        if frame not in self._recent:
            raise self._broken(frame)
        return self._recent[frame]

    def _approach(self, frame: int) -> None:
        """Stand so that decoding on reaches the frame, at the last key before it unless already close."""
        key = self._table.key_before(frame) if self._table else None
        if self._next <= frame and (key is None or key <= self._next or frame - self._next <= _DECODE_ON_FRAMES):
            return
        for _ in range(_SEEK_ATTEMPTS):
            key = self._table.key_before(frame) if self._table else None
            if not key:
                break
            if self._start_at(key):
                return
        self._decoder.restart()
        self._next = 0

    def _start_at(self, key: int) -> bool:
        """Stand just behind a key frame, decoded; False when it can't be reached or needs frames before it."""
        assert self._table is not None
        for timestamp in (self._table.pts[key], self._table.key_dts[key]):
            if timestamp is None:
                continue
            self._decoder.seek(timestamp)
            decoded = self._skip_to(key)
            if decoded is not None and _stands_alone(decoded):
                self._remember(key, decoded)
                self._next = key + 1
                return True
            if decoded is not None:
                break
        self._table.forget_key(key)
        return False

    def _skip_to(self, key: int) -> Any | None:
        assert self._table is not None
        wanted = self._table.pts[key]
        while (decoded := self._decoder.next_frame()) is not None:
            if decoded.pts == wanted:
                return decoded
            if decoded.pts is None or decoded.pts > wanted:
                return None
        return None

    def _advance(self) -> None:
        decoded = self._decoder.next_frame()
        if decoded is None:
            self._next = self.last_frame + 1
            return
        number = self._next
        if self._table is not None:
            known = self._table.frame_of_pts.get(decoded.pts)
            if known is None or known < self._next:
                return  # before the first key, or hidden by an edit list
            number = known
        if (decoded.width, decoded.height) != self._coded_size:
            raise MediaError(
                f"{self.path} changes size at frame {number}, from {self._coded_size[0]}×{self._coded_size[1]} to "
                f"{decoded.width}×{decoded.height}; cut it there and render the parts one by one"
            )
        self._remember(number, decoded)
        self._next = number + 1

    def _remember(self, number: int, decoded: Any) -> None:
        if decoded.is_corrupt:
            return
        if number in self._recent:
            self._recent_bytes -= _size_bytes(self._recent.pop(number))
        self._recent[number] = decoded
        self._recent_bytes += _size_bytes(decoded)
        while self._recent_bytes > _REMEMBERED_BYTES and len(self._recent) > 1:
            self._recent_bytes -= _size_bytes(self._recent.popitem(last=False)[1])

    def _broken(self, frame: int) -> MediaError:
        found = len(self._table.pts) if self._table else self.last_frame + 1
        if frame >= found:
            return MediaError(
                f"frame {frame} of {self.path} is not there: the file is cut short after frame {found - 1} of "
                f"{self.last_frame}; copy it again, or render only --frames 0-{found - 1}"
            )
        why = f" ({self._decoder.problem})" if self._decoder.problem else ""
        return MediaError(
            f"frame {frame} of {self.path} can't be decoded{why}: the file is damaged there; "
            "copy it again, or render the frames around it"
        )


def _stands_alone(decoded: Any) -> bool:
    """Say whether a picture needs no other: intra coded, or marked as a key by a codec that doesn't tell its kind.

    One that the decoder doubts, having just begun there, may be a key in name only: pictures after it look back beyond.
    """
    return not decoded.is_corrupt and bool(
        decoded.pict_type == _INTRA or (decoded.pict_type == _KIND_UNKNOWN and decoded.key_frame)
    )


def _timecode(stream: Any) -> dict[str, str]:
    return {key: text for key, text in stream.metadata.items() if key == "timecode"}


def _size_bytes(decoded: Any) -> int:
    return sum(plane.buffer_size for plane in decoded.planes)
