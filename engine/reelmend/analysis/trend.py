"""How long the clip's own light stays on a straight line: what a deflicker's window may span."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reelmend.analysis.observation import Series
from reelmend.analysis.strength import exposure

RADII_FRAMES = (4, 6, 8, 10, 15, 20, 30, 45, 60)
TOLERATED_EXCESS = 0.1
UNSEEN_ERROR_LOG = 0.003
_GAP_FRAMES = 1
"""Left out on either side of the frame in question: flicker has a memory, and must not foretell itself."""


def steady_radius_frames(overall: Series, shots: Sequence[NDArray[np.intp]], largest: int) -> int | None:
    """Return the largest radius at which a straight line foretells exposure no worse than over any shorter one.

    overall: steps of log exposure (N,). Each frame is foretold from a line through the frames within the radius but
    its nearest; two radii are compared on frames that have both windows, in mean square, with a tolerance for chance.
    Radii up to `largest` that fit around some frame are tried; None when none does.
    """
    path = exposure(overall)
    errors = {radius: _squares(path, shots, radius) for radius in RADII_FRAMES if radius <= largest}
    known = {radius: squares for radius, squares in errors.items() if np.isfinite(squares).any()}
    steady = [radius for radius in known if all(_holds(known[radius], known[r]) for r in known if r < radius)]
    return max(steady, default=None)


def _holds(longer: Series, shorter: Series) -> bool:
    both = np.isfinite(longer) & np.isfinite(shorter)
    chance = TOLERATED_EXCESS + 2 / np.sqrt(both.sum())
    floor = UNSEEN_ERROR_LOG**2
    return bool(longer[both].mean() + floor <= (1 + chance) * (shorter[both].mean() + floor))


def _squares(path: Series, shots: Sequence[NDArray[np.intp]], radius: int) -> Series:
    """Return the squared error at each frame of the clip, NaN where the window does not fit around it."""
    counts = np.abs(np.arange(-radius, radius + 1)) > _GAP_FRAMES
    weights = counts / counts.sum()  # a line through symmetric places foretells its middle by their mean
    squares = np.full(len(path), np.nan)
    for shot in shots:
        if len(shot) >= 2 * radius + 1:
            inner = shot[radius : len(shot) - radius]
            squares[inner] = np.square(np.convolve(path[shot], weights, "valid") - path[inner])
    return squares
