"""Fidelity to a reference: PSNR over whole frames."""

import numpy as np
from reelmend.quality.clips import Clip, paired

PSNR_CEILING_DB = 100.0


def psnr_of_mse(mean_squared_error: float) -> float:
    """Return 10·log10(1 / MSE) in dB for values of full scale 1.0, at most 100 dB.

    The ceiling stands in for the infinity of identical pictures, so that means and JSON stay finite.
    """
    if mean_squared_error <= 10.0 ** (-PSNR_CEILING_DB / 10.0):
        return PSNR_CEILING_DB
    return float(-10.0 * np.log10(mean_squared_error))


def psnr(restored: Clip, truth: Clip) -> float:
    """Return the peak signal-to-noise ratio of a clip in dB, from the mean squared error over all frames and channels.

    10·log10(1 / mean((restored − truth)²)), peak 1.0, values not clipped. Range up to 100 dB (identical), higher is
    better. The errors of all frames are pooled before the logarithm, as ffmpeg's `psnr` filter does for its average.
    """
    errors = [np.mean(np.square(r - t), dtype=np.float64) for r, t in paired(restored, truth)]
    return psnr_of_mse(float(np.mean(errors)))
