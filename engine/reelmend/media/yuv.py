"""Y′CbCr to R′G′B′ and back, in float32, without clipping what lies outside 0…1.

Sources: ITU-R BT.601-7, BT.709-6, BT.2020-2 (weights, quantisation), H.273 (numbers of the matrices and ranges),
H.264 annex E (where chroma samples lie).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from reelmend.errors import MediaError
from reelmend.frames import Planes
from reelmend.media.interface import Plane

CodeValues = npt.NDArray[Any]

MATRIX_BT709 = 1
MATRIX_UNSPECIFIED = 2
MATRIX_BT601 = 6

_RED_AND_BLUE_WEIGHTS = {
    MATRIX_BT709: (0.2126, 0.0722),
    4: (0.30, 0.11),  # FCC, 1953
    5: (0.299, 0.114),  # BT.601, 625 lines
    MATRIX_BT601: (0.299, 0.114),
    7: (0.212, 0.087),  # SMPTE 240M
    9: (0.2627, 0.0593),  # BT.2020, non-constant luminance
}
_HD_WIDTH_PIXELS = 1280
_HD_HEIGHT_PIXELS = 720


@dataclass(frozen=True, slots=True)
class YuvFormat:
    """How code values mean colours: bits, range, the matrix's number in H.273, and how chroma is thinned out.

    `across` and `down`: luma samples per chroma sample. `centred`: chroma lies midway between luma samples across too
    (JPEG); otherwise it lies on every second luma sample (MPEG-2, H.264, H.265 by default).
    """

    bits: int
    full_range: bool
    matrix: int
    across: int = 1
    down: int = 1
    centred: bool = False

    @property
    def luma_offset(self) -> float:
        return 0.0 if self.full_range else float(16 << (self.bits - 8))

    @property
    def luma_span(self) -> float:
        return float((1 << self.bits) - 1 if self.full_range else 219 << (self.bits - 8))

    @property
    def chroma_offset(self) -> float:
        return float(1 << (self.bits - 1))

    @property
    def chroma_span(self) -> float:
        return float((1 << self.bits) - 1 if self.full_range else 224 << (self.bits - 8))

    @property
    def weights(self) -> tuple[float, float, float]:
        """Luma's share of red, green and blue. Raises MediaError for a matrix that isn't a weighted sum."""
        if self.matrix not in _RED_AND_BLUE_WEIGHTS:
            raise MediaError(
                f"the movie's colour matrix (H.273 number {self.matrix}) is not supported; "
                "convert it to BT.709 first, e.g. with 'ffmpeg -i IN -vf scale=out_color_matrix=bt709 OUT'"
            )
        red, blue = _RED_AND_BLUE_WEIGHTS[self.matrix]
        return red, 1.0 - red - blue, blue


def matrix_of(stated: int, width: int, height: int) -> int:
    """Return the stated matrix; BT.709 from 1280 or 720 pixels on and BT.601 below it when none is stated."""
    if stated != MATRIX_UNSPECIFIED:
        return stated
    return MATRIX_BT709 if width >= _HD_WIDTH_PIXELS or height >= _HD_HEIGHT_PIXELS else MATRIX_BT601


def rgb_from_yuv(luma: CodeValues, blue: CodeValues, red: CodeValues, form: YuvFormat) -> Planes:
    """Return R, G, B as (3, H, W) from code values of luma (H, W) and chroma; chroma is interpolated linearly."""
    weight_r, weight_g, weight_b = form.weights
    height, width = luma.shape
    brightness = _centred(luma, form.luma_offset, form.luma_span)
    cb = _upsampled(_centred(blue, form.chroma_offset, form.chroma_span), width, height, form)
    cr = _upsampled(_centred(red, form.chroma_offset, form.chroma_span), width, height, form)
    planes = np.empty((3, height, width), np.float32)
    np.multiply(cr, np.float32(2 * (1 - weight_r)), out=planes[0])
    planes[0] += brightness
    np.multiply(cb, np.float32(2 * (1 - weight_b)), out=planes[2])
    planes[2] += brightness
    cb *= np.float32(2 * weight_b * (1 - weight_b) / weight_g)
    cr *= np.float32(2 * weight_r * (1 - weight_r) / weight_g)
    np.subtract(brightness, cb, out=planes[1])
    planes[1] -= cr
    return planes


def yuv_from_rgb(planes: Planes, form: YuvFormat) -> tuple[CodeValues, CodeValues, CodeValues]:
    """Return code values of luma (H, W), Cb and Cr, rounded to the nearest and clipped; NaN counts as 0."""
    weight_r, weight_g, weight_b = form.weights
    rgb = np.nan_to_num(planes, nan=0.0, posinf=2.0, neginf=-1.0)
    luma = cv2.transform(
        np.ascontiguousarray(rgb.transpose(1, 2, 0)), np.array([[weight_r, weight_g, weight_b]], np.float32)
    )
    cb = _downsampled((rgb[2] - luma) / np.float32(2 * (1 - weight_b)), form)
    cr = _downsampled((rgb[0] - luma) / np.float32(2 * (1 - weight_r)), form)
    return (
        _code(luma, form.luma_offset, form.luma_span, form.bits),
        _code(cb, form.chroma_offset, form.chroma_span, form.bits),
        _code(cr, form.chroma_offset, form.chroma_span, form.bits),
    )


def _centred(values: CodeValues, offset: float, span: float) -> Plane:
    plane = values.astype(np.float32)
    if offset:
        plane -= np.float32(offset)
    plane /= np.float32(span)
    return plane


def _upsampled(plane: Plane, width: int, height: int, form: YuvFormat) -> Plane:
    if form.across == 1 and form.down == 1:
        return plane
    step_x, step_y = 1 / form.across, 1 / form.down
    shift_x = (step_x - 1) / 2 if form.centred else 0.0
    shift_y = (step_y - 1) / 2
    source_of_target = np.array([[step_x, 0, shift_x], [0, step_y, shift_y]], np.float64)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(plane, source_of_target, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE),
        np.float32,
    )


def _downsampled(plane: Plane, form: YuvFormat) -> Plane:
    """Return chroma at half size: the mean of two rows, and ¼ ½ ¼ around every second column."""
    if form.down == 2:
        plane = (plane[0::2] + plane[1::2]) * np.float32(0.5)
    if form.across == 2:
        even, odd = plane[:, 0::2], plane[:, 1::2]
        before = np.concatenate([even[:, :1], odd[:, :-1]], axis=1)
        plane = even * np.float32(0.5) + (odd + before) * np.float32(0.25)
    return plane


def _code(plane: Plane, offset: float, span: float, bits: int) -> CodeValues:
    scaled = plane * np.float32(span)
    scaled += np.float32(offset)
    np.rint(scaled, out=scaled)
    np.clip(scaled, 0, (1 << bits) - 1, out=scaled)
    return scaled.astype(np.uint8 if bits == 8 else np.uint16)
