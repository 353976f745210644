"""Glitter on water: a patch of waves whose facets flash for one frame where they mirror the sun."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend_models.damage import ClipInfo, Plane
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import Range, draw
from reelmend_models.scenery.drawing import Points, Values, defocused, discs
from reelmend_models.scenery.layer import Layer, Scenery, SceneryPlan, births

WAVES = 9
GRID_ROWS = 240
"""Waves are computed on at most so many rows, and enlarged."""
SUN = (1.0, 0.98, 0.92)


@dataclass(frozen=True)
class Glitter(Scenery):
    """Settings of glitter; each range draws one value per clip, life one per glint.

    top: where the water begins, a share of the frame's height from above; it reaches down to the lower edge. water:
    opacity of the painted water; 0 leaves the glints alone on the picture, for footage of water. darkness: picture
    value of the water. density: glints over a square of the height. life_frames: how long a glint lasts. radius: of the
    largest glint. level: opacity of the brightest. wave: length of the longest wave. speed: of the waves, in radians a
    frame.
    """

    name: ClassVar[str] = "glitter"
    limits: ClassVar[dict[str, tuple[float, float]]] = {
        "top": (0.0, 1.0),
        "water": (0.0, 1.0),
        "darkness": (0.0, 1.0),
        "density": (0.0, 50000.0),
        "life_frames": (1.0, 10.0),
        "radius": (0.0002, 0.05),
        "level": (0.0, 1.0),
        "wave": (0.005, 2.0),
        "speed": (0.0, 3.0),
    }

    top: Range = (0.3, 0.65)
    water: Range = (0.7, 1.0)
    darkness: Range = (0.12, 0.35)
    density: Range = (300.0, 1500.0)
    life_frames: Range = (1.0, 2.0)
    radius: Range = (0.0016, 0.004)
    level: Range = (0.7, 1.0)
    wave: Range = (0.06, 0.2)
    speed: Range = (0.15, 0.4)

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> GlitterPlan:
        """Return the clip's waves and sun."""
        draws = Draws(self.name, seed, occurrence)
        generator, whole = draws.of("clip"), self.whole_px(clip)
        top, water, darkness, density, radius, level, wave, speed = (
            draw(generator, setting)
            for setting in (
                *(self.top, self.water, self.darkness, self.density),
                *(self.radius, self.level, self.wave, self.speed),
            )
        )
        lengths = wave * whole * 0.72 ** np.arange(WAVES)
        angles = generator.normal(0.0, 0.7, WAVES) + np.pi / 2
        waves = np.stack(
            [
                2.0 * np.pi / lengths * np.cos(angles),
                2.0 * np.pi / lengths * np.sin(angles),
                speed * generator.uniform(0.7, 1.3, WAVES) * 0.72 ** (-0.5 * np.arange(WAVES)),
                generator.uniform(0.0, 2.0 * np.pi, WAVES),
                generator.uniform(0.5, 1.0, WAVES),
            ],
            axis=1,
        )
        sun_x, tint = generator.uniform(0.15, 0.85) * clip.width, generator.uniform(0.8, 1.25)
        per_frame = density * clip.height * clip.width / whole**2
        return GlitterPlan(
            self, clip, draws, waves, top * clip.height, water, darkness, tint, sun_x, per_frame, radius * whole, level
        )


@dataclass(frozen=True)
class GlitterPlan(SceneryPlan):
    """Waves: (9, 5) of wave numbers across and down, radians a frame, phase, weight; the sun stands over sun_x."""

    settings: Glitter
    clip: ClipInfo
    draws: Draws
    waves: Values
    top_px: float
    water: float
    darkness: float
    tint: float
    sun_x: float
    per_frame: float
    radius_px: float
    level: float

    def layers(self, index: int) -> Sequence[Layer]:
        """Return the water, if it is painted, and the glints on it."""
        glints = defocused(self._glints(index), 0.2 * self.radius_px)
        if self.water == 0.0:
            return [(glints, SUN)]
        edge = np.clip((np.arange(self.clip.height) - self.top_px) / max(2.0, 0.01 * self.clip.height) + 0.5, 0.0, 1.0)
        covered = np.broadcast_to((self.water * edge)[:, None], (self.clip.height, self.clip.width))
        return [(np.ascontiguousarray(covered, np.float32), self._surface(index)), (glints, SUN)]

    def _surface(self, index: int) -> NDArray[np.float32]:
        """Return (H, W, 3) the colour of the water: darker and lighter by how its waves are tilted."""
        step = max(1.0, self.clip.height / GRID_ROWS)
        rows, columns = round(self.clip.height / step), round(self.clip.width / step)
        y, x = np.meshgrid((np.arange(rows) + 0.5) * step, (np.arange(columns) + 0.5) * step, indexing="ij")
        tilt = cv2.resize(self._tilt(x, y, index, step).astype(np.float32), (self.clip.width, self.clip.height))
        grey = np.clip(self.darkness * (1.0 + 0.45 * tilt), 0.0, 1.0)
        shades = np.stack([grey * 0.85, grey * self.tint**0.5, grey * self.tint], axis=2)
        return np.asarray(np.clip(shades, 0.0, 1.0), np.float32)

    def _tilt(self, x: Values, y: Values, index: int, step_px: float = 1.0) -> Values:
        """Return how far the water is tilted towards the sun, about unit deviation; waves shrink with distance.

        Waves too short for points that stand `step_px` apart are left out.
        """
        below = np.maximum(y - self.top_px, 0.0)
        far = (below + 0.25 * self.clip.height) / self.clip.height
        depth = np.log(far / 0.25) * self.clip.height
        side = (x - 0.5 * self.clip.width) / (0.35 + far)
        total = np.zeros(x.shape)
        for across, down, pace, phase, weight in self.waves:
            resolved = np.exp(-((np.hypot(across, down) * step_px / (0.8 * far)) ** 2))
            total += weight * resolved * np.sin(across * side + down * depth + pace * index + phase)
        return np.asarray(total / np.sqrt(0.5 * (self.waves[:, 4] ** 2).sum()), np.float64)

    def _glints(self, index: int) -> Plane:
        longest = int(np.ceil(np.max(self.settings.life_frames)))
        spots, radii, levels = [], [], []
        for _, age, generator in births(self.draws, "glint", index, longest):
            places, looks = self._born(generator)
            tilt = self._tilt(places[:, 0], places[:, 1], index - age)
            low, high = np.min(self.settings.life_frames), np.max(self.settings.life_frames)
            alive = (tilt > 0.55) & (age < low + (high - low) * looks[:, 0])
            spots.append(places[alive])
            radii.append(self.radius_px * (0.45 + 0.55 * looks[alive, 1] ** 2))
            levels.append(self.level * (0.6 + 0.4 * looks[alive, 2]))
        return discs(self.clip, np.concatenate(spots), np.concatenate(radii), np.concatenate(levels))

    def _born(self, generator: np.random.Generator) -> tuple[Points, Values]:
        """Return where facets may flash, most of them below the sun, and three random looks of each."""
        count = int(generator.poisson(self.per_frame))
        share = generator.random((count, 2))
        spread = 0.28 * self.clip.width * generator.standard_normal(count)
        even = generator.random(count) < 0.35
        x = np.where(even, share[:, 0] * self.clip.width, self.sun_x + spread)
        y = self.top_px + share[:, 1] ** 1.4 * (self.clip.height - self.top_px)
        return np.stack([x, y], axis=1), generator.random((count, 3))
