"""Flicker: brightness that jumps from frame to frame.

Cause: uneven hand cranking and shutter timing, uneven development, decayed emulsion, scanners with unstable lamps.
Model: damaged = gain[y, x] · source^gamma + offset, where the log gain is a first-order autoregressive series in time
plus a smooth field in space (van Roosmalen et al., "Correction of intensity flicker in old film sequences", 1999;
Forbin and Vlachos 2008). Real old film: standard deviation over mean of 1–7 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend_models.damage.noise import ar1_series, enlarge
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import Range, bounds, check_range, draw
from reelmend_models.damage.stage import ClipInfo, Frame, Plan, Plane, Stage, Truth, checked_frame

GRID_ROWS = 4
GRID_COLUMNS = 5


@dataclass(frozen=True)
class Flicker(Stage):
    """Settings of flicker; each range draws one value per clip.

    gain_std: standard deviation of the log gain over time (0.05 = 5 %).
    gain_memory: autoregressive coefficient; 0 jumps freely, 0.9 drifts.
    gamma_std: standard deviation of the exponent around 1. offset_std: of the added constant, in picture units.
    spatial_std: standard deviation of the log gain over the picture, in smooth patches a quarter of the frame wide.
    outlier_probability: share of frames that jump by outlier_log_gain (either way) on top of the rest.
    """

    name: ClassVar[str] = "flicker"

    gain_std: Range = (0.01, 0.08)
    gain_memory: Range = (0.0, 0.6)
    gamma_std: Range = (0.0, 0.03)
    offset_std: Range = (0.0, 0.01)
    spatial_std: Range = (0.005, 0.03)
    outlier_probability: Range = 0.01
    outlier_log_gain: Range = (0.15, 0.35)

    def __post_init__(self) -> None:
        check_range(self, "gain_memory", 0.0, 0.999)
        for setting in ("gain_std", "gamma_std", "offset_std", "spatial_std"):
            check_range(self, setting, 0.0, 0.5)
        check_range(self, "outlier_probability", 0.0, 1.0)
        check_range(self, "outlier_log_gain", 0.0, 2.0)

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> FlickerPlan:
        """Return one gain, gamma, offset and gain field per frame."""
        of = Draws(self.name, seed, occurrence).of
        clip_wide = of("clip")
        gain_std, memory, gamma_std, offset_std, spatial_std, probability = (
            draw(clip_wide, setting)
            for setting in (
                self.gain_std,
                self.gain_memory,
                self.gamma_std,
                self.offset_std,
                self.spatial_std,
                self.outlier_probability,
            )
        )
        count = clip.frame_count
        log_gain = gain_std * ar1_series(of("gain"), count, memory)[:, 0]
        log_gain += _outliers(of("outliers"), count, probability, self.outlier_log_gain)
        patches = ar1_series(of("patches"), count, memory, GRID_ROWS * GRID_COLUMNS)
        patches -= patches.mean(axis=1, keepdims=True)
        grids = np.exp(log_gain[:, None] + spatial_std * patches).reshape(count, GRID_ROWS, GRID_COLUMNS)
        gammas = np.exp(gamma_std * ar1_series(of("gamma"), count, memory)[:, 0])
        offsets = offset_std * ar1_series(of("offset"), count, memory)[:, 0]
        return FlickerPlan(clip, np.exp(log_gain), gammas, offsets, grids)


def _outliers(generator: np.random.Generator, count: int, probability: float, size: Range) -> NDArray[np.float64]:
    low, high = bounds(size)
    draws = generator.random((count, 3))
    jumps = np.where(draws[:, 1] < 0.5, -1.0, 1.0) * (low + (high - low) * draws[:, 2])
    return np.where(draws[:, 0] < probability, jumps, 0.0)


@dataclass(frozen=True)
class FlickerPlan(Plan):
    """Per frame: the gain of the whole picture, its gamma and offset, (N,); and the gain's (N, 4, 5) grid."""

    clip: ClipInfo
    gains: NDArray[np.float64]
    gammas: NDArray[np.float64]
    offsets: NDArray[np.float64]
    grids: NDArray[np.float64]

    def gain_field(self, index: int) -> Plane:
        """Return the (H, W) factor on the light of one frame."""
        return enlarge(self.grids[index], self.clip.height, self.clip.width)

    def apply(self, frame: Frame, index: int) -> tuple[Frame, Truth]:
        """Return gain · frame^gamma + offset; negative values keep their sign. Truth: gain field and the numbers."""
        frame = checked_frame(frame, index, self.clip)
        gamma, offset = float(self.gammas[index]), float(self.offsets[index])
        gain = self.gain_field(index)
        curved = frame if gamma == 1.0 else signed_power(frame, gamma)
        damaged: Frame = cv2.multiply(curved, cv2.merge((gain, gain, gain)))
        if offset != 0.0:
            damaged += np.float32(offset)
        values = {"flicker.gain": float(self.gains[index]), "flicker.gamma": gamma, "flicker.offset": offset}
        return damaged, Truth(gain=gain, values=values)


def signed_power(frame: Frame, exponent: float) -> Frame:
    """Return sign(x)·|x|^exponent; NaN stays NaN."""
    power: Frame = cv2.pow(np.abs(frame), exponent)
    return np.copysign(power, frame)
