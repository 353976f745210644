"""Clips as files that say which frame they show: its number stands in each picture as black and white cells."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import OpenImageIO as oiio  # noqa: N813

BITS = 8
CELL = 16


def numbered_picture(number: int, width: int = 160, height: int = 96) -> np.ndarray:
    """Return (H, W, 3) uint8: a coloured ramp that drifts, with the number as eight cells along the top."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    picture = np.stack([40 + x + number % 20, 60 + y + x // 2, 200 - y - number % 30], axis=2).clip(16, 235)
    for bit in range(BITS):
        picture[:CELL, bit * CELL : (bit + 1) * CELL] = 225 if number >> bit & 1 else 30
    return picture.astype(np.uint8)


def number_in(planes: np.ndarray) -> int:
    """Return the number that a picture shows."""
    middle = CELL // 2
    return sum(1 << bit for bit in range(BITS) if planes[1, middle, bit * CELL + middle] > 0.5)


def write_movie(
    path: Path,
    frames: int = 60,
    *,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    pixel_format: str = "yuv420p",
    rate: Fraction = Fraction(25),
    size: tuple[int, int] = (160, 96),
    times: Sequence[int] | None = None,
    start: int = 0,
    rotation: int = 0,
    sound: str = "",
    container: str | None = None,
    muxing: dict[str, str] | None = None,
    metadata: dict[str, str] | None = None,
    picture: Callable[[int], np.ndarray] | None = None,
    colour: tuple[int, int] | None = None,
) -> Path:
    """Encode numbered pictures; `times` and `start` count in frames, `colour` is matrix and range of the stream."""
    with av.open(str(path), "w", format=container, options=muxing or {}) as output:
        output.metadata.update(metadata or {})
        stream = output.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height = size
        stream.pix_fmt = pixel_format
        if colour:
            stream.codec_context.colorspace, stream.codec_context.color_range = colour
            stream.codec_context.color_primaries = stream.codec_context.color_trc = colour[0]
        if rotation:
            stream.set_display_rotation(rotation)
        track = output.add_stream(sound, rate=48000, layout="mono") if sound else None
        for index in range(frames):
            pixels = picture(index) if picture else numbered_picture(index, *size)
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24") if isinstance(pixels, np.ndarray) else pixels
            frame.pts = start + (times[index] if times else index)
            frame.time_base = 1 / rate
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        if track is not None:
            _write_tone(output, track, round(frames / rate * 48000))
    return path


def _write_tone(output: Any, track: Any, samples: int) -> None:
    tone = (np.sin(np.arange(samples) * 2 * np.pi * 440 / 48000) * 0.5).astype(np.float32)[None]
    frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = 48000, 0, Fraction(1, 48000)
    fifo = av.AudioFifo()
    fifo.write(frame)
    for part in fifo.read_many(1024, partial=True):
        output.mux(track.encode(part))
    output.mux(track.encode(None))


def write_picture(
    path: Path, pixels: np.ndarray, kind: str, attributes: dict[str, Any] | None = None, channels: Sequence[str] = ()
) -> Path:
    """Write (H, W, C) samples as one image file; an attribute's value may be a pair of type and value."""
    height, width, count = pixels.shape
    spec = oiio.ImageSpec(width, height, count, kind)
    if channels:
        spec.channelnames = tuple(channels)
    for name, value in (attributes or {}).items():
        if isinstance(value, tuple):
            spec.attribute(name, oiio.TypeDesc(value[0]), value[1])
        else:
            spec.attribute(name, value)
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), spec), output.geterror()
    assert output.write_image(np.ascontiguousarray(pixels)), output.geterror()
    output.close()
    return path


class Media:
    """The helpers above, for tests."""

    movie = staticmethod(write_movie)
    picture = staticmethod(write_picture)
    number_in = staticmethod(number_in)
    numbered_picture = staticmethod(numbered_picture)
