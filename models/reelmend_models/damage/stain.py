"""Stains: large soft patches of water, mould or oil, with darker rims, spread over a few frames.

Cause: drops that dried on the wound film (the rim is the drying line), mould growing through neighbouring turns of the
roll. Semi-transparent: (1 − opacity)·source + opacity·colour, as semi-transparent defects in Kokaram 2004 and in
Mohammadi et al., "Semi-transparent blotch removal", 2009.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np

from reelmend_models.damage.noise import fractal_field
from reelmend_models.damage.pixels import Rgb, stamp
from reelmend_models.damage.scatter import Event, Timeline, timeline
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import DamageError, Range, check_range, draw
from reelmend_models.damage.stage import ClipInfo, Frame, Plan, Plane, Stage, Truth, checked_frame


@dataclass(frozen=True)
class Stain(Stage):
    """Settings of stains. Pixels are meant at 720 lines; each stain draws its own from the ranges.

    per_frame: mean number born per frame; duration_frames: how long each is to be seen.
    radius_px: size. opacity: of the inside; rim: how much stronger the rim is. drift_px: largest move between frames.
    light_share: share of bleached stains; dark_colour, light_colour: what an opaque stain would show.
    """

    name: ClassVar[str] = "stain"

    per_frame: float = 0.06
    duration_frames: Range = (1.0, 4.0)
    radius_px: Range = (25.0, 140.0)
    opacity: Range = (0.08, 0.35)
    rim: Range = (0.2, 1.2)
    drift_px: float = 6.0
    light_share: float = 0.4
    dark_colour: Rgb = (0.08, 0.08, 0.08)
    light_colour: Rgb = (0.88, 0.88, 0.88)

    def __post_init__(self) -> None:
        check_range(self, "per_frame", 0.0, 100.0)
        check_range(self, "duration_frames", 1.0, 1e7)
        check_range(self, "radius_px", 1.0, 5000.0)
        check_range(self, "rim", 0.0, 10.0)
        check_range(self, "drift_px", 0.0, 1000.0)
        for setting in ("opacity", "light_share"):
            check_range(self, setting, 0.0, 1.0)
        for colour in (self.dark_colour, self.light_colour):
            if len(colour) != 3 or not np.isfinite(colour).all():
                raise DamageError(f"a Stain colour must be three finite numbers, got {colour!r}")

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> StainPlan:
        """Return when stains appear; each one's shape is drawn from its number."""
        draws = Draws(self.name, seed, occurrence)
        born = timeline(draws.of("events"), clip.frame_count, self.per_frame, self.duration_frames)
        return StainPlan(self, clip, draws, born)


@dataclass(frozen=True)
class StainPlan(Plan):
    """The stains of a clip."""

    settings: Stain
    clip: ClipInfo
    draws: Draws
    born: Timeline

    def apply(self, frame: Frame, index: int) -> tuple[Frame, Truth]:
        """Return the frame with its stains; truth: matte "stain"."""
        damaged = checked_frame(frame, index, self.clip).copy()
        matte = np.zeros(frame.shape[:2], np.float32)
        for event in self.born.at(index):
            self._add(damaged, matte, event, index)
        return damaged, Truth(mattes={"stain": matte})

    def _add(self, damaged: Frame, matte: Plane, event: Event, index: int) -> None:
        wanted, generator = self.settings, self.draws.of("stain", event.number)
        radius = max(draw(generator, wanted.radius_px) * self.clip.scale, 3.0)
        opacity, rim = draw(generator, wanted.opacity), draw(generator, wanted.rim)
        colour = wanted.light_colour if generator.random() < wanted.light_share else wanted.dark_colour
        place = generator.random(2) * (self.clip.height, self.clip.width)
        drift = self.draws.of("drift", event.number, index).uniform(-1.0, 1.0, 2) * wanted.drift_px * self.clip.scale
        age = 1.0 - 0.6 * (index - event.first) / max(event.end - event.first, 1)
        patch = stain_patch(generator, radius, rim) * np.float32(opacity * age)
        top, left = np.round(place + drift).astype(int) - patch.shape[0] // 2
        stamp(damaged, matte, patch, int(top), int(left), colour)


def stain_patch(generator: np.random.Generator, radius_px: float, rim: float) -> Plane:
    """Return an odd-sided patch, 0…1: a plateau with a wavy outline, an uneven inside and a stronger rim."""
    half = int(np.ceil(radius_px * 2.0)) + 2
    side = 2 * half + 1
    axis = np.arange(-half, half + 1, dtype=np.float32) / np.float32(radius_px)
    distance = np.hypot(axis[:, None] * generator.uniform(0.8, 1.25), axis[None, :])
    inland = 1.0 - distance + 0.4 * fractal_field(generator, side, side, cell_px=radius_px * 0.7, octaves=4)
    inland -= 4.0 * np.clip(distance - 1.2, 0.0, None)
    plateau = np.clip(inland * 9.0, 0.0, 1.0) * (0.75 + 0.18 * fractal_field(generator, side, side, radius_px * 0.3, 3))
    line = np.exp(-(((inland - 0.1) / 0.05) ** 2)) * (inland > 0.0)
    patch: Plane = np.clip((plateau + rim * line) / (1.0 + 0.5 * rim), 0.0, 1.0).astype(np.float32)
    return cv2.GaussianBlur(patch, (3, 3), 0) if half > 6 else patch
