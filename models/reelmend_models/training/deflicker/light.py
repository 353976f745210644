"""Paths of true light, drawn: what lamps, the sun and the iris do to the log light of a frame."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from reelmend_models.training.deflicker.measured_light import Path1d

Paths = NDArray[np.float64]
Drawing = Callable[[np.random.Generator, int, int], Paths]

STILL, BROKEN, MEASURED, SMOOTH, FADE = range(5)
SHARES = (0.35, 0.30, 0.15, 0.12, 0.08)
"""How often light stands still, follows a broken line, a measured path, a smooth random one, or fades to black."""

WANDER_PER_FRAME = (1e-4, 1.5e-3)
BEND_FRAMES = (2.0, 10.0)
SMOOTH_FRAMES = (8.0, 40.0)
SMOOTH_STD = (0.005, 0.12)
FADE_DEPTH = (1.0, 4.0)
FADE_FRAMES = (8.0, 60.0)
STRETCH = (0.4, 1.6)
SCALE = (0.5, 1.3)
LEAST_OF_A_PATH = 20


def draw_light(generator: np.random.Generator, count: int, length: int, measured: Sequence[Path1d]) -> Paths:
    """Return (count, length) paths of log light, each up to a constant; kinds by SHARES, all with a little wandering.

    measured: paths of real clips to draw from; when there are none, broken lines take their place.
    """
    kinds = generator.choice(len(SHARES), count, p=SHARES)
    if not measured:
        kinds[kinds == MEASURED] = BROKEN
    drawings: dict[int, Drawing] = {
        BROKEN: _broken,
        MEASURED: functools.partial(_measured, measured),
        SMOOTH: _smooth,
        FADE: _fade,
    }
    light = np.zeros((count, length))
    for kind, drawing in drawings.items():
        rows = np.flatnonzero(kinds == kind)
        light[rows] = drawing(generator, len(rows), length)
    wander = np.cumsum(generator.standard_normal((count, length)), axis=1)
    return light + wander * log_uniform(generator, WANDER_PER_FRAME, count)[:, None]


def log_uniform(generator: np.random.Generator, range_: tuple[float, float], count: int) -> NDArray[np.float64]:
    """Return (count,) values whose logarithms are spread evenly over the range."""
    low, high = (float(np.log(end)) for end in range_)
    return np.asarray(np.exp(generator.uniform(low, high, count)))


def _broken(generator: np.random.Generator, count: int, length: int) -> Paths:
    """Return lines with up to two breaks between ends that lie at those of the path or inside; half bend softly."""
    frames = np.arange(length)
    paths = np.empty((count, length))
    for path in paths:
        knots = np.sort(generator.uniform(0, length, generator.integers(2, 5)))
        knots[0] = -1.0 if generator.random() < 0.6 else knots[0]
        knots[-1] = length if generator.random() < 0.6 else knots[-1]
        steps = generator.normal(0.0, generator.choice([0.05, 0.15, 0.3]), len(knots))
        path[:] = np.interp(frames, knots, np.cumsum(steps))
        if generator.random() < 0.5:
            path[:] = _blurred(path, generator.uniform(*BEND_FRAMES))
    return paths


def _blurred(path: Paths, deviation_frames: float) -> Paths:
    reach = int(3 * deviation_frames) + 1
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation_frames) ** 2)
    return np.asarray(np.convolve(np.pad(path, reach, mode="edge"), kernel / kernel.sum(), "valid"))


def _smooth(generator: np.random.Generator, count: int, length: int) -> Paths:
    """Return Gaussian processes of SMOOTH_STD with correlations over SMOOTH_FRAMES."""
    reach = int(3 * SMOOTH_FRAMES[1])
    lags = np.arange(-reach, reach + 1)
    stds = log_uniform(generator, SMOOTH_STD, count)
    paths = np.empty((count, length))
    for path, std, frames in zip(paths, stds, generator.uniform(*SMOOTH_FRAMES, count), strict=True):
        kernel = np.exp(-0.5 * (lags / frames) ** 2)
        kernel *= std / np.sqrt((kernel * kernel).sum())
        path[:] = np.convolve(generator.standard_normal(length + 2 * reach), kernel, "valid")
    return paths


def _fade(generator: np.random.Generator, count: int, length: int) -> Paths:
    """Return fades from or to nearly black, and fades of a part of the light: straight, slow to begin or to end."""
    depth = generator.uniform(*FADE_DEPTH, (count, 1))
    start = generator.uniform(-20.0, length, (count, 1))
    ramp = np.clip((np.arange(length) - start) / generator.uniform(*FADE_FRAMES, (count, 1)), 0.0, 1.0)
    gain = 1.0 - (1.0 - np.exp(-depth)) * ramp ** generator.uniform(0.7, 2.0, (count, 1))
    backwards = generator.random(count) < 0.5
    gain[backwards] = gain[backwards, ::-1]
    return np.asarray(np.log(gain))


def _measured(measured: Sequence[Path1d], generator: np.random.Generator, count: int, length: int) -> Paths:
    """Return pieces of measured paths, played faster or slower, stronger or weaker, mirrored at their ends."""
    paths = np.empty((count, length))
    for path in paths:
        source = measured[int(generator.integers(len(measured)))]
        last = len(source) - 1
        start = generator.uniform(-LEAST_OF_A_PATH, max(last - LEAST_OF_A_PATH, 1))
        places = np.arange(length) * generator.uniform(*STRETCH) + start
        places = np.abs((places + last) % (2 * last) - last)
        path[:] = np.interp(places, np.arange(last + 1), source) * generator.uniform(*SCALE)
    return paths
