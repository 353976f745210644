"""Sparks: short-lived glowing particles on ballistic paths, with trails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from reelmend_models.damage import ClipInfo
from reelmend_models.damage.noise import slow_drift
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import Range, draw
from reelmend_models.scenery.drawing import Points, Values, defocused, streaks
from reelmend_models.scenery.layer import Layer, Scenery, SceneryPlan, births

HOT = (1.0, 0.95, 0.8)
WARM = (1.0, 0.6, 0.22)
TRAIL_PARTS = 3


@dataclass(frozen=True)
class Sparks(Scenery):
    """Settings of sparks; each range draws one value per clip, life one per spark.

    density: sparks born in a frame over a square of the height. life_frames: how long each glows. speed: of the
    fastest, a frame. spread_rad: deviation of their directions. gravity: added to the speed each frame; below 0 they
    rise, as embers do. shutter: share of a frame's time that a trail covers. width: of a trail. sources: places that
    they fly from, rounded.
    """

    name: ClassVar[str] = "sparks"
    limits: ClassVar[dict[str, tuple[float, float]]] = {
        "density": (0.0, 5000.0),
        "life_frames": (1.0, 40.0),
        "speed": (0.0005, 1.0),
        "spread_rad": (0.0, 7.0),
        "gravity": (-0.05, 0.05),
        "shutter": (0.05, 1.0),
        "width": (0.0002, 0.02),
        "sources": (1.0, 20.0),
    }

    density: Range = (5.0, 30.0)
    life_frames: Range = (3.0, 14.0)
    speed: Range = (0.03, 0.08)
    spread_rad: Range = (0.2, 1.2)
    gravity: Range = (0.0008, 0.002)
    shutter: Range = (0.4, 0.9)
    width: Range = (0.0015, 0.003)
    sources: Range = (1.0, 3.0)

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> SparksPlan:
        """Return where the clip's sparks fly from, and what they share."""
        draws = Draws(self.name, seed, occurrence)
        generator, whole = draws.of("clip"), self.whole_px(clip)
        density, speed, spread, gravity, shutter, width, sources = (
            draw(generator, setting)
            for setting in (
                *(self.density, self.speed, self.spread_rad, self.gravity),
                *(self.shutter, self.width, self.sources),
            )
        )
        places = generator.uniform(0.1, 0.9, (round(sources), 2)) * (clip.width, clip.height)
        aims = generator.uniform(0.0, 2.0 * np.pi, round(sources))
        rate = density * clip.height * clip.width / whole**2
        return SparksPlan(
            self, clip, draws, places, aims, rate, speed * whole, spread, gravity * whole, shutter, width * whole
        )


@dataclass(frozen=True)
class SparksPlan(SceneryPlan):
    """Sources (S, 2) with their directions (S,), and how the sparks fly, in pixels and frames."""

    settings: Sparks
    clip: ClipInfo
    draws: Draws
    places: Points
    aims: Values
    rate: float
    speed_px: float
    spread_rad: float
    gravity_px: float
    shutter: float
    width_px: float

    def layers(self, index: int) -> Sequence[Layer]:
        """Return the glow around the sparks, the cooler part of their trails, and the hot part."""
        longest = int(np.ceil(np.max(self.settings.life_frames))) + 1
        paths, levels, heats = [], [], []
        for born, age, generator in births(self.draws, "born", index, longest):
            path, level, heat = self._flight(generator, born, age)
            paths.append(path)
            levels.append(level)
            heats.append(heat)
        path, level, heat = np.concatenate(paths), np.concatenate(levels), np.concatenate(heats)
        starts, ends = path[:, :-1].reshape(-1, 2), path[:, 1:].reshape(-1, 2)
        fading = np.repeat(level, TRAIL_PARTS) * np.tile(np.linspace(0.45, 1.0, TRAIL_PARTS), len(level))
        warm = streaks(self.clip, starts, ends, self.width_px, fading)
        hot = streaks(self.clip, starts, ends, self.width_px, fading * np.repeat(heat, TRAIL_PARTS))
        glow = np.minimum(1.5 * defocused(warm, 2.5 * self.width_px), np.float32(0.4))
        glow[glow < 1.0 / 64.0] = 0.0
        return [(glow, WARM), (warm, WARM), (hot, HOT)]

    def _flight(self, generator: np.random.Generator, born: int, age: int) -> tuple[Points, Values, Values]:
        """Return (n, 4, 2) the trails, (n,) the levels and (n,) the heats of the sparks of one birth at one age."""
        busy = np.clip(1.0 + 0.9 * slow_drift(self.draws.of("activity"), born, (8.0, 40.0)), 0.05, 3.0)
        count = int(generator.poisson(self.rate * busy))
        source = generator.integers(0, len(self.places), count)
        life = np.maximum(1.0, draw_lives(generator, self.settings.life_frames, count))
        angle = self.aims[source] + self.spread_rad * generator.standard_normal(count)
        speed = self.speed_px * generator.uniform(0.15, 1.0, count)
        drag = generator.uniform(0.02, 0.12, count)
        born_at = generator.random(count)
        flicker = generator.uniform(0.55, 1.0, (count, 64))[:, age % 64]
        wander = 0.03 * self.speed_px * slow_drift(self.draws.of("wander"), born, (30.0, 120.0))
        moments = np.maximum(0.0, age + born_at[:, None] - np.linspace(self.shutter, 0.0, TRAIL_PARTS + 1))
        gone = (1.0 - np.exp(-drag[:, None] * moments)) / drag[:, None] * speed[:, None]
        x = self.places[source, 0, None] + wander + np.cos(angle)[:, None] * gone
        y = self.places[source, 1, None] + np.sin(angle)[:, None] * gone + 0.5 * self.gravity_px * moments**2
        left = np.clip(1.0 - age / life, 0.0, 1.0)
        return np.stack([x, y], axis=2), left**0.6 * flicker, np.clip(1.6 * left - 0.5, 0.0, 1.0)


def draw_lives(generator: np.random.Generator, life_frames: Range, count: int) -> Values:
    """Return (count,) lives, most of them short."""
    low, high = life_frames if isinstance(life_frames, tuple) else (life_frames, life_frames)
    return np.asarray(low + (high - low) * generator.random(count) ** 1.5, np.float64)
