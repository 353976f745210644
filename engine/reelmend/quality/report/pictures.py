"""Pictures of a report: what of a frame goes into the file, at which size, and encoded as data URIs."""

from __future__ import annotations

import base64
import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend.quality.clips import Frame
from reelmend.quality.errors import QualityError
from reelmend.quality.mattes import Plane

Bytes: TypeAlias = NDArray[np.uint8]

LARGEST_SIDE_PX = 1280
SHEET_SIDE_PX = 240
STRIP_SIDE_PX = 144
WEBP_QUALITY = 82
WEBP_QUALITY_DIFFERENCE = 70
WEBP_QUALITY_SMALL = 72
OVERLAY_OPACITY = 0.85
OVERLAY_COLOURS = {"matte": (255, 64, 190), "true-matte": (40, 200, 255)}
DETAIL_SHARE = 4
SMALLEST_DETAIL_PX = 96


class Display(enum.StrEnum):
    """How coded values become screen values: as they are, or from scene-linear light by the sRGB curve."""

    AS_IS = "as-is"
    LINEAR = "linear"


@dataclass(frozen=True)
class Area:
    """A part of the picture, in pixels."""

    top: int
    left: int
    height: int
    width: int

    def of(self, frame: NDArray[np.float32]) -> NDArray[np.float32]:
        return frame[self.top : self.top + self.height, self.left : self.left + self.width]


@dataclass(frozen=True)
class Shot:
    """One area of one frame as data URIs: before, after, their difference, and overlays by name."""

    name: str
    before: str
    after: str
    difference: str
    overlays: Mapping[str, str]
    where: str = ""


def make_shot(
    name: str, before: Frame, after: Frame, mattes: Mapping[str, Plane], gain: float, display: Display, where: str = ""
) -> Shot:
    """Return the pictures of one area, no side over 1280 pixels.

    The difference is 0.5 + gain · (after − before) of the coded values: middle grey is what was not touched.
    """
    overlays = {kind: overlay_uri(plane, OVERLAY_COLOURS[kind]) for kind, plane in mattes.items()}
    moved = np.float32(0.5) + np.float32(gain) * (after - before)
    return Shot(
        name,
        webp_uri(scaled(screen_values(before, display))),
        webp_uri(scaled(screen_values(after, display))),
        webp_uri(scaled(screen_values(moved, Display.AS_IS)), WEBP_QUALITY_DIFFERENCE),
        overlays,
        where,
    )


def screen_values(frame: Frame, display: Display) -> Bytes:
    """Return (H, W, 3) uint8: values clipped to 0…1, infinities with them, NaN as 0."""
    values = np.clip(np.nan_to_num(frame, nan=0.0, posinf=1.0, neginf=0.0), 0.0, 1.0)
    if display is Display.LINEAR:
        values = np.where(values <= 0.0031308, 12.92 * values, 1.055 * np.power(values, 1 / 2.4) - 0.055)
    return np.asarray(np.rint(values * np.float32(255)), np.uint8)


def scaled(pixels: Bytes, largest_side_px: int = LARGEST_SIDE_PX) -> Bytes:
    """Return the pixels, made smaller by area where a side is over the limit; never larger."""
    rows, columns = pixels.shape[:2]
    scale = min(1.0, largest_side_px / max(rows, columns))
    if scale == 1.0:
        return pixels
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def webp_uri(rgb: Bytes, quality: int = WEBP_QUALITY) -> str:
    """Return (H, W, 3) uint8 as a data URI of a lossy WebP."""
    return _uri("webp", np.ascontiguousarray(rgb[:, :, ::-1]), [cv2.IMWRITE_WEBP_QUALITY, quality])


def overlay_uri(matte: Plane, colour_rgb: tuple[int, int, int]) -> str:
    """Return a matte as a data URI of a PNG in one colour that is opaque where the matte is.

    Before it is made smaller it is widened by as much, so that the smallest speck still shows.
    """
    shrink = max(1.0, max(matte.shape) / LARGEST_SIDE_PX)
    if shrink > 1.0:
        reach = int(np.ceil(shrink))
        matte = np.asarray(cv2.dilate(matte, np.ones((reach, reach), np.uint8)), np.float32)
    opacity = scaled(np.rint(matte * np.float32(255 * OVERLAY_OPACITY)).astype(np.uint8))
    pixels = np.zeros((*opacity.shape, 4), np.uint8)
    pixels[..., :3] = colour_rgb[::-1]
    pixels[..., 3] = opacity
    pixels[opacity == 0] = 0
    return _uri("png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 9])


def area_of_largest_change(before: Frame, after: Frame, matte: Plane | None) -> Area | None:
    """Return a quarter-wide area around the largest local change, or None for a picture too small to have details.

    With a matte only changes inside it count, unless there are none; each by its mean over a neighbourhood. Where
    nothing changed it is the middle.
    """
    rows, columns = before.shape[:2]
    height, width = rows // DETAIL_SHARE, columns // DETAIL_SHARE
    if min(height, width) < SMALLEST_DETAIL_PX // 2 or max(height, width) < SMALLEST_DETAIL_PX:
        return None
    moved = np.nan_to_num(np.abs(after - before)).max(axis=2)
    if matte is not None and (moved * matte).any():
        moved = moved * matte
    local = cv2.blur(np.asarray(moved, np.float32), (width // 4 | 1, height // 4 | 1))
    place = int(np.argmax(local)) if moved.any() else rows // 2 * columns + columns // 2
    row, column = np.unravel_index(place, local.shape)
    top = min(max(int(row) - height // 2, 0), rows - height)
    left = min(max(int(column) - width // 2, 0), columns - width)
    return Area(top, left, height, width)


def _uri(kind: str, pixels: Bytes, options: list[int]) -> str:
    done, encoded = cv2.imencode(f".{kind}", pixels, options)
    if not done:
        raise QualityError(f"a picture of {pixels.shape[1]}×{pixels.shape[0]} could not be encoded as {kind}")
    return f"data:image/{kind};base64,{base64.b64encode(encoded.tobytes()).decode()}"
