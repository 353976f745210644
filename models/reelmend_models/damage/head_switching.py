"""Head switching: the lowest lines torn sideways, where the player changes from one video head to the other.

Figures of ntsc-rs: the bottom 8 lines of 480, moved by 72 px of a 720-px line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from reelmend_models.damage.pixels import keeping_nonfinite, rounded_shift, row_displacement, shift_rows
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import Range, check_range, draw
from reelmend_models.damage.stage import ClipInfo, Frame, Plan, Stage, Truth, checked_frame
from reelmend_models.damage.tape import pixels_per_sample, rows_of, streaky_noise


@dataclass(frozen=True)
class HeadSwitching(Stage):
    """Settings of head switching; each range draws one value per clip.

    lines: height of the torn band in lines of 480. shift_px: how far its lowest line moves, in pixels of 720; the tear
    grows towards it. jitter_px: how much that varies from frame to frame. noise: standard deviation inside the band.
    """

    name: ClassVar[str] = "head_switching"

    lines: Range = (6.0, 10.0)
    shift_px: Range = 72.0
    jitter_px: Range = (1.0, 5.0)
    noise: Range = (0.03, 0.12)

    def __post_init__(self) -> None:
        check_range(self, "lines", 1.0, 480.0)
        check_range(self, "shift_px", -720.0, 720.0)
        check_range(self, "jitter_px", 0.0, 720.0)
        check_range(self, "noise", 0.0, 5.0)

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> HeadSwitchingPlan:
        """Return the clip's band and tear."""
        draws = Draws(self.name, seed, occurrence)
        generator = draws.of("clip")
        lines, shift, jitter, noise = (
            draw(generator, s) for s in (self.lines, self.shift_px, self.jitter_px, self.noise)
        )
        pixels = pixels_per_sample(clip)
        return HeadSwitchingPlan(clip, draws, rows_of(lines, clip), shift * pixels, jitter * pixels, noise)


@dataclass(frozen=True)
class HeadSwitchingPlan(Plan):
    """The band's rows, and the tear in pixels of the clip."""

    clip: ClipInfo
    draws: Draws
    rows: int
    shift_px: float
    jitter_px: float
    noise: float

    def apply(self, frame: Frame, index: int) -> tuple[Frame, Truth]:
        """Return the frame with its band torn; truth: matte "head_switching" (the band) and displacement."""
        damaged = checked_frame(frame, index, self.clip).copy()
        generator = self.draws.of("frame", index)
        height, width = frame.shape[:2]
        depth = (np.arange(self.rows) + 1.0) / self.rows
        pull = self.shift_px + self.jitter_px * generator.standard_normal()
        rough = 0.2 * self.jitter_px * generator.standard_normal(self.rows)
        shift = np.zeros(height, np.float32)
        shift[height - self.rows :] = rounded_shift(pull * depth**1.5 + rough)
        band = damaged[height - self.rows :]
        band[:] = keeping_nonfinite(band, lambda rows: shift_rows(rows, shift[height - self.rows :]))
        pixels = pixels_per_sample(self.clip)
        noise = streaky_noise(generator, self.rows, width, pixels, 1.5) * (self.noise * depth[:, None])
        band += noise.astype(np.float32)[:, :, None]
        matte = np.zeros((height, width), np.float32)
        matte[height - self.rows :] = 1.0
        return damaged, Truth(mattes={"head_switching": matte}, displacement=row_displacement(shift, width))
