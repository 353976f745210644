"""Photographs as float pictures in light, at the scale that a scene asks for, and cut-outs with soft outlines.

Pixel values are squared for light: gamma 2 stands in for sRGB's curve, its root gives the photograph's own values back,
and both cost one multiplication or one root a pixel.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from reelmend_models.training.footage.errors import FootageError
from reelmend_models.training.footage.made.scene import CutOut, Shape

Picture: TypeAlias = npt.NDArray[np.float32]

# A pole must cross the frame at any tilt and place.
_POLE_LENGTH = 4.0
_OUTLINE_POINTS = 180


def read_photo(file: Path) -> npt.NDArray[np.uint8]:
    """Return a photograph as (H, W, 3) RGB, turned upright as its EXIF says. Raises FootageError when it is none."""
    picture = cv2.imread(str(file), cv2.IMREAD_COLOR_RGB)
    if picture is None:
        raise FootageError(f"photograph {file} is missing or cannot be decoded; build the footage again")
    return np.asarray(picture, np.uint8)


def to_light(photo: npt.NDArray[np.uint8], factor: float) -> Picture:
    """Return the photograph in light, (H, W, 3) in 0–1, its sides multiplied by the factor."""
    height, width = photo.shape[:2]
    size = max(1, round(width * factor)), max(1, round(height * factor))
    # 16 bits keep smooth gradients smooth when many pixels are averaged into one.
    deep = photo.astype(np.uint16) * np.uint16(257)
    scaled = cv2.resize(deep, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)
    values = scaled.astype(np.float32) / np.float32(65535)
    return np.asarray(values * values, np.float32)


def from_light(light: Picture) -> Picture:
    """Return display values in 0–1, clipped."""
    return np.asarray(cv2.sqrt(np.clip(light, 0, 1)), np.float32)


def cut_out_picture(cut_out: CutOut, photo: npt.NDArray[np.uint8], height: int) -> Picture:
    """Return a cut-out for frames of that height: (h, w, 4), light times alpha, then alpha; centred."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence(cut_out.seed)))
    sigma = max(0.5, cut_out.softness * height)
    border = math.ceil(3 * sigma) + 1
    width_px = max(1.5, cut_out.size * height)
    length_px = _POLE_LENGTH * height if cut_out.shape == "pole" else width_px
    size = math.ceil(width_px) + 2 * border, math.ceil(length_px) + 2 * border
    alpha = _alpha(_outline(cut_out.shape, rng), width_px, length_px, size, sigma)
    texture = _texture(photo, rng, size)
    return np.dstack([np.minimum(texture * np.float32(cut_out.gain), 1) * alpha[:, :, None], alpha])


def _outline(shape: Shape, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return the points of a closed outline within ±0.5."""
    if shape == "pole":
        return np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])
    if shape == "polygon":
        angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 8))))
        radii = rng.uniform(0.25, 0.5, len(angles))
    else:
        angles = np.linspace(0, 2 * np.pi, _OUTLINE_POINTS, endpoint=False)
        waves = np.arange(1, 7)
        swing = rng.uniform(-1, 1, 6) / waves
        radii = 1 + 0.6 * np.cos(np.outer(angles, waves) + rng.uniform(0, 2 * np.pi, 6)) @ swing
        radii = 0.5 * np.maximum(radii, 0.15) / np.maximum(radii, 0.15).max()
    return np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)


def _alpha(
    outline: npt.NDArray[np.float64], width_px: float, length_px: float, size: tuple[int, int], sigma: float
) -> Picture:
    fractions = 8
    centre = np.array([(size[0] - 1) / 2, (size[1] - 1) / 2])
    points = centre + outline * np.array([width_px, length_px])
    canvas = np.zeros((size[1], size[0]), np.uint8)
    cv2.fillPoly(canvas, [np.round(points * (1 << fractions)).astype(np.int32)], 255, cv2.LINE_AA, fractions)
    return np.asarray(cv2.GaussianBlur(canvas.astype(np.float32) / 255, (0, 0), sigma), np.float32)


def _texture(photo: npt.NDArray[np.uint8], rng: np.random.Generator, size: tuple[int, int]) -> Picture:
    """Return a piece of the photograph of that size in light; shrunk up to three times."""
    height, width = photo.shape[:2]
    factor = rng.uniform(1, 3)
    piece_width, piece_height = min(width, round(size[0] * factor)), min(height, round(size[1] * factor))
    left, top = int(rng.integers(width - piece_width + 1)), int(rng.integers(height - piece_height + 1))
    piece = photo[top : top + piece_height, left : left + piece_width]
    values = cv2.resize(piece.astype(np.float32) / 255, size, interpolation=cv2.INTER_AREA)
    return np.asarray(values * values, np.float32)
