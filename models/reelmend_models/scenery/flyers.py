"""Fast small objects: birds, balls, insects, leaves and confetti that cross the picture within few frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import numpy as np

from reelmend_models.damage import ClipInfo, DamageError
from reelmend_models.damage.pixels import Rgb
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import Range, draw
from reelmend_models.scenery.drawing import Points, defocused, ellipse, polygons, turned
from reelmend_models.scenery.layer import Layer, Scenery, SceneryPlan

EXPOSURES = (3, 24)
"""Moments that a motion blur is the mean of: at least and at most; as many as keep the shapes overlapping."""


Crossing: TypeAlias = tuple[float, float, float, float]
"""Height, slope, bow and wobble of one way across the picture."""


@dataclass(frozen=True)
class Flyers(Scenery):
    """Settings of fast objects; each object draws its own from the ranges, and from `kinds` what it is.

    density: objects over a square of the height, drawn per clip. size: half its length. speed: a frame. rest: how long
    it stays outside after each crossing, in widths of the frame. level: picture value; half of the objects get its
    negative, 1 − level. shutter: share of a frame's time that blurs it. turn_rad: how fast it flaps or turns a frame.
    """

    name: ClassVar[str] = "flyers"
    limits: ClassVar[dict[str, tuple[float, float]]] = {
        "density": (0.0, 500.0),
        "size": (0.0005, 0.3),
        "speed": (0.0005, 2.0),
        "rest": (0.0, 50.0),
        "level": (0.0, 1.0),
        "shutter": (0.0, 1.0),
        "turn_rad": (0.0, 4.0),
    }

    density: Range = (1.0, 6.0)
    size: Range = (0.005, 0.02)
    speed: Range = (0.015, 0.12)
    rest: Range = (0.0, 1.0)
    level: Range = (0.03, 0.25)
    shutter: Range = (0.2, 0.7)
    turn_rad: Range = (0.4, 1.6)
    kinds: tuple[str, ...] = ("bird", "ball", "insect")

    def __post_init__(self) -> None:
        super().__post_init__()
        if set(self.kinds) - set(SHAPES) or not self.kinds:
            raise DamageError(f"Flyers.kinds must be some of {', '.join(SHAPES)}, got {self.kinds!r}")

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> FlyersPlan:
        """Return the clip's objects."""
        draws = Draws(self.name, seed, occurrence)
        generator, whole = draws.of("clip"), self.whole_px(clip)
        count = max(1, self.count(clip, draw(generator, self.density), generator))
        return FlyersPlan(clip, draws, tuple(self._flyer(draws.of("flyer", number), whole) for number in range(count)))

    def _flyer(self, own: np.random.Generator, whole: float) -> Flyer:
        level = draw(own, self.level)
        return Flyer(
            kind=self.kinds[int(own.integers(len(self.kinds)))],
            size_px=max(1.0, draw(own, self.size) * whole),
            speed_px=draw(own, self.speed) * whole * (1.0 if own.random() < 0.5 else -1.0),
            rest=draw(own, self.rest),
            level=level if own.random() < 0.5 else 1.0 - level,
            tint=(float(own.uniform(0.8, 1.0)), float(own.uniform(0.8, 1.0)), float(own.uniform(0.8, 1.0))),
            shutter=draw(own, self.shutter),
            turn=draw(own, self.turn_rad),
            start=float(own.random()),
        )


@dataclass(frozen=True)
class Flyer:
    """One object, in pixels of the clip; start: where on its way it is at frame 0, a share."""

    kind: str
    size_px: float
    speed_px: float
    rest: float
    level: float
    tint: Rgb
    shutter: float
    turn: float
    start: float

    @property
    def exposures(self) -> int:
        """Return how many moments its motion blur is the mean of."""
        return int(np.clip(np.ceil(abs(self.speed_px) * self.shutter / (0.3 * self.size_px)), *EXPOSURES))

    @property
    def colour(self) -> Rgb:
        """Return its colour."""
        return (self.level * self.tint[0], self.level * self.tint[1], self.level * self.tint[2])


@dataclass(frozen=True)
class FlyersPlan(SceneryPlan):
    """The objects of a clip."""

    clip: ClipInfo
    draws: Draws
    flyers: tuple[Flyer, ...]

    def layers(self, index: int) -> Sequence[Layer]:
        """Return each object that is in the picture, blurred by its own motion."""
        found: list[Layer] = []
        for number, flyer in enumerate(self.flyers):
            moments = index - np.linspace(0.0, flyer.shutter, flyer.exposures)
            laps = {lap: self._crossing(number, lap) for lap in {self._lap(flyer, float(each))[0] for each in moments}}
            exposures = [self._outline(flyer, float(moment), laps) for moment in moments]
            plane = defocused(polygons(self.clip, exposures), 0.3)
            if plane.any():
                found.append((np.minimum(plane, np.float32(1.0)), flyer.colour))
        return found

    def _lap(self, flyer: Flyer, moment: float) -> tuple[int, float]:
        """Return how often an object has crossed at a moment, and how far it has come since, in pixels."""
        way = (self.clip.width + 6.0 * flyer.size_px) * (1.0 + flyer.rest)
        lap, come = divmod(flyer.start * way + abs(flyer.speed_px) * (moment + 2.0), way)
        return int(lap), come

    def _crossing(self, number: int, lap: int) -> Crossing:
        own = self.draws.of("crossing", number, lap)
        height, slope, bow, wobble = own.random(), own.normal(0.0, 0.3), own.uniform(-0.6, 0.6), own.uniform(0.0, 1.0)
        return float(height), float(slope), float(bow), float(wobble)

    def _outline(self, flyer: Flyer, moment: float, laps: Mapping[int, Crossing]) -> list[Points]:
        """Return the shapes of an object at a moment; each crossing has a height, a slope and a bow of its own."""
        lap, come = self._lap(flyer, moment)
        height, slope, bow, wobble = laps[lap]
        x = come - 3.0 * flyer.size_px
        along = x / self.clip.width
        y = self.clip.height * height + slope * (x - 0.5 * self.clip.width)
        y += bow * self.clip.height * ((along - 0.5) ** 2 * 4.0 - 0.3)
        y += 0.6 * wobble * flyer.size_px * np.sin(0.9 * moment) * (2.0 if flyer.kind == "insect" else 0.5)
        place = np.array([x if flyer.speed_px > 0.0 else self.clip.width - x, y])
        return [shape * flyer.size_px + place for shape in SHAPES[flyer.kind](flyer.turn * moment + 6.0 * flyer.start)]


def _bird(phase: float) -> list[Points]:
    """Return a body and two wings that beat."""
    beat = float(np.sin(phase))
    left = np.array([[-0.25, 0.0], [0.2, 0.0], [-0.35, -0.9 * beat], [-0.55, -1.0 * beat]])
    right = np.array([[-0.2, 0.0], [0.25, 0.0], [0.45, -0.75 * beat], [0.2, -0.95 * beat]])
    return [ellipse((0.0, 0.0), 0.7, 0.18), left, right]


def _ball(phase: float) -> list[Points]:  # noqa: ARG001
    return [ellipse((0.0, 0.0), 0.8, 0.8)]


def _insect(phase: float) -> list[Points]:
    return [ellipse((0.0, 0.0), 0.5, 0.22, 0.4 * float(np.sin(0.3 * phase))), ellipse((0.0, -0.15), 0.2, 0.35)]


def _leaf(phase: float) -> list[Points]:
    return [ellipse((0.0, 0.0), 0.9, max(0.08, 0.5 * abs(float(np.cos(phase)))), 0.6 * phase)]


def _confetto(phase: float) -> list[Points]:
    half = max(0.06, 0.5 * abs(float(np.cos(1.3 * phase))))
    return [turned(np.array([[-0.5, -half], [0.5, -half], [0.5, half], [-0.5, half]]), 0.5 * phase)]


def _swallow(phase: float) -> list[Points]:
    """Return a sickle of wings and a forked tail."""
    beat = 0.6 + 0.4 * float(np.sin(phase))
    wings = np.array(
        [[0.3, 0.0], [-0.3, -1.0 * beat], [-0.8, -1.3 * beat], [-0.15, 0.0], [-0.8, 1.1 * beat], [-0.3, 0.8]]
    )
    return [wings, np.array([[0.4, 0.0], [0.1, -0.14], [-1.1, -0.3], [-0.7, 0.0], [-1.1, 0.25], [0.1, 0.14]])]


SHAPES: dict[str, Callable[[float], list[Points]]] = {
    "bird": _bird,
    "ball": _ball,
    "insect": _insect,
    "leaf": _leaf,
    "confetto": _confetto,
    "swallow": _swallow,
}
"""Outlines of half length 1 around the origin, by what the object is, at a phase of its flapping or turning."""
