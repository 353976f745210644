"""Faint standing scratches: see-through lines as strong as one deviation of the grain, or another share of it.

No pixel shows them, and no neighbouring frame does: only a sum along the line does (a line of 1σ a pixel is about 15σ
along a frame). They add to the light and cover nothing; their matte says how much of the amplitude each pixel has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np

from reelmend_models.damage.grain import LUMA
from reelmend_models.damage.scatter import Event, Timeline
from reelmend_models.damage.scratch import STANDING, Line, Scratch, ScratchPlan
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import Range, check_range, draw
from reelmend_models.damage.stage import ClipInfo, Frame, Plan, Plane, Stage, Truth, checked_frame

FLAT_TOP = 1.4
"""The Gaussian profile of a line is raised by this and cut at 1, so that its core has the whole amplitude."""


@dataclass(frozen=True)
class FaintScratch(Stage):
    """Settings of faint scratches; each draws its own from the ranges. Pixels are meant at 720 lines.

    standing: number that last the whole clip, drawn per clip, rounded, at least one. sigmas: amplitude over the
    deviation of the grain. grain_std, grain_floor: that grain, as in `Grain`: amplitudes follow the light as it does.
    bright_share: share of lines lighter than the picture. width_px, slope_px, wander_px, fade: as in `Scratch`.
    """

    name: ClassVar[str] = "faint_scratch"

    standing: Range = (1.0, 3.0)
    sigmas: Range = 1.0
    grain_std: float = 0.025
    grain_floor: float = 0.3
    bright_share: float = 0.5
    width_px: Range = (1.5, 3.0)
    slope_px: Range = (-6.0, 6.0)
    wander_px: Range = (0.3, 3.0)
    fade: Range = (0.0, 0.2)

    def __post_init__(self) -> None:
        check_range(self, "sigmas", 0.0, 100.0)
        check_range(self, "grain_std", 0.0, 1.0)
        check_range(self, "grain_floor", 0.0, 1.0)
        self.lines()

    def lines(self) -> Scratch:
        """Return the stage that says where the lines run."""
        return Scratch(
            standing=self.standing,
            per_frame=0.0,
            width_px=self.width_px,
            opacity=1.0,
            bright_share=self.bright_share,
            slope_px=self.slope_px,
            wander_px=self.wander_px,
            fade=self.fade,
            companions=0.0,
        )

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> FaintScratchPlan:
        """Return the clip's lines with their amplitudes."""
        draws, settings = Draws(self.name, seed, occurrence), self.lines()
        count = max(1, round(draw(draws.of("standing"), self.standing)))
        standing = tuple(_standing(settings, draws, number, clip) for number in range(count))
        strengths = tuple(draw(draws.of("sigmas", number), self.sigmas) for number in range(count))
        return FaintScratchPlan(self, clip, ScratchPlan(settings, clip, draws, standing, Timeline(())), strengths)


@dataclass(frozen=True)
class FaintScratchPlan(Plan):
    """Where the lines run, and the amplitude of each over the deviation of the grain."""

    settings: FaintScratch
    clip: ClipInfo
    paths: ScratchPlan
    sigmas: tuple[float, ...]

    def apply(self, frame: Frame, index: int) -> tuple[Frame, Truth]:
        """Return the frame with its faint lines; truth: matte "scratch" and the number of lines."""
        frame = checked_frame(frame, index, self.clip)
        change, matte = np.zeros((2, self.clip.height, self.clip.width), np.float32)
        for line, sigmas in zip(self.paths.standing, self.sigmas, strict=True):
            _add(change, matte, *self.paths.patch(line, index), sigmas if line.colour[0] > 0.5 else -sigmas)
        damaged = frame.copy()
        added = frame + (change * self._deviation(frame))[:, :, None]
        np.copyto(damaged, added, where=(matte > 0.0)[:, :, None])
        return damaged, Truth(mattes={"scratch": matte}, values={"faint_scratch.count": len(self.sigmas)})

    def _deviation(self, frame: Frame) -> Plane:
        """Return (H, W) the deviation of the grain at each pixel's light."""
        light = np.nan_to_num(cv2.transform(frame, np.array([LUMA], np.float32)), nan=0.5)
        floor = np.float32(self.settings.grain_floor)
        bell = floor + (1.0 - floor) * np.sqrt(4.0 * np.clip(light, 0.0, 1.0) * (1.0 - np.clip(light, 0.0, 1.0)))
        return np.asarray(np.float32(self.settings.grain_std) * bell, np.float32)


def _standing(settings: Scratch, draws: Draws, number: int, clip: ClipInfo) -> Line:
    return settings.line(draws, STANDING, Event(number, 0, 1 << 62), clip)


def _add(change: Plane, matte: Plane, profile: Plane, left: int, sigmas: float) -> None:
    """Add one line to the change, and its profile to the matte."""
    x0, x1 = max(left, 0), min(left + profile.shape[1], matte.shape[1])
    if x0 < x1:
        seen = np.minimum(np.float32(FLAT_TOP) * profile[:, x0 - left : x1 - left], np.float32(1.0))
        change[:, x0:x1] += np.float32(sigmas) * seen
        np.maximum(matte[:, x0:x1], seen, out=matte[:, x0:x1])
