"""Rain: streaks of light that fall through the picture, at several distances, with splashes where they end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from reelmend_models.damage import ClipInfo, Plane
from reelmend_models.damage.noise import enlarge, slow_drift
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import Range, draw
from reelmend_models.scenery.drawing import Values, defocused, discs, streaks
from reelmend_models.scenery.layer import Layer, Scenery, SceneryPlan, births

DEPTHS = (0.25, 0.55, 1.0)
"""Nearness of the layers: 1 is the nearest, whose drops are longest, widest, fastest and fewest."""
SPLASH_FRAMES = 3


@dataclass(frozen=True)
class Rain(Scenery):
    """Settings of rain; each range draws one value per clip.

    density: drops in the air over a square of the height. speed: of the nearest, a frame. shutter: share of a frame's
    time that is exposed, so how long a streak is. width: of the nearest streak. slant_rad: from the vertical.
    opacity: of the nearest. light: picture value of the drops. splashes: on the ground, per frame and square.
    """

    name: ClassVar[str] = "rain"
    limits: ClassVar[dict[str, tuple[float, float]]] = {
        "density": (0.0, 20000.0),
        "speed": (0.001, 2.0),
        "shutter": (0.05, 1.0),
        "width": (0.0002, 0.05),
        "slant_rad": (-1.2, 1.2),
        "opacity": (0.0, 1.0),
        "light": (0.0, 1.0),
        "splashes": (0.0, 2000.0),
    }

    density: Range = (80.0, 400.0)
    speed: Range = (0.06, 0.16)
    shutter: Range = (0.4, 0.8)
    width: Range = (0.0012, 0.0028)
    slant_rad: Range = (-0.25, 0.25)
    opacity: Range = (0.2, 0.55)
    light: Range = (0.6, 0.95)
    splashes: Range = 0.0

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> RainPlan:
        """Return the clip's drops by layer, the light that they catch, and the looks that they share."""
        draws = Draws(self.name, seed, occurrence)
        generator, whole = draws.of("clip"), self.whole_px(clip)
        density, speed, shutter, width, slant, opacity, light, splashes = (
            draw(generator, setting)
            for setting in (
                *(self.density, self.speed, self.shutter, self.width),
                *(self.slant_rad, self.opacity, self.light, self.splashes),
            )
        )
        layers = []
        for number, depth in enumerate(DEPTHS):
            own = draws.of("layer", number)
            count = self.count(clip, density * (1.6 - depth) / len(DEPTHS) * 1.5, own)
            pace = speed * whole * (0.45 + 0.55 * depth)
            layers.append(
                Drops(
                    place=own.random((count, 2)),
                    pace_px=pace * own.uniform(0.85, 1.15, count),
                    lean_rad=own.normal(0.0, 0.02, count),
                    level=own.uniform(0.35, 1.0, count) * opacity * (0.4 + 0.6 * depth),
                    width_px=width * whole * (0.4 + 0.6 * depth),
                    blur_px=0.0006 * whole * (1.0 + 2.0 * (depth == 1.0)),
                )
            )
        lit = np.clip(1.0 + 0.45 * enlarge(draws.of("lit").standard_normal((4, 5)), clip.height, clip.width), 0.15, 1.5)
        area = clip.height * clip.width / whole**2
        return RainPlan(clip, draws, whole, tuple(layers), slant, shutter, light, splashes * area, lit)


@dataclass(frozen=True)
class Drops:
    """The drops of one layer: where they begin (N, 2) as shares, their pace, lean and level (N,), and their width."""

    place: Values
    pace_px: Values
    lean_rad: Values
    level: Values
    width_px: float
    blur_px: float


@dataclass(frozen=True)
class RainPlan(SceneryPlan):
    """The layers of drops; whole_px: height of the whole picture; lit: (H, W) how much light they catch where."""

    clip: ClipInfo
    draws: Draws
    whole_px: float
    drops: tuple[Drops, ...]
    slant_rad: float
    shutter: float
    light: float
    splashes: float
    lit: Plane

    def layers(self, index: int) -> Sequence[Layer]:
        """Return each layer of streaks, the farthest first, and the splashes."""
        gust = 0.03 * slow_drift(self.draws.of("gust"), index, (20.0, 90.0))
        grey = (self.light, self.light, min(1.0, 1.03 * self.light))
        streaked = [self._streaks(drops, index, self.slant_rad + gust) for drops in self.drops]
        splashed = [self._splashes(index)] if self.splashes > 0.0 else []
        return [(np.minimum(plane * self.lit, np.float32(1.0)), grey) for plane in (*streaked, *splashed)]

    def _streaks(self, drops: Drops, index: int, slant_rad: float) -> Plane:
        lengths = drops.pace_px * self.shutter
        margin = float(lengths.max(initial=0.0)) + 2.0
        way = self.clip.height + 2.0 * margin
        travelled = drops.place[:, 1] * way + drops.pace_px * index
        lap = np.floor(travelled / way)
        y = travelled - lap * way - margin
        lean = np.tan(slant_rad + drops.lean_rad)
        wide = self.clip.width + 2.0 * margin
        x = (drops.place[:, 0] + 0.6180339887 * lap) % 1.0 * wide - margin
        ends = np.stack([(x + lean * y + margin) % wide - margin, y], axis=1)
        starts = ends - np.stack([lean * lengths, lengths], axis=1)
        return defocused(streaks(self.clip, starts, ends, drops.width_px, drops.level), drops.blur_px)

    def _splashes(self, index: int) -> Plane:
        """Return drops that spring up from the lower half of the picture for three frames."""
        found, radii, levels = [], [], []
        for _, age, generator in births(self.draws, "splash", index, SPLASH_FRAMES):
            count = int(generator.poisson(self.splashes / SPLASH_FRAMES))
            feet = generator.random((count, 2)) * (1.0, 0.5) + (0.0, 0.5)
            flights = generator.normal(0.0, 1.0, (count, 4, 2)) * (0.006, 0.003) + (0.0, -0.006)
            spots = feet[:, None] * (self.clip.width, self.clip.height) + flights * (age + 0.5) * self.whole_px
            found.append(spots.reshape(-1, 2))
            radii.append(np.full(4 * count, 0.0012 * self.whole_px))
            levels.append(np.full(4 * count, 0.7 - 0.2 * age))
        return discs(self.clip, np.concatenate(found), np.concatenate(radii), np.concatenate(levels))
