"""Hair: curved fibres, short lint and long hairs, on one frame, or caught in the gate for many.

Cause: fibres lying on the film while it is printed or scanned; a hair in the camera's or projector's gate stays at the
frame's edge for seconds and trembles. Long and short hair are two classes of the 35 mm scans measured by Ivanova et al.
2023; both are drawn here as tapered lines whose curvature wanders.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from reelmend_models.damage.noise import slow_drift
from reelmend_models.damage.pixels import stamp
from reelmend_models.damage.scatter import Event, Timeline, timeline
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import Range, check_range, draw
from reelmend_models.damage.shapes import fibre
from reelmend_models.damage.stage import ClipInfo, Frame, Plan, Plane, Stage, Truth, checked_frame


@dataclass(frozen=True)
class Hair(Stage):
    """Settings of hair. Pixels are meant at 720 lines; each hair draws its own from the ranges.

    short_per_frame, long_per_frame: mean number of hairs that stay one frame. short_px, long_px: their lengths.
    width_px, softness_px: thickness, and standard deviation of the edge blur. opacity: of the middle of the hair.
    curl_rad: how far the direction turns over the length. light_share: share of light hairs (from the negative).
    gate_per_frame: mean number of hairs that get caught per frame, for gate_duration_frames, trembling by
    gate_tremble_px.
    """

    name: ClassVar[str] = "hair"

    short_per_frame: float = 0.6
    long_per_frame: float = 0.15
    short_px: Range = (10.0, 40.0)
    long_px: Range = (60.0, 260.0)
    width_px: Range = (0.9, 2.2)
    softness_px: Range = (0.3, 0.9)
    opacity: Range = (0.5, 0.95)
    curl_rad: Range = (1.5, 6.0)
    light_share: float = 0.25
    gate_per_frame: float = 0.005
    gate_duration_frames: Range = (20.0, 150.0)
    gate_tremble_px: float = 1.2

    def __post_init__(self) -> None:
        for setting in ("short_per_frame", "long_per_frame", "gate_per_frame"):
            check_range(self, setting, 0.0, 500.0)
        for setting in ("short_px", "long_px", "width_px"):
            check_range(self, setting, 0.1, 4000.0)
        for setting in ("softness_px", "curl_rad", "gate_tremble_px"):
            check_range(self, setting, 0.0, 100.0)
        for setting in ("opacity", "light_share"):
            check_range(self, setting, 0.0, 1.0)
        check_range(self, "gate_duration_frames", 1.0, 1e7)

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> HairPlan:
        """Return when hairs are caught in the gate; all hairs' shapes are drawn from their own numbers."""
        draws = Draws(self.name, seed, occurrence)
        caught = timeline(draws.of("gate"), clip.frame_count, self.gate_per_frame, self.gate_duration_frames)
        return HairPlan(self, clip, draws, caught)


@dataclass(frozen=True)
class HairPlan(Plan):
    """The hairs caught in the gate, and the key to all others."""

    settings: Hair
    clip: ClipInfo
    draws: Draws
    caught: Timeline

    def apply(self, frame: Frame, index: int) -> tuple[Frame, Truth]:
        """Return the frame with its hairs; truth: matte "hair"."""
        damaged = checked_frame(frame, index, self.clip).copy()
        matte = np.zeros(frame.shape[:2], np.float32)
        generator = self.draws.of("frame", index)
        short = int(generator.poisson(self.settings.short_per_frame))
        long = int(generator.poisson(self.settings.long_per_frame))
        for number in range(short + long):
            place = generator.random(2) * (self.clip.height, self.clip.width)
            length = self.settings.short_px if number < short else self.settings.long_px
            self._add(damaged, matte, generator, length, (float(place[0]), float(place[1])))
        for event in self.caught.at(index):
            self._add_caught(damaged, matte, event, index)
        return damaged, Truth(mattes={"hair": matte})

    def _add_caught(self, damaged: Frame, matte: Plane, event: Event, index: int) -> None:
        """Draw the same hair in every frame of the event, at the upper or lower edge, moved a little."""
        generator = self.draws.of("caught", event.number)
        x = float(generator.random()) * self.clip.width
        y = float(self.clip.height if generator.random() < 0.5 else 0)
        tremble = self.settings.gate_tremble_px * self.clip.scale
        y += tremble * slow_drift(generator, index, (3.0, 20.0))
        x += tremble * slow_drift(generator, index, (3.0, 20.0))
        self._add(damaged, matte, generator, self.settings.long_px, (y, x))

    def _add(
        self, damaged: Frame, matte: Plane, generator: np.random.Generator, length_px: Range, at: tuple[float, float]
    ) -> None:
        wanted, scale = self.settings, self.clip.scale
        length = max(draw(generator, length_px) * scale, 3.0)
        width = max(draw(generator, wanted.width_px) * scale, 0.6)
        softness = draw(generator, wanted.softness_px) * scale
        curl = draw(generator, wanted.curl_rad) * (0.5 if length_px is wanted.short_px else 1.0)
        level = 0.92 if generator.random() < wanted.light_share else 0.04
        opacity = np.float32(draw(generator, wanted.opacity))
        patch, middle = fibre(generator, length, width, softness, curl)
        stamp(
            damaged, matte, patch * opacity, round(at[0]) - middle[0], round(at[1]) - middle[1], (level, level, level)
        )
