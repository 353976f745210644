"""Tracking noise: a band of torn, snowy lines that wanders near the bottom of the picture.

Cause: the heads leave their track, on worn tapes or in a player out of line. Figures of ntsc-rs: 12 lines of 480, wave
15 px, snow 0.025 (share of sparks).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from reelmend_models.damage.noise import slow_drift, smooth_steps
from reelmend_models.damage.pixels import keeping_nonfinite, rounded_shift, row_displacement, shift_rows
from reelmend_models.damage.scatter import Event, Timeline, timeline
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import Range, check_range, draw
from reelmend_models.damage.stage import ClipInfo, Frame, Plan, Plane, Stage, Truth, checked_frame
from reelmend_models.damage.tape import filter_rows, pixels_per_sample, rows_of

SPARK_SAMPLES = 6.0


@dataclass(frozen=True)
class Tracking(Stage):
    """Settings of tracking noise; each spell draws its own from the ranges.

    spells_per_frame: mean number of spells that begin per frame; first_spell_probability: of one from frame 0 on.
    duration_frames: of a spell. lines: height of the band in lines of 480. place: its middle as a share of the height.
    wave_px: sideways tear in pixels of 720. snow: share of the band's samples that are white sparks with a tail.
    """

    name: ClassVar[str] = "tracking"

    spells_per_frame: float = 0.01
    first_spell_probability: float = 0.5
    duration_frames: Range = (10.0, 120.0)
    lines: Range = (8.0, 24.0)
    place: Range = (0.82, 0.98)
    wave_px: Range = 15.0
    snow: Range = (0.015, 0.04)

    def __post_init__(self) -> None:
        check_range(self, "spells_per_frame", 0.0, 10.0)
        check_range(self, "duration_frames", 1.0, 1e7)
        check_range(self, "lines", 1.0, 480.0)
        check_range(self, "wave_px", 0.0, 720.0)
        for setting in ("place", "snow", "first_spell_probability"):
            check_range(self, setting, 0.0, 1.0)

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> TrackingPlan:
        """Return when the band is to be seen."""
        draws = Draws(self.name, seed, occurrence)
        born = timeline(draws.of("spells"), clip.frame_count, self.spells_per_frame, self.duration_frames)
        spells = tuple(Event(spell.number + 1, spell.first, spell.end) for spell in born.events)
        first = draws.of("first")
        if first.random() < self.first_spell_probability:
            spells = (Event(0, 0, max(1, round(draw(first, self.duration_frames)))), *spells)
        return TrackingPlan(self, clip, draws, Timeline(spells))


@dataclass(frozen=True)
class TrackingPlan(Plan):
    """The spells of a clip."""

    settings: Tracking
    clip: ClipInfo
    draws: Draws
    spells: Timeline

    def apply(self, frame: Frame, index: int) -> tuple[Frame, Truth]:
        """Return the frame, torn where a spell is on; truth: matte "tracking" (the band) and displacement."""
        damaged = checked_frame(frame, index, self.clip).copy()
        height, width = frame.shape[:2]
        matte, shift = np.zeros((height, width), np.float32), np.zeros(height, np.float32)
        spells = self.spells.at(index)
        if not spells:
            return damaged, Truth(mattes={"tracking": matte})
        rows, strength, wave_px, snow = self._band(spells[0], index)
        generator = self.draws.of("frame", index)
        wave = smooth_steps(generator.standard_normal(8), len(strength)) + 0.25 * generator.standard_normal(
            len(strength)
        )
        shift[rows] = rounded_shift(wave_px * strength * (0.5 + wave))
        band = damaged[rows]
        band[:] = keeping_nonfinite(band, lambda lines: shift_rows(lines, shift[rows]))
        sparks = self._sparks(generator, strength * snow, width)
        band += sparks[:, :, None] * (1.0 - np.clip(np.nan_to_num(band), 0.0, 1.0))
        matte[rows] = 1.0
        return damaged, Truth(mattes={"tracking": matte}, displacement=row_displacement(shift, width))

    def _band(self, spell: Event, index: int) -> tuple[slice, NDArray[np.float64], float, float]:
        """Return the band's rows, how strong it is in each (0…1), the tear in pixels of the clip, and the snow."""
        wanted, generator = self.settings, self.draws.of("spell", spell.number)
        lines, place, wave, snow = (
            draw(generator, s) for s in (wanted.lines, wanted.place, wanted.wave_px, wanted.snow)
        )
        count, height = rows_of(lines, self.clip), self.clip.height
        middle = (place + 0.02 * slow_drift(generator, index, (15.0, 90.0))) * height
        top = int(np.clip(round(middle - count / 2), 0, height - count))
        strength = np.sin(np.pi * (np.arange(count) + 0.5) / count) ** 0.7
        return slice(top, top + count), strength, wave * pixels_per_sample(self.clip), snow

    def _sparks(self, generator: np.random.Generator, probability: NDArray[np.float64], width: int) -> Plane:
        pixels = pixels_per_sample(self.clip)
        tail = max(SPARK_SAMPLES * pixels, 0.5)
        hits = generator.random((len(probability), width)) < (probability / max(pixels, 0.2))[:, None]
        bright = (hits * generator.uniform(0.4, 1.3, hits.shape)).astype(np.float32)
        reach = int(np.ceil(3.0 * tail))
        kernel = np.zeros(2 * reach + 1, np.float32)
        kernel[reach:] = np.exp(-np.arange(reach + 1) / tail)
        return np.clip(filter_rows(bright, kernel), 0.0, 1.0)
