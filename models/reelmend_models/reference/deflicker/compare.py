"""How the light changed from one frame to another, whatever moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from reelmend_models.reference.deflicker.arrays import Array, Bytes, single
from reelmend_models.reference.deflicker.describe import Description
from reelmend_models.reference.deflicker.sampling import cell_means, enlarging, smoothed, smoothing
from reelmend_models.reference.deflicker.tones import TONES, tone_light, tone_shares

FIELD_ROWS, FIELD_COLUMNS, BANDS = 9, 16, 60
LEAST_FLOW_PIXELS = 16
PEDESTAL = 2 / 255
NOISE_IN_THE_DARK = 0.03
CLIPPED_FROM = 0.985
MISMATCH_LEVELS = 12.0
USUAL_DEVIATION = 0.05
ROUNDS = (4.0, 2.0, 1.0, 1.0)
NEIGHBOURS_CELLS = 0.7
LEAST_SAY = 0.02
FLAT_CURVE, STRAIGHT_CURVE = 2e-3, 1e-2
FREE_DARK_TONES, FREEDOM = 2, 0.1
NOTHING = 1e-6


@dataclass(frozen=True)
class Step:
    """A change of log light: by tone (16,), further by cell (9, 16) or by band (60,); how far cells were comparable."""

    curve: Array
    field: Array
    bands: Array
    trust: Array


class Ratios(NamedTuple):
    """Log ratios (h, w) of pixels that match, how far each is trusted, its tones (h, w, 16), its usual noise."""

    log_ratio: Array
    trust: Array
    shares: Array
    noise: Array


_SHAPES = ((TONES,), (FIELD_ROWS, FIELD_COLUMNS), (BANDS,), (FIELD_ROWS, FIELD_COLUMNS))
NO_STEP = Step(*(np.zeros(shape, np.float32) for shape in _SHAPES))
"""Between a picture and itself, and to the first of all."""


def compare(before: Description, after: Description) -> Step:
    """Return the change from one frame to the other, half of it judged there and half of it back."""
    clipped = CLIPPED_FROM * max(1.0, float(before.luma.max()), float(after.luma.max()))
    there, back = (_one_way(*pair, clipped) for pair in ((before, after), (after, before)))
    curve_back = tone_shares(tone_light() * np.exp(there.curve)) @ back.curve
    return Step(
        (there.curve - curve_back) / 2,
        (there.field - back.field) / 2,
        (there.bands - back.bands) / 2,
        (there.trust + back.trust) / 2,
    )


def _one_way(first: Description, second: Description, clipped: float) -> Step:
    ratios = _ratios(first, second, flow(first.texture, second.texture), clipped)
    curve, tone, field, trust = _curve_and_field(ratios)
    return Step(curve, field, _bands(ratios, tone), trust)


def flow(first: Bytes, second: Bytes) -> Array:
    """Return where each pixel of one picture lies in the other, (h, w, 2) as x and y in pixels."""
    if min(first.shape) < LEAST_FLOW_PIXELS:
        return np.zeros((*first.shape, 2), np.float32)
    cv2.setNumThreads(1)  # its result depends on the number of threads
    found = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST).calc(first, second, None)  # type: ignore[attr-defined]
    return single(found)


def _ratios(first: Description, second: Description, moves: Array, clipped: float) -> Ratios:
    """Return the log ratios at half the size."""
    height, width = first.luma.shape
    x = np.arange(width, dtype=np.float32) + moves[..., 0]
    y = np.arange(height, dtype=np.float32)[:, None] + moves[..., 1]
    own = np.maximum(first.luma, 0.0)
    other, textures = _taken(np.maximum(second.luma, 0.0), x, y), _taken(single(second.texture), x, y)
    mismatch = (textures - first.texture) / MISMATCH_LEVELS
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    clear = _noise(own, other) * (1.0 + mismatch * mismatch)
    trust = np.where(inside & (own < clipped) & (other < clipped), 1.0 / (clear * clear), 0.0)
    halved = _halved(trust)
    light, moved = _halved(trust * own) / (halved + NOTHING), _halved(trust * other) / (halved + NOTHING)
    log_ratio = np.log((moved + PEDESTAL) / (light + PEDESTAL))
    return Ratios(single(log_ratio), single(halved), tone_shares(single(light)), single(_noise(light, moved)))


def _taken(plane: Array, x: Array, y: Array) -> Array:
    """Return a plane (h, w) at places between its pixels, bilinear, its edges repeated."""
    height, width = plane.shape
    x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
    left, top = x.astype(np.intp), y.astype(np.intp)
    right, below = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    across, down = x - left, y - top
    upper = plane[top, left] * (1 - across) + plane[top, right] * across
    lower = plane[below, left] * (1 - across) + plane[below, right] * across
    return single(upper * (1 - down) + lower * down)


def _noise(light: Array, other: Array) -> Array:
    """Return how much wider log ratios scatter in the dark than in bright parts."""
    relative = NOISE_IN_THE_DARK / (np.minimum(light, other) + PEDESTAL)
    return np.sqrt(1.0 + relative * relative)


def _halved(plane: Array) -> Array:
    """Return means of 2×2 pixels; an odd last row or column is paired with zeros."""
    height, width = plane.shape
    even = np.pad(plane, ((0, height % 2), (0, width % 2)))
    return (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4


def _curve_and_field(ratios: Ratios) -> tuple[Array, Array, Array, Array]:
    """Return the curve, what it says at each pixel, the field, and how far its cells could be compared."""
    log_ratio, trust, shares, noise = ratios
    height, width = log_ratio.shape
    row_means, column_means = cell_means(height, FIELD_ROWS), cell_means(width, FIELD_COLUMNS).T
    rows, columns = enlarging(height, FIELD_ROWS), enlarging(width, FIELD_COLUMNS).T
    tone = np.full_like(log_ratio, _weighted_mean(log_ratio, trust))
    field, spread = np.zeros((FIELD_ROWS, FIELD_COLUMNS), np.float32), np.zeros_like(log_ratio)
    for reach in ROUNDS:
        weight = _believed(trust, log_ratio - spread - tone, reach * noise)
        known = row_means @ weight @ column_means
        missing = row_means @ (weight * (log_ratio - spread - tone)) @ column_means
        field = field + smoothed(missing, NEIGHBOURS_CELLS) / (smoothed(known, NEIGHBOURS_CELLS) + LEAST_SAY)
        field = field - _weighted_mean(field, known)
        spread = rows @ field @ columns
        curve = _curve(shares, log_ratio - spread, weight)
        tone = shares @ curve
    return curve, tone, single(field), known


def _curve(shares: Array, log_ratio: Array, weight: Array) -> Array:
    """Return the curve (16,) that fits best; tones that are rare lean on their neighbours, the darkest less."""
    shares = shares.reshape(-1, TONES)
    weighted = shares.T * weight.ravel()
    steps = np.diff(np.eye(TONES), axis=0)
    bends = np.diff(steps, axis=0)
    flat, straight = (differences.T @ (differences * _leaning(len(differences))) for differences in (steps, bends))
    leaning = weight.sum() * (FLAT_CURVE * flat + STRAIGHT_CURVE * straight) + straight + NOTHING * np.eye(TONES)
    return single(np.linalg.solve(weighted @ shares + leaning, weighted @ log_ratio.ravel()))


def _leaning(rows: int) -> np.ndarray:
    return np.where(np.arange(rows) < FREE_DARK_TONES, FREEDOM, 1.0)[:, None]


def _bands(ratios: Ratios, tone: Array) -> Array:
    """Return the log ratios (60,) of horizontal bands that the curve leaves."""
    height = len(tone)
    means, blend, spread = cell_means(height, BANDS), smoothing(BANDS, NEIGHBOURS_CELLS), enlarging(height, BANDS)
    left = ratios.log_ratio - tone
    bands = np.zeros((BANDS, 1), np.float32)
    for reach in ROUNDS:
        weight = _believed(ratios.trust, left - spread @ bands, reach * ratios.noise)
        known = means @ weight.mean(axis=1, keepdims=True)
        missing = means @ (weight * (left - spread @ bands)).mean(axis=1, keepdims=True)
        bands = bands + blend @ missing / (blend @ known + LEAST_SAY)
        bands = single(bands - _weighted_mean(bands, known))
    return bands[:, 0]


def _believed(trust: Array, deviation: Array, reach: Array) -> Array:
    """Return Cauchy weights: what stands far off is hardly believed."""
    return single(trust / (1.0 + (deviation / (USUAL_DEVIATION * reach)) ** 2))


def _weighted_mean(values: Array, weights: Array) -> float:
    return float((values * weights).sum() / (weights.sum() + NOTHING))
