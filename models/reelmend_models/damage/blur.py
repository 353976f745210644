"""Blur: the softness of old lenses, of copies of copies, of a scanner out of focus.

Recipe of RTN (2203.17276): half of the clips isotropic, half anisotropic, standard deviation up to 2.8 px. It breathes
a little from frame to frame, as film buckles in the gate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend_models.damage.noise import slow_drift
from reelmend_models.damage.pixels import keeping_nonfinite
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import Range, check_range, draw
from reelmend_models.damage.stage import ClipInfo, Frame, Plan, Stage, Truth, checked_frame


@dataclass(frozen=True)
class Blur(Stage):
    """Settings of blur; each range draws one value per clip. Pixels are meant at 720 lines.

    sigma_px: standard deviation of the Gaussian. anisotropic_probability: share of clips with a second, shorter axis of
    its own range and a direction. breathing: how far sigma swings in time, as a share of itself.
    """

    name: ClassVar[str] = "blur"

    sigma_px: Range = (0.4, 2.8)
    anisotropic_probability: float = 0.5
    breathing: Range = (0.0, 0.15)

    def __post_init__(self) -> None:
        check_range(self, "sigma_px", 0.0, 50.0)
        check_range(self, "anisotropic_probability", 0.0, 1.0)
        check_range(self, "breathing", 0.0, 0.4)

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> BlurPlan:
        """Return the clip's kernel and how it breathes."""
        draws = Draws(self.name, seed, occurrence)
        generator = draws.of("clip")
        first, second = draw(generator, self.sigma_px), draw(generator, self.sigma_px)
        breathing = draw(generator, self.breathing)
        skewed = generator.random() < self.anisotropic_probability
        angle = float(generator.uniform(0.0, np.pi)) if skewed else 0.0
        sigmas = (max(first, second), min(first, second)) if skewed else (first, first)
        return BlurPlan(clip, draws, (sigmas[0] * clip.scale, sigmas[1] * clip.scale), angle, breathing)


@dataclass(frozen=True)
class BlurPlan(Plan):
    """Standard deviations along and across a direction, in pixels of the clip."""

    clip: ClipInfo
    draws: Draws
    sigmas_px: tuple[float, float]
    angle_rad: float
    breathing: float

    def apply(self, frame: Frame, index: int) -> tuple[Frame, Truth]:
        """Return the frame blurred; truth: the two standard deviations and the direction."""
        frame = checked_frame(frame, index, self.clip)
        factor = 1.0 + self.breathing * 0.5 * slow_drift(self.draws.of("breathing"), index, (10.0, 80.0))
        along, across = (sigma * factor for sigma in self.sigmas_px)
        values = {"blur.sigma_px": along, "blur.sigma_across_px": across, "blur.angle_rad": self.angle_rad}
        return keeping_nonfinite(frame, lambda picture: self._blurred(picture, along, across)), Truth(values=values)

    def _blurred(self, picture: Frame, along: float, across: float) -> Frame:
        blurred: Frame
        if along < 0.05:
            return picture.copy()
        if along == across:
            blurred = cv2.GaussianBlur(picture, (0, 0), along, borderType=cv2.BORDER_REFLECT)
        else:
            kernel = oriented_gaussian(along, max(across, 0.05), self.angle_rad)
            blurred = cv2.filter2D(picture, -1, kernel, borderType=cv2.BORDER_REFLECT)
        return blurred


def oriented_gaussian(along_px: float, across_px: float, angle_rad: float) -> NDArray[np.float32]:
    """Return a square kernel of sum 1, three standard deviations to each side."""
    half = max(1, int(np.ceil(3.0 * along_px)))
    axis = np.arange(-half, half + 1, dtype=np.float64)
    x, y = axis[None, :], axis[:, None]
    u = x * np.cos(angle_rad) + y * np.sin(angle_rad)
    v = y * np.cos(angle_rad) - x * np.sin(angle_rad)
    kernel = np.exp(-0.5 * ((u / along_px) ** 2 + (v / across_px) ** 2))
    return np.asarray(kernel / kernel.sum(), np.float32)
