"""Snow: flakes that sink and sway at several distances, the near ones large, soft and out of focus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from reelmend_models.damage import ClipInfo, Plane
from reelmend_models.damage.noise import slow_drift
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import Range, draw
from reelmend_models.scenery.drawing import Values, defocused, discs, dragged
from reelmend_models.scenery.layer import Layer, Scenery, SceneryPlan

DEPTHS = (0.15, 0.35, 0.65, 1.0)
"""Nearness of the layers; the number of flakes falls with its square, as the view narrows towards the lens."""
LOBES = 3


@dataclass(frozen=True)
class Snow(Scenery):
    """Settings of snow; each range draws one value per clip.

    density: flakes over a square of the height. speed: of the nearest, a frame. wind: to the side, as a share of the
    speed. sway: how far flakes swing. radius: of the nearest flakes. focus: nearness (0…1) of the sharpest layer.
    defocus: blur of a layer one away from the sharpest. opacity: of a sharp flake. light: picture value of flakes.
    shutter: share of a frame's time that blurs them.
    """

    name: ClassVar[str] = "snow"
    limits: ClassVar[dict[str, tuple[float, float]]] = {
        "density": (0.0, 20000.0),
        "speed": (0.0005, 1.0),
        "wind": (-5.0, 5.0),
        "sway": (0.0, 0.2),
        "radius": (0.0003, 0.1),
        "focus": (0.0, 1.0),
        "defocus": (0.0, 0.1),
        "opacity": (0.0, 1.0),
        "light": (0.0, 1.0),
        "shutter": (0.0, 1.0),
    }

    density: Range = (100.0, 500.0)
    speed: Range = (0.01, 0.04)
    wind: Range = (-0.8, 0.8)
    sway: Range = (0.005, 0.02)
    radius: Range = (0.005, 0.012)
    focus: Range = (0.2, 0.6)
    defocus: Range = (0.003, 0.008)
    opacity: Range = (0.6, 1.0)
    light: Range = (0.8, 1.0)
    shutter: Range = (0.2, 0.6)

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> SnowPlan:
        """Return the clip's flakes by layer and the looks that they share."""
        draws = Draws(self.name, seed, occurrence)
        generator, whole = draws.of("clip"), self.whole_px(clip)
        density, speed, wind, sway, radius, focus, defocus, opacity, light, shutter = (
            draw(generator, setting)
            for setting in (
                *(self.density, self.speed, self.wind, self.sway, self.radius),
                *(self.focus, self.defocus, self.opacity, self.light, self.shutter),
            )
        )
        layers = []
        for number, depth in enumerate(DEPTHS):
            own = draws.of("layer", number)
            count = self.count(clip, density * (1.25 - depth) ** 2 / 2.4, own)
            layers.append(
                Flakes(
                    place=own.random((count, 2)),
                    pace_px=speed * whole * depth * own.uniform(0.7, 1.3, count),
                    radius_px=radius * whole * (0.15 + 0.85 * depth) * own.uniform(0.45, 1.2, count),
                    lobes=own.normal(0.0, 0.45, (count, LOBES, 2)),
                    swing=np.stack([own.uniform(0.05, 0.25, count), own.uniform(0.0, 2.0 * np.pi, count)], axis=1),
                    level=own.uniform(0.6, 1.0, count) * opacity,
                    sway_px=sway * whole * depth,
                    blur_px=defocus * whole * abs(depth - focus) ** 1.5 + 0.0005 * whole,
                )
            )
        return SnowPlan(clip, draws, tuple(layers), wind, light, shutter)


@dataclass(frozen=True)
class Flakes:
    """The flakes of one layer. swing: (N, 2) radians a frame and phase; lobes: (N, 3, 2) offsets in radii."""

    place: Values
    pace_px: Values
    radius_px: Values
    lobes: Values
    swing: Values
    level: Values
    sway_px: float
    blur_px: float


@dataclass(frozen=True)
class SnowPlan(SceneryPlan):
    """The layers of flakes; wind: their way to the side over their way down; light: their picture value.

    shutter: share of a frame's time that blurs them.
    """

    clip: ClipInfo
    draws: Draws
    flakes: tuple[Flakes, ...]
    wind: float
    light: float
    shutter: float

    def layers(self, index: int) -> Sequence[Layer]:
        """Return each layer of flakes, the farthest first."""
        return [(self._flakes(flakes, index), (self.light,) * 3) for flakes in self.flakes]

    def _flakes(self, flakes: Flakes, index: int) -> Plane:
        margin = 2.0 * float(flakes.radius_px.max(initial=0.0)) + flakes.sway_px + 3.0 * flakes.blur_px
        way, wide = self.clip.height + 2.0 * margin, self.clip.width + 2.0 * margin
        gust = 12.0 * slow_drift(self.draws.of("gust"), index, (40.0, 160.0))
        travelled = flakes.place[:, 1] * way + flakes.pace_px * index
        lap = np.floor(travelled / way)
        aside = flakes.pace_px * self.wind * (index + gust)
        swung = flakes.sway_px * np.sin(flakes.swing[:, 0] * index + flakes.swing[:, 1])
        x = (flakes.place[:, 0] * wide + 0.6180339887 * lap * wide + aside) % wide - margin + swung
        centres = np.stack([x, travelled - lap * way - margin], axis=1)
        lobes = centres[:, None] + flakes.lobes * flakes.radius_px[:, None, None]
        radii = np.repeat(0.7 * flakes.radius_px, LOBES)
        plane = discs(self.clip, lobes.reshape(-1, 2), radii, np.repeat(flakes.level, LOBES))
        down = float(flakes.pace_px.mean()) * self.shutter if len(flakes.pace_px) else 0.0
        return defocused(dragged(plane, self.wind * down, down), flakes.blur_px)
