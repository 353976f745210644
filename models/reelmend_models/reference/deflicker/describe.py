"""What is known of a frame alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reelmend_models.reference.deflicker.arrays import Array, Bytes
from reelmend_models.reference.deflicker.sampling import smoothing
from reelmend_models.reference.deflicker.tones import luma, tone_shares

PROXY_ROWS, PROXY_COLUMNS = 180, 320
PEDESTAL_SHARE, FLOOR = 0.04, 1e-6
SURROUNDINGS_PIXELS = 12.0
GREY, STEPS_PER_LOG = 128.0, 120.0


@dataclass(frozen=True)
class Description:
    """A frame's luma (h, w) at most 320×180, its texture without its light, its share (16,) at each tone."""

    luma: Array
    texture: Bytes
    tones: Array


def describe(planes: Array, in_bands: bool = False) -> Description:
    """Return what is known of a finite frame (3, H, W). in_bands: bands of light are no texture."""
    light = luma(proxy(planes))
    seen = without_bands(texture(light)) if in_bands else texture(light)
    return Description(light, seen, tone_shares(light).mean(axis=(0, 1)))


def proxy(planes: Array) -> Array:
    """Return means over at most 320×180 cells, each of whole pixels."""
    _, height, width = planes.shape
    rows, columns = _starts(height, PROXY_ROWS), _starts(width, PROXY_COLUMNS)
    sums = np.add.reduceat(np.add.reduceat(planes, rows, axis=1), columns, axis=2)
    pixels = np.outer(np.diff(rows, append=height), np.diff(columns, append=width))
    return np.asarray(sums / pixels, np.float32)


def texture(light: Array) -> Bytes:
    """Return (h, w) for optical flow: log luma less the mean of its surroundings, so that its light is taken out."""
    bright = np.maximum(light, 0.0)
    log_light = np.log(bright + (PEDESTAL_SHARE * bright.mean() + FLOOR))
    rows, columns = (smoothing(size, SURROUNDINGS_PIXELS) for size in light.shape)
    detail = log_light - rows @ log_light @ columns.T
    levels: Bytes = np.clip(np.rint(GREY + STEPS_PER_LOG * detail), 0, 255).astype(np.uint8)
    return levels


def without_bands(levels: Bytes) -> Bytes:
    """Return the texture with the median of each row made grey."""
    rows = np.median(levels, axis=1, keepdims=True)
    return np.asarray(np.clip(np.rint(levels - rows) + GREY, 0, 255), np.uint8)


def _starts(pixels: int, cells: int) -> np.ndarray:
    count = min(pixels, cells)
    return np.arange(count) * pixels // count
