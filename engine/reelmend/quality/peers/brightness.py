"""Deflickers of the literature: one gain per frame, and scale-time equalisation. Own implementations in numpy."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend.quality.peers.method import Method, Pixels, Restored, as_pixels, luma_of

LOG_GAIN_RADIUS_FRAMES = 7
SCALE_TIME_RADIUS_FRAMES = 15
DARKEST_MEAN_LEVELS = 0.5
LEVELS = np.arange(256, dtype=np.float64)


def windowed_log_gain(frames: Pixels, radius_frames: int = LOG_GAIN_RADIUS_FRAMES) -> Restored:
    """Return each frame times one gain, which brings its log mean luma to the mean of its window.

    gain_t = exp(mean over |s − t| ≤ radius of ln m_s − ln m_t), m = mean luma; the window ends with the clip.
    """
    log_means = np.log([max(float(luma_of(frame).mean()), DARKEST_MEAN_LEVELS) for frame in frames])
    gains = np.exp(windowed_mean(log_means, radius_frames) - log_means)
    return Restored(np.stack([cv2.LUT(f, as_pixels(LEVELS * g)) for f, g in zip(frames, gains, strict=True)]))


def scale_time_equalised(frames: Pixels, radius_frames: int = SCALE_TIME_RADIUS_FRAMES) -> Restored:
    """Return each frame with its grey levels brought to the mean of its window's quantile functions, per channel.

    f_t(v) = mean over |s − t| ≤ radius of Q_s(F_t(v)): F the distribution of one channel's levels, Q its inverse.
    Source: J. Delon, "Movie and video scale-time equalization", IEEE TIP 15(1), 2006, with a box as the time kernel;
    the first stage of BlazeBVD (2403.06243) does the same.
    """
    ranks = np.array([[_ranks(frame[:, :, channel]) for channel in range(3)] for frame in frames])
    restored = np.empty_like(frames)
    for t, frame in enumerate(frames):
        window = ranks[max(t - radius_frames, 0) : t + radius_frames + 1]
        curves = np.stack([_mean_curve(ranks[t, channel], window[:, channel]) for channel in range(3)], axis=1)
        restored[t] = cv2.LUT(frame, as_pixels(curves)[:, None, :])
    return Restored(restored)


def windowed_mean(series: NDArray[np.float64], radius: int) -> NDArray[np.float64]:
    """Return the mean of each value and its neighbours up to `radius` away, fewer at the ends."""
    return np.array([series[max(t - radius, 0) : t + radius + 1].mean() for t in range(len(series))])


def _ranks(plane: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return F at the middle of each of the 256 levels: the share of pixels below it, and half of those on it."""
    counts = np.bincount(plane.ravel(), minlength=256)
    return (np.cumsum(counts) - 0.5 * counts) / plane.size


def _mean_curve(own: NDArray[np.float64], window: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.mean([np.interp(own, *_strictly_rising(ranks)) for ranks in window], axis=0))


def _strictly_rising(ranks: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the ranks and levels that hold pixels: only there has F an inverse."""
    held = np.diff(ranks, prepend=-1.0) > 0
    held[0] |= True
    return ranks[held], LEVELS[held]


def _own_version() -> str:
    return f"reelmend's own implementation, numpy {np.__version__}"


METHODS = (
    Method(
        "windowed-log-gain",
        f"one gain per frame towards the mean log luma of ±{LOG_GAIN_RADIUS_FRAMES} frames",
        windowed_log_gain,
        _own_version,
    ),
    Method(
        "scale-time-equalisation",
        f"mean of the quantile functions of ±{SCALE_TIME_RADIUS_FRAMES} frames, per channel (Delon 2006)",
        scale_time_equalised,
        _own_version,
    ),
)
