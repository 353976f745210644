"""How well a net expects light, on paths of clips that it was not trained on, beside the mean of 31 frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
import torch
from numpy.typing import NDArray

from reelmend_models.damage import Flicker
from reelmend_models.damage.noise import ar1_series
from reelmend_models.damage.settings import bounds, draw_many
from reelmend_models.definitions.deflicker.trend_net import REACH_FRAMES, TrendNet
from reelmend_models.training.deflicker.measured_light import Path1d, ShotLight

SHOT_FRAMES = 64
MOST_PIECES = 4
CELL_STEP = 6
DRAWS = 24
MEAN_RADIUS_FRAMES = 15
NET_RADII_FRAMES = (15, 30, 60)
HIGH_PASS_RADIUS_FRAMES = 7
LOCAL_STD = (0.005, 0.08)

Paths = NDArray[np.float64]
Estimate = Callable[[Paths], Paths]


@dataclass(frozen=True)
class Score:
    """Of one way to expect light, each the mean over clips.

    error: root mean square of the log error. flicker_left: of the error less its mean over 15 frames. drift: of
    that mean less its mean over the clip. gain_db: how much smaller the error is than that of the 31-frame mean.
    flicker_ratio, drift_ratio: flicker_left and drift as shares of those of the 31-frame mean.
    """

    error: float
    flicker_left: float
    drift: float
    gain_db: float
    flicker_ratio: float
    drift_ratio: float


def evaluate(net: TrendNet, shots: Sequence[ShotLight]) -> dict[str, dict[str, Score]]:
    """Return scores by what flickers ("level", "cells", "clean" for nothing) and by estimate ("mean15", "net30", …)."""
    generator = np.random.default_rng(0)
    levels = [piece for shot in shots for piece in _pieces(shot.level)]
    cells = [piece for shot in shots for cell in shot.cells.T[::CELL_STEP] for piece in _pieces(cell)[:1]]
    estimates: dict[str, Estimate] = {"mean15": lambda seen: windowed_mean(seen, MEAN_RADIUS_FRAMES)}
    for radius in NET_RADII_FRAMES:
        estimates[f"net{radius}"] = lambda seen, radius=radius: expected(net, seen, radius)  # type: ignore[misc]
    return {
        "level": _scores(estimates, levels, [_level_flicker(generator, len(path)) for path in levels]),
        "cells": _scores(estimates, cells, [_local_flicker(generator, len(path)) for path in cells]),
        "clean": _scores(estimates, levels, [np.zeros((1, len(path))) for path in levels]),
    }


def expected(net: TrendNet, seen: Paths, radius_frames: int) -> Paths:
    """Return the (n, N) expected light of (n, N) paths of single shots, by windows of that radius."""
    count, length = seen.shape
    offsets = np.arange(-REACH_FRAMES, REACH_FRAMES + 1)
    places = np.arange(length)[:, None] + offsets
    present = (places >= 0) & (places < length) & (np.abs(offsets) <= radius_frames)
    windows = (seen[:, places.clip(0, length - 1)] - seen[:, :, None]) * present
    known = torch.from_numpy(present.astype(np.float32)).expand(count, -1, -1)
    with torch.no_grad():
        answers = net(torch.from_numpy(windows.astype(np.float32)).flatten(0, 1), known.flatten(0, 1))
    return np.asarray(seen + answers.double().numpy().reshape(count, length))


def windowed_mean(seen: Paths, radius_frames: int) -> Paths:
    """Return the mean over windows that are shortened at the ends, as scale-time equalisation takes it of quantiles."""
    length = seen.shape[1]
    sums = np.concatenate([np.zeros((len(seen), 1)), np.cumsum(seen, axis=1)], axis=1)
    begin = np.maximum(np.arange(length) - radius_frames, 0)
    end = np.minimum(np.arange(length) + radius_frames + 1, length)
    return np.asarray((sums[:, end] - sums[:, begin]) / (end - begin))


def _pieces(path: Path1d) -> list[Paths]:
    whole = np.asarray(path, np.float64)
    pieces = [whole[first : first + SHOT_FRAMES] for first in range(0, len(whole), SHOT_FRAMES)]
    return [piece for piece in pieces if len(piece) >= SHOT_FRAMES // 2][:: max(1, len(pieces) // MOST_PIECES)]


def _level_flicker(generator: np.random.Generator, length: int) -> Paths:
    stage = Flicker()
    stds = draw_many(generator, stage.gain_std, DRAWS)
    series = [ar1_series(generator, length, memory)[:, 0] for memory in draw_many(generator, stage.gain_memory, DRAWS)]
    low, high = bounds(stage.outlier_log_gain)
    jumps = generator.choice([-1.0, 1.0], (DRAWS, length)) * generator.uniform(low, high, (DRAWS, length))
    strays = generator.random((DRAWS, length)) < np.max(bounds(stage.outlier_probability))
    return np.asarray(np.stack(series) * stds[:, None] + np.where(strays, jumps, 0.0))


def _local_flicker(generator: np.random.Generator, length: int) -> Paths:
    draws = DRAWS // 6
    series = [
        ar1_series(generator, length, memory)[:, 0] for memory in draw_many(generator, Flicker().gain_memory, draws)
    ]
    return np.asarray(np.stack(series) * draw_many(generator, LOCAL_STD, draws)[:, None])


def _scores(estimates: dict[str, Estimate], lights: Sequence[Paths], flickers: Sequence[Paths]) -> dict[str, Score]:
    parts = {
        name: [_parts(estimate(light + flicker) - light) for light, flicker in zip(lights, flickers, strict=True)]
        for name, estimate in estimates.items()
    }
    base = next(iter(parts.values()))
    return {name: _score(own, base) for name, own in parts.items()}


def _score(own: Sequence[Paths], base: Sequence[Paths]) -> Score:
    error, left, drift = (float(np.mean([each[row].mean() for each in own])) for row in range(3))
    pairs = list(zip(own, base, strict=True))
    return Score(
        error=error,
        flicker_left=left,
        drift=drift,
        gain_db=fmean(float(20 * np.log10(other[0] / each[0]).mean()) for each, other in pairs),
        flicker_ratio=fmean(float(each[1].mean() / other[1].mean()) for each, other in pairs),
        drift_ratio=fmean(float(each[2].mean() / other[2].mean()) for each, other in pairs),
    )


def _parts(errors: Paths) -> Paths:
    """Return (3, n) root mean squares of errors (n, N), of their fast part, and of their slow part around its mean."""
    radius = HIGH_PASS_RADIUS_FRAMES
    padded = np.pad(errors, ((0, 0), (radius, radius)), mode="reflect")
    slow = np.lib.stride_tricks.sliding_window_view(padded, 2 * radius + 1, axis=1).mean(axis=2)
    wandering = slow - slow.mean(axis=1, keepdims=True)
    return np.stack([np.sqrt(np.mean(part**2, axis=1)) + 1e-9 for part in (errors, errors - slow, wandering)])
