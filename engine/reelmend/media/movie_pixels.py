"""Decoded movie frames as float32 planes, whatever pixel format the codec speaks, and upright."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from reelmend.errors import MediaError
from reelmend.frames import Planes
from reelmend.media.interface import PixelType, Plane
from reelmend.media.pyav import load_av
from reelmend.media.yuv import YuvFormat, matrix_of, rgb_from_yuv

_FULL_RANGE = 2  # AVCOL_RANGE_JPEG
_LIMITED_RANGE = 1  # AVCOL_RANGE_MPEG
_RGB_MATRIX = 0
_DEPTHS = (8, 9, 10, 12, 14, 16)


@dataclass(frozen=True, slots=True)
class PlanarFormat:
    """The planar twin of a pixel format: same samples, one channel a plane. `family`: "rgb", "grey" or "yuv"."""

    name: str
    family: str
    bits: int
    is_float: bool
    has_alpha: bool
    across: int = 1
    down: int = 1

    @property
    def pixel_type(self) -> PixelType:
        return PixelType(self.bits, self.is_float)


@cache
def planar_format(name: str) -> PlanarFormat:
    """Return the planar format that holds every sample of the named pixel format."""
    av = load_av()
    form = av.VideoFormat(name, 64, 64)
    alpha = any(part.is_alpha for part in form.components) or form.has_palette
    bits = max((part.bits for part in form.components), default=8)
    if "f32" in name or "f16" in name:
        return PlanarFormat("gbrapf32le" if alpha else "gbrpf32le", "rgb", 32, True, alpha)
    depth = next((allowed for allowed in _DEPTHS if allowed >= bits), 16)
    if form.is_rgb or form.has_palette or "bayer" in name or name.startswith(("ya8", "ya16", "xyz")):
        return _rgb(depth, alpha)
    if len(form.components) == 1:
        return PlanarFormat("gray" if depth == 8 else f"gray{depth}le", "grey", depth, False, False)
    return _yuv(form, depth, alpha)


def _rgb(depth: int, alpha: bool) -> PlanarFormat:
    depth = 10 if alpha and depth == 9 else depth
    suffix = "" if depth == 8 else f"{depth}le"
    return PlanarFormat(f"gbr{'a' if alpha else ''}p{suffix}", "rgb", depth, False, alpha)


def _yuv(form: Any, depth: int, alpha: bool) -> PlanarFormat:
    across, down = 64 // form.chroma_width(64), 64 // form.chroma_height(64)
    kinds = {(1, 1): "444", (2, 1): "422", (2, 2): "420", (4, 1): "411", (4, 4): "410", (1, 2): "440"}
    suffix = "" if depth == 8 else f"{depth}le"
    name = f"yuv{'a' if alpha else ''}{kinds.get((across, down), '444')}p{suffix}"
    try:
        load_av().VideoFormat(name, 64, 64)
    except ValueError:  # no such planar format, e.g. yuva411p: the finest one holds all samples
        return PlanarFormat(f"yuv{'a' if alpha else ''}444p16le", "yuv", 16, False, alpha)
    return PlanarFormat(name, "yuv", depth, False, alpha, across, down)


def rgb_planes(frame: Any, *, chroma_centred: bool = False) -> Planes:
    """Return a decoded frame's R, G, B as (3, H, W) float32, upright. Raises MediaError for an unsupported matrix.

    Y′CbCr is converted by the frame's own matrix and range; by BT.709 from 1280×720 on and BT.601 below it, limited
    range, when it states none. Results are not clipped: excursions below black and above white survive.
    """
    form = planar_format(frame.format.name)
    # The old "yuvj" names mean full range, which converting to the plain name would lose.
    full = frame.color_range == _FULL_RANGE or frame.format.name.startswith("yuvj")
    planar = _planar(frame, form)
    if form.family == "rgb":
        green, blue, red = (_samples(planar, index, form) for index in range(3))
        planes = np.stack([_nominal(part, form) for part in (red, green, blue)])
    elif form.family == "grey":
        limited = frame.color_range == _LIMITED_RANGE
        span = YuvFormat(form.bits, not limited, 1)
        grey = (_samples(planar, 0, form).astype(np.float32) - span.luma_offset) / np.float32(span.luma_span)
        planes = np.repeat(grey.astype(np.float32)[None], 3, axis=0)
    else:
        matrix = matrix_of(frame.colorspace, frame.width, frame.height)
        meaning = YuvFormat(form.bits, full, matrix, form.across, form.down, chroma_centred)
        if matrix == _RGB_MATRIX:  # "GBR" carried in planes called Y, Cb and Cr
            green, blue, red = (_samples(planar, index, form) for index in range(3))
            planes = np.stack([_nominal(part, form) for part in (red, green, blue)])
        else:
            luma, cb, cr = (_samples(planar, index, form) for index in range(3))
            planes = rgb_from_yuv(luma, cb, cr, meaning)
    return np.ascontiguousarray(upright(planes, frame.rotation))


def alpha_plane(frame: Any) -> Plane | None:
    """Return a decoded frame's alpha as (H, W) float32, upright; None when its format has none."""
    form = planar_format(frame.format.name)
    if not form.has_alpha:
        return None
    plane = _nominal(_samples(_planar(frame, form), 3, form), form)
    return np.ascontiguousarray(upright(plane, frame.rotation))


def upright(pixels: Planes, rotation_degrees: int) -> Planes:
    """Return (…, H, W) pixels turned counterclockwise as the display matrix says, to the nearest quarter turn."""
    return np.rot90(pixels, round(rotation_degrees / 90) % 4, axes=(-2, -1))


def _planar(frame: Any, form: PlanarFormat) -> Any:
    if frame.format.name in (form.name, form.name.replace("yuv", "yuvj", 1)):
        return frame
    try:
        return frame.reformat(format=form.name)
    except (ValueError, OSError, load_av().FFmpegError):
        raise MediaError(
            f"the movie's pixel format '{frame.format.name}' can't be converted; convert the movie with ffmpeg first"
        ) from None


def _samples(frame: Any, index: int, form: PlanarFormat) -> npt.NDArray[Any]:
    plane = frame.planes[index]
    kind = np.dtype("<f4") if form.is_float else np.dtype("u1") if form.bits == 8 else np.dtype("<u2")
    rows = np.frombuffer(plane, kind).reshape(plane.height, plane.line_size // kind.itemsize)
    return rows[:, : plane.width]


def _nominal(samples: npt.NDArray[Any], form: PlanarFormat) -> Plane:
    if form.is_float:
        return np.array(samples, np.float32)
    return np.asarray(np.divide(samples, np.float32((1 << form.bits) - 1), dtype=np.float32), np.float32)
