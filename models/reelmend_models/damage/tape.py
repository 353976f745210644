"""What the tape stages share: the line's own units, YIQ, and one-dimensional filters.

Horizontal settings are in pixels of a line of 720 (13.5 MHz sampling, BT.601); vertical ones in lines of 480. Figures
come from the defaults of ntsc-rs.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend_models.damage.stage import ClipInfo, Frame, Plane

SAMPLES_PER_LINE = 720
SAMPLES_PER_S = 13.5e6
LINES = 480

RGB_TO_YIQ = np.array([[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])
YIQ_TO_RGB = np.linalg.inv(RGB_TO_YIQ)


def pixels_per_sample(clip: ClipInfo) -> float:
    """Return how many of the clip's pixels one sample of a 720-sample line covers."""
    return clip.width / SAMPLES_PER_LINE


def rows_of(lines: float, clip: ClipInfo) -> int:
    """Return how many of the clip's rows some lines of 480 cover: at least one, at most all."""
    return min(max(1, round(lines * clip.height / LINES)), clip.height)


def to_yiq(frame: Frame) -> Frame:
    """Return (H, W, 3) luma and the two colour differences of the NTSC composite signal."""
    yiq: Frame = cv2.transform(frame, RGB_TO_YIQ.astype(np.float32))
    return yiq


def to_rgb(yiq: Frame) -> Frame:
    """Return the inverse of `to_yiq`."""
    rgb: Frame = cv2.transform(yiq, YIQ_TO_RGB.astype(np.float32))
    return rgb


def filter_rows(picture: NDArray[np.float32], kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return rows convolved with an odd kernel (later entries reach to the right); edges repeated."""
    one = np.ones(1, np.float32)
    filtered = cv2.sepFilter2D(picture, -1, kernel[::-1].copy(), one, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(filtered, np.float32)


def low_pass_kernel(cut_hz: float, smear: float, delay_px: float, pixels: float) -> NDArray[np.float32]:
    """Return an odd kernel of sum 1: Gaussian with −3 dB at `cut_hz`, a one-sided tail, and a delay to the right.

    smear: weight of an exponential tail as long as three Gaussian deviations; pixels: the clip's pixels per sample.
    """
    deviation = np.sqrt(np.log(2.0)) / (2.0 * np.pi * cut_hz) * SAMPLES_PER_S * pixels
    tail = 3.0 * deviation
    half = int(np.ceil(4.0 * deviation + abs(delay_px) + (3.0 * tail if smear > 0.0 else 0.0))) + 1
    at = np.arange(-half, half + 1, dtype=np.float64) - delay_px
    kernel = np.exp(-0.5 * (at / max(deviation, 0.15)) ** 2)
    kernel /= kernel.sum()
    if smear > 0.0:
        trailing = np.where(at >= 0.0, np.exp(-np.maximum(at, 0.0) / max(tail, 0.15)), 0.0)
        kernel = (kernel + smear * 0.5 * trailing / trailing.sum()) / (1.0 + smear * 0.5)
    return np.asarray(kernel, np.float32)


def streaky_noise(generator: np.random.Generator, height: int, width: int, pixels: float, run_samples: float) -> Plane:
    """Return (H, W) unit noise, correlated along each line over `run_samples` as an analogue signal is."""
    white: Plane = generator.standard_normal((height, width), dtype=np.float32)
    deviation = run_samples * pixels
    if deviation < 0.2:
        return white
    kernel = cv2.getGaussianKernel(2 * int(np.ceil(3.0 * deviation)) + 1, deviation, cv2.CV_32F)
    kernel /= np.sqrt((kernel**2).sum())
    noise: Plane = cv2.sepFilter2D(white, -1, kernel, np.ones(1, np.float32), borderType=cv2.BORDER_REFLECT_101)
    return noise
