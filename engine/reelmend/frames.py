"""Frames as the engine knows them: planar float32 pixels, named by their content, with an exact small proxy.

Digest and proxy are part of the wire contract (proto/reelmend/rpc/v1/engine.proto): the C++ shim computes the same
bits.
"""

from __future__ import annotations

import enum
import itertools
import struct
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import xxhash

from reelmend.errors import ShapeError

Planes = npt.NDArray[np.float32]
"""Pixels as (channels, height, width), float32, C-contiguous, top row first."""

PROXY_COLUMNS = 320
PROXY_ROWS = 180
PROXY_CLAMP = np.float32(2047.0)
PROXY_SCALE = 2.0**20
MAX_SIDE_PIXELS = 32768

SOURCE, MASK, MATTE, REFERENCE = "Source", "Mask", "Matte", "Reference"
"""Clips by name: the one that is mended, and the auxiliary ones that say where, what is broken, and to what light."""


class SampleType(enum.IntEnum):
    """Numbered as on the wire. Digests name the float32 values, whatever type they cross as."""

    FLOAT32 = 1
    FLOAT16 = 2

    @property
    def size_bytes(self) -> int:
        return 4 if self is SampleType.FLOAT32 else 2


class FrameForm(enum.IntEnum):
    """Numbered as on the wire."""

    FULL = 1
    PROXY = 2


@dataclass(frozen=True, slots=True)
class FrameFormat:
    """Width and height in pixels (1…32768) and the number of planes (1 or 3) of float32 samples."""

    width: int
    height: int
    channels: int = 3

    def __post_init__(self) -> None:
        if not (1 <= self.width <= MAX_SIDE_PIXELS and 1 <= self.height <= MAX_SIDE_PIXELS):
            raise ShapeError(f"frame is {self.width}×{self.height} pixels; each side must be 1 to {MAX_SIDE_PIXELS}")
        if self.channels not in (1, 3):
            raise ShapeError(f"frame has {self.channels} planes; 1 or 3 are possible")

    @classmethod
    def of(cls, planes: Planes) -> FrameFormat:
        """Return the format of (C, H, W) float32 pixels. Raises ShapeError."""
        if planes.ndim != 3 or planes.dtype != np.float32:
            raise ShapeError(f"pixels must be (channels, height, width) float32, got {planes.shape} {planes.dtype}")
        channels, height, width = planes.shape
        return cls(width, height, channels)

    @property
    def shape(self) -> tuple[int, int, int]:
        return (self.channels, self.height, self.width)

    @property
    def size_bytes(self) -> int:
        return self.channels * self.height * self.width * 4

    @property
    def proxy(self) -> FrameFormat:
        """The format of this frame's proxy: at most 320×180 cells."""
        return FrameFormat(min(self.width, PROXY_COLUMNS), min(self.height, PROXY_ROWS), self.channels)

    def in_form(self, form: FrameForm) -> FrameFormat:
        return self if form is FrameForm.FULL else self.proxy


@dataclass(frozen=True, slots=True)
class FrameRef:
    """A frame by number and content: what a window is made of before any pixel has moved.

    `sample_type` FLOAT16 promises that every sample is exactly a half, so that halves may cross instead of floats.
    `clip` says which clip's frame it is: the source's, or an auxiliary one's.
    """

    frame: int
    digest: bytes
    format: FrameFormat
    sample_type: SampleType = SampleType.FLOAT32
    clip: str = SOURCE


def content_digest(planes: Planes) -> bytes:
    """Return the 16 bytes that name a frame by its content: XXH3-128 over its format and the digests of its planes."""
    form = FrameFormat.of(planes)
    whole = xxhash.xxh3_128(struct.pack("<4I", form.width, form.height, form.channels, SampleType.FLOAT32))
    for plane in planes:
        whole.update(xxhash.xxh3_128_digest(np.ascontiguousarray(plane).data))
    return whole.digest()


def make_proxy(planes: Planes) -> Planes:
    """Return the area average over at most 320×180 cells, as (C, rows, columns) float32.

    Summed in whole steps of 2⁻²⁰, so that every order of summation gives the same bits. Samples are clamped to ±2047; a
    pixel with a NaN or infinite channel counts in no cell; a cell without a valid pixel takes the mean of the frame's
    valid pixels, or 0 when there is none.
    """
    proxy = FrameFormat.of(planes).proxy
    rows, columns = (
        _cell_starts(*sides) for sides in ((proxy.height, planes.shape[1]), (proxy.width, planes.shape[2]))
    )
    if planes.min() >= -PROXY_CLAMP and planes.max() <= PROXY_CLAMP:  # false for NaN
        sums, counts = _cell_sums(planes, rows, columns), np.outer(_lengths(rows), _lengths(columns))
        return np.ascontiguousarray(sums / counts / PROXY_SCALE, dtype=np.float32)
    valid = np.asarray(np.isfinite(planes).all(axis=0))
    clamped = np.clip(np.where(valid, planes, np.float32(0)), -PROXY_CLAMP, PROXY_CLAMP)
    sums = _cell_sums(clamped, rows, columns)
    counts = _cell_sums(valid[None].astype(np.float32), rows, columns)[0] / PROXY_SCALE
    overall = sums.astype(np.int64).sum(axis=(1, 2)) / max(counts.sum(), 1) / PROXY_SCALE  # may pass 2⁵³
    means = np.where(counts > 0, sums / np.maximum(counts, 1) / PROXY_SCALE, overall[:, None, None])
    return np.ascontiguousarray(means, dtype=np.float32)


def _cell_starts(cells: int, pixels: int) -> npt.NDArray[np.int64]:
    """Return where each cell starts, and the end of the last one."""
    return np.arange(cells + 1) * pixels // cells


def _lengths(starts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.diff(starts)


def _cell_sums(values: Planes, rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return each cell's sum of round(value·2²⁰): whole numbers below 2⁵³, which float64 adds without error.

    Row of cells by row of cells, so that the intermediate values stay in the processor's cache.
    """
    sums = np.empty((values.shape[0], len(rows) - 1, len(columns) - 1), dtype=np.float64)
    for index, (top, bottom) in enumerate(itertools.pairwise(rows)):
        fixed = np.rint(values[:, top:bottom] * np.float32(PROXY_SCALE))
        sums[:, index] = np.add.reduceat(fixed.sum(axis=1, dtype=np.float64), columns[:-1], axis=-1)
    return sums


def expand_halves(halves: npt.NDArray[np.float16], out: Planes) -> Planes:
    """Write halves as floats into contiguous `out` of the same shape, and return it. Exact; signalling NaNs turn quiet.

    OpenCV does it four times as fast as numpy, and as the processor's own instruction does.
    """
    return _converted(halves, out, cv2.CV_32F)


def round_to_halves(samples: Planes, out: npt.NDArray[np.float16]) -> npt.NDArray[np.float16]:
    """Write the nearest halves, ties to even, into contiguous `out` of the same shape, and return it."""
    return _converted(samples, out, cv2.CV_16F)


def _converted(source: npt.NDArray[Any], out: npt.NDArray[Any], depth: int) -> npt.NDArray[Any]:
    if not out.flags.c_contiguous or out.shape != source.shape:
        raise ShapeError(f"out must be contiguous and of shape {source.shape}, got {out.shape}")
    rows = np.ascontiguousarray(source).reshape(-1, source.shape[-1])
    cv2.multiply(rows, 1.0, out.reshape(rows.shape), dtype=depth)
    return out


def planes_from_interleaved(pixels: npt.NDArray[np.float32]) -> Planes:
    """Return the R, G, B planes of (H, W, 3|4) pixels; alpha stays behind. Raises ShapeError."""
    if pixels.ndim != 3 or pixels.shape[2] not in (3, 4):
        raise ShapeError(f"pixels must be (height, width, 3 or 4), got {pixels.shape}")
    return np.ascontiguousarray(pixels[:, :, :3].transpose(2, 0, 1), dtype=np.float32)
