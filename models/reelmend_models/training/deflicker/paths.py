"""Pools of paths to learn from: true light, and the same with flicker on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from reelmend_models.training.deflicker.flicker_paths import CELL, LEVEL, NONE, draw_flicker
from reelmend_models.training.deflicker.light import draw_light
from reelmend_models.training.deflicker.measured_light import Path1d, ShotLight
from reelmend_models.training.footage import Split

LOCAL_LIGHT = (0.05, 0.6)
"""How much less the light of cells, tones and bands changes than that of the whole frame."""

LEAST_DOUBT = 0.004
"""Errors below this, in log light, are too small to be seen; no path's errors count more than in relation to it."""


@dataclass(frozen=True)
class MeasuredPaths:
    """Paths of real clips, by what they measure."""

    levels: Sequence[Path1d]
    tones: Sequence[Path1d]
    cells: Sequence[Path1d]


@dataclass(frozen=True)
class Pool:
    """light, seen: (n, L) float32 true log light, and the same with flicker.

    doubt: (n,) usual deviation of the flicker, and a little. kinds: (n,) of flicker_paths.
    """

    light: Tensor
    seen: Tensor
    doubt: Tensor
    kinds: Tensor


def measured_paths(shots: Sequence[ShotLight], split: Split) -> MeasuredPaths:
    """Return the paths of one split's shots."""
    chosen = [shot for shot in shots if shot.origin.split == split]
    return MeasuredPaths(
        levels=[shot.level for shot in chosen],
        tones=[column for shot in chosen for column in shot.tones.T if np.ptp(column) > 0],
        cells=[column for shot in chosen for column in shot.cells.T],
    )


def draw_pool(generator: np.random.Generator, count: int, length_frames: int, measured: MeasuredPaths) -> Pool:
    """Return a pool of `count` paths, shuffled by nothing: paths of one kind stand in groups."""
    flicker = draw_flicker(generator, count, length_frames)
    light = np.empty((count, length_frames))
    for kind in np.unique(flicker.kinds):
        rows = np.flatnonzero(flicker.kinds == kind)
        light[rows] = _light(generator, int(kind), len(rows), length_frames, measured)
    light -= light[:, :1]
    return Pool(
        light=torch.from_numpy(light.astype(np.float32)),
        seen=torch.from_numpy((light + flicker.values).astype(np.float32)),
        doubt=torch.from_numpy((flicker.stds + LEAST_DOUBT).astype(np.float32)),
        kinds=torch.from_numpy(flicker.kinds),
    )


def _light(
    generator: np.random.Generator, kind: int, count: int, length_frames: int, measured: MeasuredPaths
) -> NDArray[np.float64]:
    if kind in (LEVEL, NONE):
        return draw_light(generator, count, length_frames, measured.levels)
    local = measured.cells if kind == CELL else [*measured.tones, *measured.cells]
    scale = np.where(generator.random(count) < 0.2, 1.0, generator.uniform(*LOCAL_LIGHT, count))
    return draw_light(generator, count, length_frames, local) * scale[:, None]
