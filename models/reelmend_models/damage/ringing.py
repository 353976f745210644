"""Ringing: pale and dark echoes beside upright edges.

Cause: the steep filters and the "sharpness" peaking of recorders overshoot. Figures of ntsc-rs: frequency 0.45, power
4, scale 4. The kernel is a unit pulse plus a damped cosine without its mean, so that flat areas keep their level.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend_models.damage.pixels import keeping_nonfinite
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import Range, check_range, draw
from reelmend_models.damage.stage import ClipInfo, Frame, Plan, Stage, Truth, checked_frame
from reelmend_models.damage.tape import filter_rows, pixels_per_sample, to_rgb, to_yiq


@dataclass(frozen=True)
class Ringing(Stage):
    """Settings of ringing; each range draws one value per clip.

    frequency: of the echo, as a share of half the sampling rate once `scale` has stretched it. power: how fast it dies
    away. scale: how far it reaches, in samples of a 720-sample line. amount: height of the first overshoot.
    """

    name: ClassVar[str] = "ringing"

    frequency: Range = 0.45
    power: Range = 4.0
    scale: Range = 4.0
    amount: Range = (0.15, 0.45)

    def __post_init__(self) -> None:
        check_range(self, "frequency", 0.01, 1.0)
        check_range(self, "power", 0.5, 20.0)
        check_range(self, "scale", 0.5, 50.0)
        check_range(self, "amount", 0.0, 3.0)

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> RingingPlan:
        """Return the clip's kernel."""
        generator = Draws(self.name, seed, occurrence).of("clip")
        ranges = (self.frequency, self.power, self.scale, self.amount)
        frequency, power, scale, amount = (draw(generator, setting) for setting in ranges)
        return RingingPlan(clip, ringing_kernel(frequency, power, scale, amount, pixels_per_sample(clip)))


def ringing_kernel(frequency: float, power: float, scale: float, amount: float, pixels: float) -> NDArray[np.float32]:
    """Return an odd kernel of sum 1 that rings to both sides, more to the right."""
    reach = max(2, int(np.ceil(scale * 5.0 * pixels)))
    at = np.arange(-reach, reach + 1) / max(scale * pixels, 0.5)
    echo = np.cos(2.0 * np.pi * frequency * at) * np.exp(-np.abs(at) * power / 4.0) * np.where(at < 0, 0.5, 1.0)
    window = np.exp(-np.abs(at) * power / 4.0)
    echo -= window * echo.sum() / window.sum()
    kernel = amount * echo / np.abs(echo).sum() * 2.0
    kernel[reach] += 1.0
    return np.asarray(kernel, np.float32)


@dataclass(frozen=True)
class RingingPlan(Plan):
    """The kernel, in pixels of the clip."""

    clip: ClipInfo
    kernel: NDArray[np.float32]

    def apply(self, frame: Frame, index: int) -> tuple[Frame, Truth]:
        """Return the frame with ringing luma; there is no further truth."""
        frame = checked_frame(frame, index, self.clip)
        return keeping_nonfinite(frame, self._ringing), Truth()

    def _ringing(self, picture: Frame) -> Frame:
        luma, in_phase, quadrature = cv2.split(to_yiq(picture))
        return to_rgb(cv2.merge((filter_rows(luma, self.kernel), in_phase, quadrature)))
