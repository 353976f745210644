"""Blinking lights: lamps, signs and flashes in a crowd that go on and off from one frame to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from reelmend_models.damage import ClipInfo, DamageError
from reelmend_models.damage.noise import slow_drift
from reelmend_models.damage.pixels import Rgb
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import Range, draw
from reelmend_models.scenery.drawing import Values, defocused, discs
from reelmend_models.scenery.layer import Layer, Scenery, SceneryPlan

COLOURS: tuple[Rgb, ...] = ((1.0, 1.0, 0.96), (1.0, 0.75, 0.35), (1.0, 0.18, 0.12), (0.3, 0.9, 0.4), (0.45, 0.6, 1.0))
RHYTHMS = ("regular", "nervous", "single", "chase")


@dataclass(frozen=True)
class Lights(Scenery):
    """Settings of blinking lights.

    density: lamps over a square of the height, drawn per clip. radius, level: drawn per lamp. period_frames: of a lamp
    that blinks regularly, drawn per lamp. drift: how far all lamps sway with a hand-held camera. glow: how far light
    spreads around a lamp, in its radii. rhythms: what kinds there are, each lamp draws one: "regular" on and off,
    "nervous" at random each frame, "single" now and then for one frame, "chase" one after the other.
    """

    name: ClassVar[str] = "lights"
    limits: ClassVar[dict[str, tuple[float, float]]] = {
        "density": (0.0, 2000.0),
        "radius": (0.0005, 0.2),
        "level": (0.0, 1.0),
        "period_frames": (2.0, 500.0),
        "drift": (0.0, 0.5),
        "glow": (0.0, 20.0),
    }

    density: Range = (4.0, 20.0)
    radius: Range = (0.002, 0.01)
    level: Range = (0.6, 1.0)
    period_frames: Range = (4.0, 30.0)
    drift: Range = (0.0, 0.006)
    glow: Range = (0.5, 2.5)
    rhythms: tuple[str, ...] = ("regular", "nervous", "single")

    def __post_init__(self) -> None:
        super().__post_init__()
        unknown = set(self.rhythms) - set(RHYTHMS)
        if unknown or not self.rhythms:
            raise DamageError(f"Lights.rhythms must be some of {', '.join(RHYTHMS)}, got {self.rhythms!r}")

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> LightsPlan:
        """Return the clip's lamps."""
        draws = Draws(self.name, seed, occurrence)
        generator, whole = draws.of("clip"), self.whole_px(clip)
        density, drift, glow = (draw(generator, setting) for setting in (self.density, self.drift, self.glow))
        lamps = []
        for number in range(self.count(clip, density, generator)):
            own = draws.of("lamp", number)
            place = own.random(2) * (clip.width, clip.height)
            lamps.append(
                Lamp(
                    *(float(place[0]), float(place[1])),
                    radius_px=draw(own, self.radius) * whole,
                    level=draw(own, self.level),
                    period=draw(own, self.period_frames),
                    phase=float(own.random()),
                    on_share=float(own.uniform(0.15, 0.7)),
                    colour=int(own.integers(len(COLOURS))),
                    rhythm=self.rhythms[int(own.integers(len(self.rhythms)))],
                )
            )
        return LightsPlan(clip, draws, tuple(lamps), drift * whole, glow)


@dataclass(frozen=True)
class Lamp:
    """One lamp: where, how large and how bright it is, and when it is on."""

    x: float
    y: float
    radius_px: float
    level: float
    period: float
    phase: float
    on_share: float
    colour: int
    rhythm: str


@dataclass(frozen=True)
class LightsPlan(SceneryPlan):
    """The lamps; drift_px: how far they sway together; glow: in radii."""

    clip: ClipInfo
    draws: Draws
    lamps: tuple[Lamp, ...]
    drift_px: float
    glow: float

    def brightness(self, number: int, index: int) -> float:
        """Return 0…1 how bright a lamp is in a frame."""
        lamp = self.lamps[number]
        cycle = index / lamp.period + lamp.phase
        if lamp.rhythm == "regular":
            return float(cycle % 1.0 < lamp.on_share)
        if lamp.rhythm == "chase":
            return float((cycle + number / 7.0) % 1.0 < 0.18)
        chance = float(self.draws.of("blink", number, index).random())
        return float(chance < 0.06) if lamp.rhythm == "single" else max(0.0, chance * 1.5 - 0.5)

    def layers(self, index: int) -> Sequence[Layer]:
        """Return, colour by colour, the glow around the lamps that are on, and the lamps, whiter than their glow."""
        sway = [self.drift_px * slow_drift(self.draws.of("sway", axis), index, (15.0, 90.0)) for axis in (0, 1)]
        levels = np.array([lamp.level * self.brightness(number, index) for number, lamp in enumerate(self.lamps)])
        found: list[Layer] = []
        for number, colour in enumerate(COLOURS):
            lit = [place for place, lamp in enumerate(self.lamps) if lamp.colour == number and levels[place] > 0.0]
            if lit:
                found += self._lit([self.lamps[place] for place in lit], levels[lit], colour, sway)
        return found

    def _lit(self, lamps: list[Lamp], levels: Values, colour: Rgb, sway: list[float]) -> list[Layer]:
        centres = np.array([[lamp.x + sway[0], lamp.y + sway[1]] for lamp in lamps])
        radii = np.array([lamp.radius_px for lamp in lamps])
        core = discs(self.clip, centres, radii, levels)
        halo = 0.45 * defocused(discs(self.clip, centres, 1.6 * radii, levels), self.glow * float(radii.mean()))
        pale = tuple(0.5 + 0.5 * channel for channel in colour)
        return [(halo.astype(np.float32), colour), (defocused(core, 0.5), (pale[0], pale[1], pale[2]))]
