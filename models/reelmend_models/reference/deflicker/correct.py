"""A frame with its correction applied."""

from __future__ import annotations

import numpy as np

from reelmend_models.reference.deflicker.arrays import Array, single
from reelmend_models.reference.deflicker.compare import BANDS, FIELD_COLUMNS, FIELD_ROWS, PEDESTAL
from reelmend_models.reference.deflicker.expect import Correction
from reelmend_models.reference.deflicker.sampling import cubic_weights, enlarging
from reelmend_models.reference.deflicker.tones import MIDDLE, TONES, TOP, compressed, luma

STEPS = 256
LEAST_CONTRAST = 0.25
NO_ROOM = np.float32(1e-6)


def correct(planes: Array, correction: Correction, strength: float = 1.0) -> Array:
    """Return the frame (3, H, W) corrected. Pixels that are not finite are left as they are."""
    light = luma(planes)
    finite = np.isfinite(light)
    brightest, darkest = (np.where(finite, found, np.float32(0)) for found in (planes.max(axis=0), planes.min(axis=0)))
    tone = _looked_up(_table(correction.curve * strength), np.where(finite, light, np.float32(0)))
    tone = np.where(finite, tone, np.float32(0))
    gain = np.where(finite, (1 + tone) * (1 + _over_picture(correction, strength, *light.shape)), np.float32(1))
    lift = tone * np.float32(PEDESTAL)
    share = _share_below_white(gain, lift, brightest)
    gain = 1 + (gain - 1) * share
    lift = np.maximum(lift * share, np.maximum(darkest, np.float32(0)) * -gain)  # nothing falls below black
    with np.errstate(invalid="ignore"):
        return np.where(finite, planes * gain + lift, planes)


def _table(curve: Array) -> Array:
    """Return gains less 1 at 257 steps of compressed light; contrast never falls below a quarter."""
    places = np.linspace(0.0, TOP, STEPS + 1)
    log_gain = _between_tones() @ curve
    slack = (1.0 - LEAST_CONTRAST) * np.log(MIDDLE * places / (1.0 - places) + PEDESTAL)
    rising = np.maximum.accumulate(log_gain + slack) - slack
    return single(np.exp(np.where(rising > log_gain + 1e-6, rising, log_gain)) - 1.0)


def _between_tones() -> Array:
    """Return (257, 16): cubic interpolation between tones, straight on at both ends."""
    drawn_on = np.zeros((TONES + 2, TONES))
    drawn_on[1:-1] = np.eye(TONES)
    drawn_on[0, :2], drawn_on[-1, -2:] = (2.0, -1.0), (-1.0, 2.0)
    places = 1.0 + np.arange(STEPS + 1) * ((TONES - 1) / STEPS)
    return single(cubic_weights(places, TONES + 2) @ drawn_on)


def _looked_up(table: Array, light: Array) -> Array:
    position = compressed(light) * np.float32(STEPS / TOP)
    step = np.minimum(position.astype(np.int32), STEPS - 1)
    left, right = table[step], table[step + 1]
    return single(left + (position - step.astype(np.float32)) * (right - left))


def _over_picture(correction: Correction, strength: float, height: int, width: int) -> Array:
    """Return gain less 1 over the picture (H, W) of field and bands."""
    patches = enlarging(height, FIELD_ROWS) @ np.expm1(correction.field * strength) @ enlarging(width, FIELD_COLUMNS).T
    stripes = enlarging(height, BANDS) @ np.expm1(correction.bands * strength)[:, None]
    return single(patches + stripes + patches * stripes)


def _share_below_white(gain: Array, lift: Array, brightest: Array) -> Array:
    """Return the share of the change that keeps highlights of a frame without values above 1 below 1."""
    if brightest.max() > 1.0:
        return np.ones_like(gain)
    raised = np.maximum(brightest * (gain - 1) + lift, np.float32(0))
    share = raised / (np.maximum(1 - brightest, np.float32(0)) + NO_ROOM)
    squared = share * share
    return single(1 / np.sqrt(np.sqrt(1 + squared * squared)))
