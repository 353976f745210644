"""Luma, and the 16 tones between which curves over it are straight."""

from __future__ import annotations

import numpy as np

from reelmend_models.reference.deflicker.arrays import Array, single

TONES = 16
MIDDLE, TOP = np.float32(0.25), np.float32(0.8)


def luma(planes: Array) -> Array:
    """Return the Rec. 709 luma (H, W) of (3, H, W) planes in their own values."""
    red, green, blue = planes
    light: Array = np.float32(0.2126) * red + np.float32(0.7152) * green + np.float32(0.0722) * blue
    return light


def compressed(light: Array) -> Array:
    """Return light / (light + 0.25), from 0 for black to 0.8 for 1 and more."""
    bright = np.maximum(light, np.float32(0))
    return np.minimum(bright / (bright + MIDDLE), TOP)


def tone_light() -> Array:
    """Return the light (16,) at the tones."""
    places = np.linspace(0.0, TOP, TONES)
    return single(MIDDLE * places / (1.0 - places))


def tone_shares(light: Array) -> Array:
    """Return (…, 16): between which two tones light (…) lies, as shares that sum to 1."""
    places = single(np.linspace(0.0, TOP, TONES))
    off = np.abs(compressed(light)[..., None] - places) * np.float32((TONES - 1) / TOP)
    return single(np.maximum(np.float32(1) - off, np.float32(0)))
