"""Fidelity to a reference over whole frames: PSNR and SSIM."""

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend.quality.clips import Clip, Frame, luma, paired
from reelmend.quality.errors import QualityError

PSNR_CEILING_DB = 100.0
SSIM_SIGMA_PX = 1.5
SSIM_WINDOW_PX = 11
SSIM_C1 = 0.01**2
SSIM_C2 = 0.03**2


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
    better. Source: the textbook definition; the errors of all frames are pooled before the logarithm, as ffmpeg's
    `psnr` filter does for its average.
    """
    errors = [np.mean(np.square(r - t), dtype=np.float64) for r, t in paired(restored, truth)]
    return psnr_of_mse(float(np.mean(errors)))


def ssim(restored: Clip, truth: Clip) -> float:
    """Return the mean structural similarity of the clip's luma.

    ((2·μx·μy + C1)(2·σxy + C2)) / ((μx² + μy² + C1)(σx² + σy² + C2)) under an 11×11 Gaussian window of σ 1.5 px, with
    C1 = 0.01², C2 = 0.03² at full scale 1.0, over the pixels whose window lies inside the frame, then over frames.
    Range −1 to 1 (identical), higher is better. Source: Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment:
    from error visibility to structural similarity", IEEE TIP 13(4), 2004. QualityError on frames under 11 pixels a
    side.
    """
    return float(np.mean([_ssim_of_luma(luma(r), luma(t)) for r, t in paired(restored, truth)]))


def _ssim_of_luma(x: Frame, y: Frame) -> float:
    if min(x.shape) < SSIM_WINDOW_PX:
        raise QualityError(f"SSIM needs frames of at least 11×11 pixels, got {x.shape[1]}×{x.shape[0]}")
    mean_x, mean_y = _windowed(x), _windowed(y)
    variance_x = _windowed(x * x) - mean_x * mean_x
    variance_y = _windowed(y * y) - mean_y * mean_y
    covariance = _windowed(x * y) - mean_x * mean_y
    top = (2 * mean_x * mean_y + SSIM_C1) * (2 * covariance + SSIM_C2)
    bottom = (mean_x * mean_x + mean_y * mean_y + SSIM_C1) * (variance_x + variance_y + SSIM_C2)
    return float(np.mean(top / bottom, dtype=np.float64))


def _windowed(plane: Frame) -> NDArray[np.float32]:
    edge = SSIM_WINDOW_PX // 2
    blurred = cv2.GaussianBlur(plane, (SSIM_WINDOW_PX, SSIM_WINDOW_PX), SSIM_SIGMA_PX)
    return np.asarray(blurred[edge:-edge, edge:-edge], np.float32)
