"""Tape noise: luma noise that runs along the lines.

Cause: the tape's own noise and the composite carrier's. Figures of ntsc-rs: composite noise 0.05 at frequency 0.5, luma
noise 0.01.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import Range, check_range, draw
from reelmend_models.damage.stage import ClipInfo, Frame, Plan, Stage, Truth, checked_frame
from reelmend_models.damage.tape import pixels_per_sample, streaky_noise


@dataclass(frozen=True)
class TapeNoise(Stage):
    """Settings of tape noise; each range draws one value per clip.

    composite, luma: full swing of the two noises in picture units, of which a third is the standard deviation.
    composite_frequency: in samples of a 720-sample line; the noise is correlated over half its inverse.
    """

    name: ClassVar[str] = "tape_noise"

    composite: Range = (0.03, 0.08)
    composite_frequency: Range = 0.5
    luma: Range = (0.005, 0.02)

    def __post_init__(self) -> None:
        check_range(self, "composite", 0.0, 5.0)
        check_range(self, "composite_frequency", 0.01, 1.0)
        check_range(self, "luma", 0.0, 5.0)

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> TapeNoisePlan:
        """Return the clip's amplitudes."""
        draws = Draws(self.name, seed, occurrence)
        generator = draws.of("clip")
        composite, frequency, luma = (draw(generator, s) for s in (self.composite, self.composite_frequency, self.luma))
        return TapeNoisePlan(clip, draws, composite / 3.0, 0.5 / frequency, luma / 3.0)


@dataclass(frozen=True)
class TapeNoisePlan(Plan):
    """Standard deviations in picture units, and the run of the composite noise in samples."""

    clip: ClipInfo
    draws: Draws
    composite_std: float
    run_samples: float
    luma_std: float

    def apply(self, frame: Frame, index: int) -> tuple[Frame, Truth]:
        """Return the frame with fresh noise, the same in all channels; truth: its standard deviation."""
        frame = checked_frame(frame, index, self.clip)
        generator = self.draws.of("frame", index)
        size = (self.clip.height, self.clip.width)
        pixels = pixels_per_sample(self.clip)
        noise = np.float32(self.composite_std) * streaky_noise(generator, *size, pixels, self.run_samples)
        noise += np.float32(self.luma_std) * streaky_noise(generator, *size, pixels, 0.4)
        std = float(np.hypot(self.composite_std, self.luma_std))
        return frame + noise[:, :, None], Truth(values={"tape_noise.std": std})
