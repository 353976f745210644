"""Smooth random series and fields."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend_models.damage.stage import Plane


def ar1_series(generator: np.random.Generator, count: int, coefficient: float, width: int = 1) -> NDArray[np.float64]:
    """Return (count, width) stationary AR(1) series of mean 0 and standard deviation 1.

    x[t] = c·x[t−1] + √(1−c²)·ε[t], each column on its own. The first n rows do not depend on `count`.
    """
    series = generator.standard_normal((count, width))
    innovation = float(np.sqrt(1.0 - coefficient * coefficient))
    for step in range(1, count):
        series[step] = coefficient * series[step - 1] + innovation * series[step]
    return series


def enlarge(grid: NDArray[np.floating], height: int, width: int) -> Plane:
    """Return a small grid of values as a smooth (height, width) float32 field, bicubic."""
    field: Plane = cv2.resize(grid.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    return field


def fractal_field(generator: np.random.Generator, height: int, width: int, cell_px: float, octaves: int = 3) -> Plane:
    """Return (height, width) value noise of about unit deviation: octaves of halving cells and amplitudes."""
    total = np.zeros((height, width), np.float32)
    amplitude, power = 1.0, 0.0
    for octave in range(octaves):
        cell = max(cell_px / 2**octave, 1.0)
        nodes = generator.standard_normal((int(height / cell) + 2, int(width / cell) + 2), dtype=np.float32)
        total += amplitude * enlarge(nodes, height, width)
        power += amplitude * amplitude
        amplitude *= 0.5
    return total * np.float32(1.2 / np.sqrt(power))


def smooth_steps(values: NDArray[np.floating], count: int) -> NDArray[np.float64]:
    """Return `count` points along the nodes `values`, from the first to the last, eased so that no corner shows."""
    positions = np.linspace(0.0, len(values) - 1.0, count, endpoint=False)
    left = np.minimum(positions.astype(int), len(values) - 2)
    part = positions - left
    eased = part * part * (3.0 - 2.0 * part)
    return np.asarray(values[left] * (1.0 - eased) + values[left + 1] * eased, dtype=np.float64)


def slow_drift(generator: np.random.Generator, index: int, period_frames: tuple[float, float]) -> float:
    """Return a smooth function of the frame number, about unit deviation, for any frame at the same cost."""
    periods = generator.uniform(*period_frames, 3)
    phases = generator.uniform(0.0, 2.0 * np.pi, 3)
    return float(np.sin(2.0 * np.pi * index / periods + phases).sum() * np.sqrt(2.0 / 3.0))
