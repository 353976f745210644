"""Film grain: noise that depends on the picture's brightness and has a size.

Cause: the silver or dye clumps that make up the picture. Its deviation is largest in the mid-tones and small in black
and white; its spectrum falls off with the clump's size (Newson et al., "A stochastic film grain model", 2017, here as
Gaussian filtered noise). Amplitudes: RTN's noise of 5–10/255 (2203.17276) bounds the default from above.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np

from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import Range, check_range, draw
from reelmend_models.damage.stage import ClipInfo, Frame, Plan, Plane, Stage, Truth, checked_frame

LUMA = (0.2126, 0.7152, 0.0722)


@dataclass(frozen=True)
class Grain(Stage):
    """Settings of grain; each range draws one value per clip.

    std: standard deviation at mid-grey, in picture units. size_px: Gaussian radius of a clump at 720 lines.
    floor: share of `std` left in pure black and white. colour: 0 = the same in all channels, 1 = each on its own.
    """

    name: ClassVar[str] = "grain"

    std: Range = (0.012, 0.035)
    size_px: Range = (0.5, 1.1)
    floor: float = 0.3
    colour: float = 0.0

    def __post_init__(self) -> None:
        check_range(self, "std", 0.0, 1.0)
        check_range(self, "size_px", 0.0, 20.0)
        check_range(self, "floor", 0.0, 1.0)
        check_range(self, "colour", 0.0, 1.0)

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> GrainPlan:
        """Return the clip's amplitude and clump size."""
        draws = Draws(self.name, seed, occurrence)
        clip_wide = draws.of("clip")
        std, size = draw(clip_wide, self.std), draw(clip_wide, self.size_px)
        return GrainPlan(self, clip, draws, std, size * clip.scale)


@dataclass(frozen=True)
class GrainPlan(Plan):
    """Amplitude in picture units and clump size in pixels of the clip."""

    settings: Grain
    clip: ClipInfo
    draws: Draws
    std: float
    size_px: float

    def apply(self, frame: Frame, index: int) -> tuple[Frame, Truth]:
        """Return the frame with fresh grain; truth: its amplitude."""
        frame = checked_frame(frame, index, self.clip)
        generator = self.draws.of("frame", index)
        noise = self._noise(generator)
        if self.settings.colour > 0.0:
            share = np.float32(self.settings.colour)
            own = cv2.merge([self._noise(generator) for _ in range(3)])
            grain = np.sqrt(1.0 - share**2) * noise[:, :, None] + share * own
        else:
            grain = noise[:, :, None]
        damaged: Frame = frame + self._deviation(frame)[:, :, None] * grain
        return damaged, Truth(values={"grain.std": self.std, "grain.size_px": self.size_px})

    def _deviation(self, frame: Frame) -> Plane:
        light = np.clip(cv2.transform(frame, np.array([LUMA], np.float32)), 0.0, 1.0)
        light = np.nan_to_num(light, copy=False, nan=0.5)
        floor = np.float32(self.settings.floor)
        bell: Plane = np.float32(self.std) * (floor + (1.0 - floor) * np.sqrt(4.0 * light * (1.0 - light)))
        return bell

    def _noise(self, generator: np.random.Generator) -> Plane:
        white: Plane = generator.standard_normal((self.clip.height, self.clip.width), dtype=np.float32)
        if self.size_px < 0.2:
            return white
        kernel = cv2.getGaussianKernel(2 * int(np.ceil(3.0 * self.size_px)) + 1, self.size_px, cv2.CV_32F)
        kernel /= np.sqrt((kernel**2).sum())
        noise: Plane = cv2.sepFilter2D(white, -1, kernel, kernel, borderType=cv2.BORDER_REFLECT_101)
        return noise
