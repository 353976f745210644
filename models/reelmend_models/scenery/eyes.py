"""Eyes that blink: heads with two dark eyes whose lids close for a few frames, and glints in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from reelmend_models.damage import ClipInfo
from reelmend_models.damage.noise import slow_drift
from reelmend_models.damage.pixels import Rgb
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import Range, draw
from reelmend_models.scenery.drawing import defocused, ellipse, polygons
from reelmend_models.scenery.layer import Layer, Scenery, SceneryPlan


@dataclass(frozen=True)
class Eyes(Scenery):
    """Settings of heads with eyes; each head draws its own from the ranges.

    density: heads over a square of the height, drawn per clip, at least one. size: half the height of a head. skin:
    picture value. every_frames: from one blink to the next. blink_frames: how long a blink lasts. sway: how far a head
    moves.
    """

    name: ClassVar[str] = "eyes"
    limits: ClassVar[dict[str, tuple[float, float]]] = {
        "density": (0.0, 200.0),
        "size": (0.005, 1.0),
        "skin": (0.0, 1.0),
        "every_frames": (2.0, 1000.0),
        "blink_frames": (1.0, 100.0),
        "sway": (0.0, 0.5),
    }

    density: Range = (1.0, 4.0)
    size: Range = (0.06, 0.2)
    skin: Range = (0.35, 0.75)
    every_frames: Range = (8.0, 40.0)
    blink_frames: Range = (1.0, 4.0)
    sway: Range = (0.002, 0.03)

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> EyesPlan:
        """Return the clip's heads."""
        draws = Draws(self.name, seed, occurrence)
        generator, whole = draws.of("clip"), self.whole_px(clip)
        heads = []
        for number in range(max(1, self.count(clip, draw(generator, self.density), generator))):
            own = draws.of("head", number)
            skin = draw(own, self.skin)
            heads.append(
                Head(
                    *(float(own.uniform(0.1, 0.9)) * clip.width, float(own.uniform(0.15, 0.85)) * clip.height),
                    size_px=draw(own, self.size) * whole,
                    skin=(min(1.0, 1.12 * skin), 0.95 * skin, 0.82 * skin),
                    every=draw(own, self.every_frames),
                    blink=draw(own, self.blink_frames),
                    sway_px=draw(own, self.sway) * whole,
                )
            )
        return EyesPlan(clip, draws, tuple(heads))


@dataclass(frozen=True)
class Head:
    """One head, in pixels and frames."""

    x: float
    y: float
    size_px: float
    skin: Rgb
    every: float
    blink: float
    sway_px: float


@dataclass(frozen=True)
class EyesPlan(SceneryPlan):
    """The heads of a clip."""

    clip: ClipInfo
    draws: Draws
    heads: tuple[Head, ...]

    def open_share(self, number: int, index: int) -> float:
        """Return 0…1 how far the eyes of a head are open: shut once in each stretch of `every` frames."""
        head = self.heads[number]
        stretch = int(index // head.every)
        begins = (stretch + float(self.draws.of("blink", number, stretch).uniform(0.0, 0.7))) * head.every
        within = (index - begins) / head.blink
        return 1.0 if not 0.0 <= within < 1.0 else float(abs(2.0 * within - 1.0) * 0.5)

    def layers(self, index: int) -> Sequence[Layer]:
        """Return skin, whites, irises, glints and mouth of each head."""
        return [layer for number in range(len(self.heads)) for layer in self._head(number, index)]

    def _head(self, number: int, index: int) -> list[Layer]:
        head = self.heads[number]
        drift = [
            head.sway_px * slow_drift(self.draws.of("sway", number, axis), index, (20.0, 120.0)) for axis in (0, 1)
        ]
        x, y, size = head.x + drift[0], head.y + drift[1], head.size_px
        opened = self.open_share(number, index)
        glance = 0.05 * size * slow_drift(self.draws.of("glance", number), index // 7 * 7, (20.0, 90.0))
        eyes = [(x + side * 0.32 * size, y - 0.12 * size) for side in (-1.0, 1.0)]
        lids = [ellipse(eye, 0.17 * size, max(0.02, 0.09 * opened) * size) for eye in eyes]
        whites = polygons(self.clip, [lids])
        irises = polygons(self.clip, [[ellipse((ex + glance, ey), 0.075 * size, 0.085 * size) for ex, ey in eyes]])
        glints = polygons(
            self.clip,
            [[ellipse((ex + glance - 0.03 * size, ey - 0.03 * size), *(0.018 * size,) * 2) for ex, ey in eyes]],
        )
        soft = 0.012 * size
        darker: Rgb = (0.6 * head.skin[0], 0.5 * head.skin[1], 0.5 * head.skin[2])
        seen: Layer = (np.minimum(irises, whites), (0.06, 0.05, 0.05)) if opened > 0.1 else (whites, darker)
        return [
            (defocused(polygons(self.clip, [[ellipse((x, y), 0.72 * size, size)]]), soft), head.skin),
            (defocused(polygons(self.clip, [[ellipse((x, y + 0.5 * size), 0.25 * size, 0.05 * size)]]), soft), darker),
            (defocused(whites, 0.5 * soft), (0.85, 0.85, 0.82) if opened > 0.1 else darker),
            seen,
            (np.minimum(glints, whites), (1.0, 1.0, 1.0)),
        ]
