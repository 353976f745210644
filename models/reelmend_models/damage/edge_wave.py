"""Edge wave: every line starts a little early or late, so that upright edges wave and change from frame to frame.

Cause: time-base errors of the transport, not corrected by the player. Figures of ntsc-rs: intensity 0.5 px, range 0–20.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from reelmend_models.damage.noise import smooth_steps
from reelmend_models.damage.pixels import keeping_nonfinite, rounded_shift, row_displacement, shift_rows
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import Range, check_range, draw
from reelmend_models.damage.stage import ClipInfo, Frame, Plan, Stage, Truth, checked_frame

NODES = 25


@dataclass(frozen=True)
class EdgeWave(Stage):
    """Settings of edge wave; each range draws one value per clip.

    intensity_px: standard deviation of a line's shift, in pixels of a 720-px line. period_frames: how long a wave
    lasts.
    line_jitter: share of the shift that is new on every line. flagging_px: bend of the uppermost lines, per 720.
    """

    name: ClassVar[str] = "edge_wave"

    intensity_px: Range = (0.3, 1.2)
    period_frames: Range = (2.0, 8.0)
    line_jitter: Range = (0.05, 0.3)
    flagging_px: Range = (0.0, 4.0)

    def __post_init__(self) -> None:
        check_range(self, "intensity_px", 0.0, 20.0)
        check_range(self, "period_frames", 1.0, 1e6)
        check_range(self, "line_jitter", 0.0, 1.0)
        check_range(self, "flagging_px", -100.0, 100.0)

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> EdgeWavePlan:
        """Return the clip's amplitude and period."""
        draws = Draws(self.name, seed, occurrence)
        generator = draws.of("clip")
        ranges = (self.intensity_px, self.period_frames, self.line_jitter, self.flagging_px)
        intensity, period, jitter, flagging = (draw(generator, setting) for setting in ranges)
        return EdgeWavePlan(clip, draws, intensity, max(1, round(period)), jitter, flagging)


@dataclass(frozen=True)
class EdgeWavePlan(Plan):
    """Amplitudes in pixels of a 720-px line, and the period in frames."""

    clip: ClipInfo
    draws: Draws
    intensity_px: float
    period_frames: int
    line_jitter: float
    flagging_px: float

    def apply(self, frame: Frame, index: int) -> tuple[Frame, Truth]:
        """Return the frame with its lines moved; truth: displacement."""
        frame = checked_frame(frame, index, self.clip)
        shift = self.shift_px(index)
        moved = keeping_nonfinite(frame, lambda picture: shift_rows(picture, shift))
        return moved, Truth(displacement=row_displacement(shift, self.clip.width))

    def shift_px(self, index: int) -> NDArray[np.float32]:
        """Return (H,) how far each row moves to the right in a frame, in pixels of the clip."""
        knot, part = divmod(index, self.period_frames)
        share = part / self.period_frames
        before, after = self._wave(knot), self._wave(knot + 1)
        steady = np.sqrt((1.0 - share) ** 2 + share**2)
        wave = ((1.0 - share) * before + share * after) / steady
        jitter = self.draws.of("jitter", index).standard_normal(self.clip.height)
        shift = self.intensity_px * (wave + self.line_jitter * jitter)
        rows = np.arange(self.clip.height) / self.clip.height
        shift += self.flagging_px * (1.0 + 0.3 * before[0]) * np.exp(-rows / 0.03)
        return rounded_shift(shift * self.clip.width / 720.0)

    def _wave(self, knot: int) -> NDArray[np.float64]:
        generator = self.draws.of("wave", knot)
        return 1.2 * smooth_steps(generator.standard_normal(NODES), self.clip.height)
