"""Writes a clip as a movie."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from reelmend.errors import MediaError
from reelmend.frames import Planes
from reelmend.media.background import Background
from reelmend.media.interface import PixelType, Plane, Reader
from reelmend.media.movie_audio import AudioCopy
from reelmend.media.movie_decoder import reason
from reelmend.media.movie_reader import MovieReader
from reelmend.media.publishing import PendingFile
from reelmend.media.pyav import load_av
from reelmend.media.yuv import MATRIX_BT709, MATRIX_UNSPECIFIED, CodeValues, YuvFormat, yuv_from_rgb

_CONTAINERS = {".mp4": "mp4", ".mov": "mov", ".mkv": "matroska"}
_LIMITED_RANGE = 1
# Without mbtree because the x264 in PyAV 18.1 then gives other bits at every run (measured; the frames were the same).
_X264 = {"crf": "14", "preset": "medium", "mbtree": "0"}
_PRORES = {"profile": "3", "vendor": "apl0"}
_PRORES_4444 = {"profile": "4", "vendor": "apl0"}
_NOT_CARRIED = frozenset({"major_brand", "minor_version", "compatible_brands", "encoder", "duration"})
_PRIMING_S = Fraction(1, 5)  # codecs such as AAC begin with packets that sound before time 0
_UNSTATED = (0, MATRIX_UNSPECIFIED)


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec, its options and the pixel format that it is given."""

    codec: str
    options: dict[str, str]
    pixel_format: str
    bits: int
    across: int
    down: int
    has_alpha: bool = False


def choose_encoding(extension: str, width: int, height: int, source: PixelType, *, alpha: bool) -> Encoding:
    """Return how a movie is encoded by default.

    .mov is ProRes 422 HQ at 10 bits (4444 with alpha) where the encoder is there; the others are H.264, 4:2:0, 8 bits,
    in .mkv 10 bits for deeper sources. Thinned chroma needs even sides: an odd side gives 4:4:4, because padding or
    cropping would give a movie of another size, which no longer lies on its source pixel by pixel.
    """
    odd_width, odd = width % 2 == 1, width % 2 == 1 or height % 2 == 1
    if extension == ".mov" and _has_encoder("prores_ks"):
        if alpha:
            return Encoding("prores_ks", {**_PRORES_4444, "alpha_bits": "16"}, "yuva444p10le", 10, 1, 1, has_alpha=True)
        if odd_width:
            return Encoding("prores_ks", _PRORES_4444, "yuv444p10le", 10, 1, 1)
        return Encoding("prores_ks", _PRORES, "yuv422p10le", 10, 2, 1)
    if not _has_encoder("libx264"):
        raise MediaError("this PyAV has no H.264 encoder (libx264); write .mov or an image sequence instead")
    deep = extension == ".mkv" and (source.bits > 8 or source.is_float)
    kind, depth = "yuv444p" if odd else "yuv420p", "10le" if deep else ""
    step = 1 if odd else 2
    return Encoding("libx264", _X264, kind + depth, 10 if deep else 8, step, step)


class MovieWriter:
    """A movie that appears when it is whole; see Writer.

    Pictures are converted with the source's matrix, or BT.709 when it states none, in limited range, and are tagged so
    (primaries and transfer function too). From a movie come the times of its frames, its pixel aspect, title and other
    metadata, and its sound, cut to the frames written, where the new container can hold it. Frames are encoded in a
    thread of their own; an error comes with one of the next frames, or with close().
    """

    def __init__(
        self,
        path: Path,
        like: Reader | None,
        frame_rate: Fraction,
        pixel_type: PixelType,
        *,
        overwrite: bool,
        is_data: bool = False,
    ) -> None:
        self.path = path
        self.notes: list[str] = []
        self._like = like
        self._source = like if isinstance(like, MovieReader) else None
        self._rate = frame_rate
        self._pixel_type = pixel_type
        self._pending = PendingFile(path, overwrite=overwrite)
        self._is_data = is_data
        self._alphas = like.reopened() if like is not None and like.has_alpha and not is_data else None
        self._file: Any = None
        self._output: Any = None
        self._stream: Any = None
        self._audio: AudioCopy | None = None
        self._first = 0
        self._last: int | None = None
        self._background = Background(threads=1, waiting=1)
        if pixel_type.is_float:
            self.notes.append("float samples are written as they are, cut to the movie's range: no view transform")

    def write(self, frame: int, planes: Planes, alpha: Plane | None = None) -> None:
        try:
            if alpha is None and self._alphas is not None:
                alpha = self._alphas.alpha(frame)
            if self._output is None:
                self._begin(frame, planes, has_alpha=alpha is not None)
            self._check(frame, planes)
            self._background.submit(self._encode, frame, planes, alpha)
        except BaseException as error:
            self.abort()
            raise self._translated(error) from None
        self._last = frame

    def close(self) -> None:
        if self._last is None:
            self.abort()
            raise MediaError(f"{self.path} would be empty: no frame was written")
        try:
            self._background.drain()
            self._output.mux(self._stream.encode(None))
            if self._audio is not None:
                self._audio.copy_until(self._time_s(self._last) + 1 / self._rate)
            self._output.close()
            self._file.close()
            self._pending.publish()
        except BaseException as error:
            self.abort()
            raise self._translated(error) from None
        self._release_sources()

    def abort(self) -> None:
        self._background.stop()
        if self._file is not None:
            with suppress(OSError):  # what is still buffered may not fit on the disk
                self._file.close()  # first, so that PyAV writes no trailer
        if self._output is not None:
            self._output.close()
        self._pending.discard()
        self._release_sources()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close() if kind is None else self.abort()

    def _begin(self, frame: int, planes: Planes, *, has_alpha: bool) -> None:
        av = load_av()
        _, self._height, self._width = planes.shape
        extension = self.path.suffix.lower()
        self._encoding = choose_encoding(extension, self._width, self._height, self._pixel_type, alpha=has_alpha)
        self._first = frame
        self._file = self._pending.path.open("wb")
        self._output = av.open(self._file, "w", format=_CONTAINERS[extension])
        self._stream = self._output.add_stream(self._encoding.codec, rate=self._rate, options=self._encoding.options)
        self._form = YuvFormat(
            self._encoding.bits, False, self._tag(2, MATRIX_BT709), self._encoding.across, self._encoding.down
        )
        if not self._pixel_type.is_float and self._pixel_type.bits > self._encoding.bits:
            self.notes.append(f"{self._pixel_type} samples are stored with {self._encoding.bits} bits")
        self._describe_stream(self._stream.codec_context)
        if self._source is not None:
            self._carry_over(self._source)

    def _describe_stream(self, context: Any) -> None:
        context.width, context.height = self._width, self._height
        context.pix_fmt = self._encoding.pixel_format
        context.time_base = self._time_base()
        context.color_range = _LIMITED_RANGE
        context.color_primaries = self._tag(0, MATRIX_BT709)
        context.color_trc = self._tag(1, MATRIX_BT709)
        context.colorspace = self._form.matrix
        if self._source is not None:
            context.sample_aspect_ratio = self._source.pixel_aspect

    def _carry_over(self, source: MovieReader) -> None:
        if not self._is_data:
            self._carry_sound(source)
        metadata = {key: text for key, text in source.metadata.items() if key.lower() not in _NOT_CARRIED}
        if self._first != source.first_frame:
            metadata.pop("timecode", None)
        self._output.metadata.update(metadata)

    def _carry_sound(self, source: MovieReader) -> None:
        lead_s = _PRIMING_S if self._first == source.first_frame else Fraction(0)
        self._audio = AudioCopy(source.path, self._output, source.start_s + source.time_s(self._first), lead_s)
        self.notes += self._audio.notes

    def _tag(self, place: int, unstated: int) -> int:
        tag = self._source.colour_tags[place] if self._source is not None else 0
        return unstated if tag in _UNSTATED else int(tag)

    def _time_base(self) -> Fraction:
        if self._source is None or self._source.has_steady_rate:
            return 1 / self._rate
        return self._source.time_base

    def _time_s(self, frame: int) -> Fraction:
        if self._source is None or self._source.has_steady_rate:
            return (frame - self._first) / self._rate
        return self._source.time_s(frame) - self._source.time_s(self._first)

    def _ticks(self, frame: int) -> int:
        return round(self._time_s(frame) / self._time_base())

    def _check(self, frame: int, planes: Planes) -> None:
        if self._last is not None and frame <= self._last:
            raise MediaError(f"{self.path}: frame {frame} came after frame {self._last}; movies are written in order")
        if planes.shape != (3, self._height, self._width):
            got = f"{planes.shape[2]}×{planes.shape[1]}"
            raise MediaError(f"{self.path}: frame {frame} is {got}, the movie is {self._width}×{self._height}")

    def _encode(self, frame: int, planes: Planes, alpha: Plane | None) -> None:
        picture = self._picture(planes, alpha, frame)
        picture.pts = self._ticks(frame)
        self._output.mux(self._stream.encode(picture))
        if self._audio is not None:
            self._audio.copy_until(self._time_s(frame))

    def _picture(self, planes: Planes, alpha: Plane | None, frame: int) -> Any:
        parts = list(yuv_from_rgb(planes, self._form))
        if self._encoding.has_alpha and alpha is not None:
            top = (1 << self._encoding.bits) - 1
            parts.append(np.rint(np.clip(np.nan_to_num(alpha), 0, 1) * top).astype(np.uint16))
        elif alpha is not None and not (alpha == 1).all():
            raise MediaError(
                f"{self.path} can't hold alpha, and frame {frame} is not opaque; "
                "write .mov (ProRes 4444) or an image sequence"
            )
        picture = load_av().VideoFrame(self._width, self._height, self._encoding.pixel_format)
        for plane, part in zip(picture.planes, parts, strict=True):
            _fill(plane, part)
        picture.colorspace, picture.color_range = self._form.matrix, _LIMITED_RANGE
        picture.color_primaries, picture.color_trc = self._tag(0, MATRIX_BT709), self._tag(1, MATRIX_BT709)
        picture.time_base = self._time_base()
        return picture

    def _translated(self, error: BaseException) -> BaseException:
        if isinstance(error, MediaError) or not isinstance(error, (OSError, load_av().FFmpegError)):
            return error
        return MediaError(f"{self.path} can't be written: {reason(error)}; free some space or name another output")

    def _release_sources(self) -> None:
        self._background.stop()
        if self._audio is not None:
            self._audio.close()
        if self._alphas is not None:
            self._alphas.close()


def _fill(plane: Any, values: CodeValues) -> None:
    rows = np.frombuffer(plane, values.dtype).reshape(plane.height, plane.line_size // values.itemsize)
    rows[:, : plane.width] = values


def _has_encoder(name: str) -> bool:
    av = load_av()
    try:
        av.Codec(name, "w")
    except av.codec.codec.UnknownCodecError:
        return False
    return True
