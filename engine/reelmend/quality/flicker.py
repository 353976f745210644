"""Flicker of clips: the series measures of `flicker_series` applied to whole frames and to a 16×9 grid."""

import numpy as np
from reelmend.quality.clips import Clip, frames_of, luma, luma_grid, paired
from reelmend.quality.flicker_series import Series, Shots, flicker_energy, flicker_residual, log_luma, log_ratio


def mean_luma_series(clip: Clip) -> Series:
    """Return the mean Rec. 709 luma of each frame, shape (N,)."""
    return np.array([luma(frame).mean(dtype=np.float64) for frame in frames_of(clip)])


def luma_grid_series(clip: Clip) -> Series:
    """Return the mean luma of each cell of each frame, shape (N, 9, 16)."""
    return np.array([luma_grid(luma(frame)) for frame in frames_of(clip)])


def flicker_residual_global(restored: Clip, truth: Clip, shots: Shots | None = None) -> float:
    """Return the standard deviation over frames of the high-passed log ratio of mean luma, restored / truth.

    std_t(HP(ln mean(restored_t) − ln mean(truth_t))), with the high-pass of `flicker_series.high_pass` (minus the local
    straight line over 15 frames). Range 0 to ∞, lower is better; 0.05 is about five per cent. Needs three frames.
    Black frames: see `log_luma`. Definition: this project's.
    """
    means = np.array([[luma(one).mean(dtype=np.float64) for one in pair] for pair in paired(restored, truth)])
    return flicker_residual(log_ratio(means[:, 0], means[:, 1]), shots)


def flicker_residual_local(restored: Clip, truth: Clip, shots: Shots | None = None) -> float:
    """Return `flicker_residual_global` taken in each cell of a 16×9 grid and pooled as a root mean square.

    Range 0 to ∞, lower is better. Sees flicker that differs over the picture, which the whole-frame mean cannot.
    """
    grids = np.array([[luma_grid(luma(one)) for one in pair] for pair in paired(restored, truth)])
    return flicker_residual(log_ratio(grids[:, 0], grids[:, 1]), shots)


def flicker_std_global(clip: Clip, shots: Shots | None = None) -> float:
    """Return the standard deviation of high-passed log mean luma, without a reference.

    std_t(HP(ln mean(clip_t))). Range 0 to ∞, lower is steadier; real film flickers by 0.01 to 0.07. Light that truly
    changes within 15 frames counts too.
    """
    return flicker_residual(log_luma(mean_luma_series(clip)), shots)


def flicker_energy_global(clip: Clip, shots: Shots | None = None) -> float:
    """Return `flicker_energy` (mean squared second difference) of log mean luma. Range 0 to ∞, lower is steadier."""
    return flicker_energy(log_luma(mean_luma_series(clip)), shots)


def flicker_energy_local(clip: Clip, shots: Shots | None = None) -> float:
    """Return `flicker_energy` averaged over a 16×9 grid. Range 0 to ∞, lower is steadier; motion counts too."""
    return flicker_energy(log_luma(luma_grid_series(clip)), shots)
