"""Paths of flicker, drawn with the ranges of the damage simulator's stages, which stand there alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reelmend_models.bench_material import BENCH_PRESETS
from reelmend_models.damage import Bands, Flicker
from reelmend_models.damage.noise import ar1_series
from reelmend_models.damage.settings import bounds, draw, draw_many

FLICKERS: tuple[Flicker, ...] = tuple(
    dict.fromkeys(stage for chain in BENCH_PRESETS.values() for stage in chain.stages if isinstance(stage, Flicker))
)
"""Every way to flicker that a preset has: the simulator's own, and those of its films and of the bench."""

LEVEL, CELL, TONE, BAND, NONE = range(5)
SHARES = (0.60, 0.20, 0.09, 0.05, 0.06)
"""How often a path is the whole frame's level, a cell's, a tone's, a band's, or free of flicker."""

USUAL_SHARE = 0.5
"""How often flicker has the simulator's default settings, which are wide; else those of any preset."""

PATHS_PER_CLIP = 32
TONE_LEVER = 1.5
"""How far, at most, the log light of a tone lies from that of the whole frame: the lever of an exponent on it."""


class Flickers(NamedTuple):
    """values: (n, L) log gain. stds: (n,) its usual deviation, stray frames aside. kinds: (n,) of the path."""

    values: NDArray[np.float64]
    stds: NDArray[np.float64]
    kinds: NDArray[np.int64]


def draw_flicker(generator: np.random.Generator, count: int, length: int) -> Flickers:
    """Return `count` paths of flicker over `length` frames, in groups of at most 32 that share a kind and a clip."""
    values, stds = np.zeros((count, length)), np.zeros(count)
    kinds = np.empty(count, np.int64)
    for first in range(0, count, PATHS_PER_CLIP):
        rows = slice(first, min(first + PATHS_PER_CLIP, count))
        kind = int(generator.choice(len(SHARES), p=SHARES))
        kinds[rows] = kind
        usual = generator.random() < USUAL_SHARE
        stage = Flicker() if usual else FLICKERS[int(generator.integers(len(FLICKERS)))]
        steady = _group(generator, kind, stage, rows.stop - rows.start, length)
        stds[rows] = steady.std(axis=1)
        values[rows] = steady + _strays(generator, stage, steady) if kind == LEVEL else steady
    return Flickers(values, stds, kinds)


def _group(generator: np.random.Generator, kind: int, stage: Flicker, count: int, length: int) -> NDArray[np.float64]:
    if kind == NONE:
        return np.zeros((count, length))
    if kind == BAND:
        return _bands(generator, count, length)
    series = ar1_series(generator, length, draw(generator, stage.gain_memory), count).T
    if kind == CELL:
        return np.asarray(series * draw_many(generator, stage.spatial_std, count)[:, None])
    if kind == TONE:
        return _tones(generator, stage, series)
    return np.asarray(series * draw_many(generator, stage.gain_std, count)[:, None])


def _strays(generator: np.random.Generator, stage: Flicker, like: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = bounds(stage.outlier_log_gain)
    jumps = generator.choice([-1.0, 1.0], like.shape) * generator.uniform(low, high, like.shape)
    share = draw_many(generator, stage.outlier_probability, len(like))[:, None]
    return np.where(generator.random(like.shape) < share, jumps, 0.0)


def _tones(generator: np.random.Generator, stage: Flicker, series: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what gamma and offset do to one tone: the exponent's flicker times how far the tone lies off."""
    gammas = draw_many(generator, stage.gamma_std, len(series)) * generator.uniform(0.0, TONE_LEVER, len(series))
    offsets = draw_many(generator, stage.offset_std, len(series)) * generator.uniform(0.0, TONE_LEVER, len(series))
    return np.asarray(series * np.hypot(gammas, offsets)[:, None])


def _bands(generator: np.random.Generator, count: int, length: int) -> NDArray[np.float64]:
    """Return what one row sees of bands that roll by: a tone with one overtone, and what is uneven in every frame."""
    stage = Bands()
    depth, roll, overtone, uneven = (
        draw_many(generator, setting, count)[:, None]
        for setting in (stage.depth, stage.roll_per_frame, stage.overtone, stage.uneven_std)
    )
    phase, second_phase = generator.random((2, count, 1))
    turns = roll * np.arange(length) + phase
    tone = np.sin(2 * np.pi * turns) + overtone * np.sin(2 * np.pi * (2 * turns + second_phase))
    return np.asarray(depth * tone + uneven * generator.standard_normal((count, length)))
