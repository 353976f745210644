"""A local deflicker of the literature: a coarse grid of robust log gains. Own implementation."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend.quality.peers.method import Method, Pixels, Restored, as_pixels, luma_of

RADIUS_FRAMES = 7
GRID_COLUMNS, GRID_ROWS = 8, 5
DARKEST_CELL_LEVELS = 0.5
ROUNDS = 5
CAUCHY_SCALES = 2.0
"""Deviations from the centre at which a frame's say is halved, in robust standard deviations."""
DEVIATION_OF_MAD = 1.4826
STEADIEST_LOG = 1e-3


def local_log_gain(frames: Pixels, radius_frames: int = RADIUS_FRAMES) -> Restored:
    """Return each frame times a smooth field of gains, which brings every cell's log luma to its window's robust mean.

    The luma's area mean over 8×5 cells, its logarithm, and `robust_mean` of that over |s − t| ≤ radius; the window ends
    with the clip. The gains are the exponential of the difference, enlarged bicubically. No motion compensation.
    Source: local intensity correction on blocks after van Roosmalen, Lagendijk, Biemond, "Correction of intensity
    flicker in old film sequences", IEEE TCSVT 9(7), 1999, with a robust mean in place of their trust in single blocks.
    """
    logs = np.stack([log_cells(frame) for frame in frames])
    restored = np.empty_like(frames)
    for t, frame in enumerate(frames):
        towards = robust_mean(logs[max(t - radius_frames, 0) : t + radius_frames + 1]) - logs[t]
        field = cv2.resize(towards, frame.shape[1::-1], interpolation=cv2.INTER_CUBIC)
        restored[t] = as_pixels(frame * np.exp(field)[:, :, None])
    return Restored(restored)


def log_cells(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the logarithm of each cell's mean luma in levels, (5, 8), floored at half a level."""
    cells = cv2.resize(luma_of(frame), (GRID_COLUMNS, GRID_ROWS), interpolation=cv2.INTER_AREA)
    return np.asarray(np.log(np.maximum(cells, np.float32(DARKEST_CELL_LEVELS))), np.float32)


def robust_mean(window: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean over the first axis in which outliers have little say.

    Starts from the median; five rounds of weighted means with Cauchy weights 1 / (1 + (d / 2σ)²), d the distance from
    the last mean, σ = 1.4826 · median |distance from the median| + 0.001.
    """
    centre = np.median(window, axis=0)
    deviation = DEVIATION_OF_MAD * np.median(np.abs(window - centre), axis=0) + STEADIEST_LOG
    for _ in range(ROUNDS):
        weights = 1.0 / (1.0 + np.square((window - centre) / (CAUCHY_SCALES * deviation)))
        centre = (weights * window).sum(axis=0) / weights.sum(axis=0)
    return np.asarray(centre, np.float32)


METHODS = (
    Method(
        "local-log-gain",
        f"a field of {GRID_COLUMNS}×{GRID_ROWS} gains towards the robust mean log luma of ±{RADIUS_FRAMES} frames",
        local_log_gain,
        lambda: f"reelmend's own implementation, numpy {np.__version__}",
    ),
)
