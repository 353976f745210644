"""Chroma damage: colour shifted against luma, noisy, of unsteady hue, and lost on some lines.

Cause: colour-under recording keeps little of the colour, timing errors turn its phase, and a line whose burst is missed
shows no colour. Figures of ntsc-rs: chroma noise 0.1, phase noise 0.001, chroma loss 2.5e-5 (share of lines).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np

from reelmend_models.damage.pixels import keeping_nonfinite, rounded_shift
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import Range, check_range, draw
from reelmend_models.damage.stage import ClipInfo, Frame, Plan, Plane, Stage, Truth, checked_frame
from reelmend_models.damage.tape import pixels_per_sample, rows_of, streaky_noise, to_rgb, to_yiq
from reelmend_models.damage.weave import shifted

CHROMA_RUN_SAMPLES = 9.0
"""Colour under 320 kHz cannot change faster than over about this many samples."""


@dataclass(frozen=True)
class ChromaNoise(Stage):
    """Settings of chroma damage; each range draws one value per clip.

    noise: amplitude, of which a tenth is the standard deviation of the colour difference, in picture units.
    phase_noise: standard deviation of the hue's turn per line, in turns. shift_right_px (per 720), shift_down_lines
    (per 480): how far colour stands from luma. loss: share of lines, per frame, that lose their colour.
    """

    name: ClassVar[str] = "chroma"

    noise: Range = (0.1, 0.4)
    phase_noise: Range = (0.001, 0.006)
    shift_right_px: Range = (-2.0, 3.0)
    shift_down_lines: Range = (0.0, 2.0)
    loss: Range = 2.5e-5

    def __post_init__(self) -> None:
        for setting in ("noise", "phase_noise"):
            check_range(self, setting, 0.0, 10.0)
        for setting in ("shift_right_px", "shift_down_lines"):
            check_range(self, setting, -200.0, 200.0)
        check_range(self, "loss", 0.0, 1.0)

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> ChromaPlan:
        """Return the clip's amplitudes and shift."""
        draws = Draws(self.name, seed, occurrence)
        generator = draws.of("clip")
        ranges = (self.noise, self.phase_noise, self.loss, self.shift_right_px, self.shift_down_lines)
        noise, phase, loss, right, down = (draw(generator, setting) for setting in ranges)
        shift = rounded_shift(np.array([right * pixels_per_sample(clip), down * clip.height / 480.0]))
        return ChromaPlan(clip, draws, noise * 0.1, phase, loss, float(shift[0]), float(shift[1]))


@dataclass(frozen=True)
class ChromaPlan(Plan):
    """Amplitudes, and the colour's shift in pixels of the clip."""

    clip: ClipInfo
    draws: Draws
    noise: float
    phase_turns: float
    loss: float
    right_px: float
    down_px: float

    def apply(self, frame: Frame, index: int) -> tuple[Frame, Truth]:
        """Return the frame; truth: matte "chroma_loss" (lines without colour) and the colour's shift."""
        frame = checked_frame(frame, index, self.clip)
        lost = self.draws.of("loss", index).random(self.clip.height) < self.loss
        matte = np.zeros(frame.shape[:2], np.float32)
        matte[lost] = 1.0
        values = {"chroma.right_px": self.right_px, "chroma.down_px": self.down_px}
        damaged = keeping_nonfinite(frame, lambda picture: self._coloured(picture, matte, index))
        return damaged, Truth(mattes={"chroma_loss": matte}, values=values)

    def _coloured(self, picture: Frame, lost: Plane, index: int) -> Frame:
        generator = self.draws.of("frame", index)
        yiq = shifted(to_yiq(picture), self.right_px, self.down_px)
        yiq[:, :, 0] = to_yiq(picture)[:, :, 0]
        in_phase, quadrature = self._turned(yiq, generator)
        height, width = lost.shape
        pixels = pixels_per_sample(self.clip)
        grown = rows_of(1.0, self.clip)
        for plane in (in_phase, quadrature):
            noise = streaky_noise(generator, -(-height // grown), width, pixels, CHROMA_RUN_SAMPLES)
            plane += np.float32(self.noise) * np.repeat(noise, grown, axis=0)[:height]
            plane *= 1.0 - lost
        return to_rgb(cv2.merge((np.ascontiguousarray(yiq[:, :, 0]), in_phase, quadrature)))

    def _turned(self, yiq: Frame, generator: np.random.Generator) -> tuple[Plane, Plane]:
        angle = (2.0 * np.pi * self.phase_turns) * generator.standard_normal((yiq.shape[0], 1))
        cosine, sine = np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)
        i, q = yiq[:, :, 1], yiq[:, :, 2]
        return i * cosine - q * sine, i * sine + q * cosine
