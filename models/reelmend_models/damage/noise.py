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
