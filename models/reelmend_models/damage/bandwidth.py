"""Tape bandwidth: luma and chroma softened along the line, chroma late, by recording speed.

Cause: VHS records luma as frequency modulation up to 1.4–2.4 MHz, and chroma "colour-under" at about 300 kHz; the
filters delay chroma and smear to the right. Cuts and delays of ntsc-rs: SP 2.4 MHz / 320 kHz / 4 px, LP 1.9 / 300 / 5,
EP 1.4 / 280 / 6; luma smear 0.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend_models.damage.pixels import keeping_nonfinite
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import DamageError, Range, check_range, draw
from reelmend_models.damage.stage import ClipInfo, Frame, Plan, Stage, Truth, checked_frame
from reelmend_models.damage.tape import filter_rows, low_pass_kernel, pixels_per_sample, to_rgb, to_yiq

SPEEDS: dict[str, tuple[float, float, float]] = {
    "SP": (2.4e6, 320e3, 4.0),
    "LP": (1.9e6, 300e3, 5.0),
    "EP": (1.4e6, 280e3, 6.0),
}
"""Recording speed → luma cut in Hz, chroma cut in Hz, chroma delay in samples of a 720-sample line."""


@dataclass(frozen=True)
class Bandwidth(Stage):
    """Settings of the tape's bandwidth.

    speed: "SP", "LP" or "EP". luma_smear: weight of luma's tail to the right, drawn per clip.
    delay_corrected: share of the chroma delay that the player takes back, drawn per clip.
    """

    name: ClassVar[str] = "bandwidth"

    speed: Literal["SP", "LP", "EP"] = "SP"
    luma_smear: Range = 0.5
    delay_corrected: Range = 0.0

    def __post_init__(self) -> None:
        if self.speed not in SPEEDS:
            raise DamageError(f"Bandwidth.speed must be one of {', '.join(SPEEDS)}, got {self.speed!r}")
        check_range(self, "luma_smear", 0.0, 5.0)
        check_range(self, "delay_corrected", 0.0, 1.0)

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> BandwidthPlan:
        """Return the luma and chroma kernels of the clip."""
        generator = Draws(self.name, seed, occurrence).of("clip")
        smear, corrected = draw(generator, self.luma_smear), draw(generator, self.delay_corrected)
        luma_hz, chroma_hz, delay = SPEEDS[self.speed]
        pixels = pixels_per_sample(clip)
        luma = low_pass_kernel(luma_hz, smear, 0.0, pixels)
        chroma = low_pass_kernel(chroma_hz, 0.0, delay * (1.0 - corrected) * pixels, pixels)
        return BandwidthPlan(clip, luma, chroma, delay * (1.0 - corrected) * pixels)


@dataclass(frozen=True)
class BandwidthPlan(Plan):
    """The two kernels, and the chroma's delay in pixels of the clip."""

    clip: ClipInfo
    luma: NDArray[np.float32]
    chroma: NDArray[np.float32]
    chroma_delay_px: float

    def apply(self, frame: Frame, index: int) -> tuple[Frame, Truth]:
        """Return the frame as the tape can hold it; truth: the chroma's delay."""
        frame = checked_frame(frame, index, self.clip)
        values = {"bandwidth.chroma_delay_px": self.chroma_delay_px}
        return keeping_nonfinite(frame, self._filtered), Truth(values=values)

    def _filtered(self, picture: Frame) -> Frame:
        luma, in_phase, quadrature = cv2.split(to_yiq(picture))
        planes = (filter_rows(luma, self.luma), *(filter_rows(p, self.chroma) for p in (in_phase, quadrature)))
        return to_rgb(cv2.merge(planes))
