"""Upright things of the scene that are no scratches: masts, posts, door frames, fences, blinds, ropes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from reelmend_models.damage.noise import fractal_field

Plane = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Structure:
    """A bar before the scene. column: of its middle at the picture's middle row, before anything moves.

    slope: columns from top to bottom; top, bottom: rows; width: columns; nearness: by how much more it moves than what
    lies behind. face: (rows, n) light across the bar, down the picture. softness: of its edges, columns.
    """

    column: float
    slope: float
    top: float
    bottom: float
    width: float
    nearness: float
    face: Plane
    softness: float


def structures_of(rng: np.random.Generator, rows: int, columns: int) -> list[Structure]:
    """Return a few single bars, or a row of alike ones."""
    scale = rows / 720
    if rng.random() < 0.3:
        first = _one(rng, rows, columns, scale)
        gap = float(np.exp(rng.uniform(np.log(6 * scale + 2 * first.width), np.log(0.2 * columns))))
        many = int(min(40, columns // gap + 1))
        return [
            Structure(
                n * gap, first.slope, first.top, first.bottom, first.width, first.nearness, first.face, first.softness
            )
            for n in range(many)
        ]
    return [_one(rng, rows, columns, scale) for _ in range(int(rng.integers(1, 8)))]


def drawn_structure(light: Plane, structure: Structure, moved: npt.NDArray[np.float64]) -> Plane:
    """Return the picture with the bar before it, where the scene has moved by (right, down) pixels."""
    rows, columns = light.shape
    right, down = moved * structure.nearness
    row = np.arange(rows, dtype=np.float32)
    middle = structure.column + right + structure.slope * ((row - down) / rows - 0.5)
    reach = structure.width / 2 + 3 * structure.softness + 1
    first, end = max(0, int(middle.min() - reach)), min(columns, int(middle.max() + reach) + 1)
    if first >= end:
        return light
    away = np.arange(first, end, dtype=np.float32)[None, :] - middle[:, None]
    edge = structure.softness + 0.3
    cover = _ramp((structure.width / 2 - np.abs(away)) / edge)
    cover *= _ramp((row - structure.top - down) / 2)[:, None] * _ramp((structure.bottom + down - row) / 2)[:, None]
    face = structure.face
    across = ((away / structure.width + 0.5) * face.shape[1] - 0.5).astype(np.float32)
    along = np.broadcast_to(np.mod(row - np.float32(down), face.shape[0] - 1)[:, None], across.shape)
    own = cv2.remap(
        face, across, np.ascontiguousarray(along, np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    light[:, first:end] += cover * (own - light[:, first:end])
    return light


def _one(rng: np.random.Generator, rows: int, columns: int, scale: float) -> Structure:
    width = float(np.exp(rng.uniform(np.log(1.2), np.log(40.0)))) * scale
    whole = rng.random() < 0.5
    top, bottom = (-9.0 * rows, 9.0 * rows) if whole else np.sort(rng.uniform(-0.3, 1.3, 2)) * rows
    if rng.random() < 0.4:
        bottom = 9.0 * rows
    return Structure(
        column=float(rng.uniform(0, columns)),
        slope=float(rng.normal(0, 4) * scale) if rng.random() < 0.7 else float(rng.normal(0, 25) * scale),
        top=float(top),
        bottom=float(bottom),
        width=max(width, 0.8),
        nearness=float(rng.choice([1.0, rng.uniform(1.0, 2.0)])),
        face=_face(rng, rows),
        softness=float(rng.uniform(0.2, 1.2)),
    )


def _face(rng: np.random.Generator, rows: int) -> Plane:
    """Return (rows, 16) light: round or flat, lit from a side, with a texture, its light changing downwards."""
    across = np.linspace(-1, 1, 16, dtype=np.float32)[None, :]
    round_ = rng.choice([0.0, rng.uniform(0.1, 0.6)]) * np.sqrt(
        np.maximum(0.0, 1 - (across - rng.uniform(-0.7, 0.7)) ** 2)
    )
    down = rng.uniform(0, 0.25) * np.cumsum(rng.normal(size=(9, 1)), 0) / 3
    down = cv2.resize(down.astype(np.float32), (1, rows), interpolation=cv2.INTER_CUBIC)
    texture = float(rng.choice([0.0, 0.02, 0.06])) * fractal_field(rng, rows, 16, float(rng.uniform(3, 20)))
    return np.asarray(np.clip(rng.uniform(0.02, 0.9) + round_ + down + texture, 0, 1), np.float32)


def _ramp(values: npt.NDArray[np.floating]) -> Plane:
    return np.asarray(np.clip(values + 0.5, 0.0, 1.0), np.float32)
