"""Flashes and explosions: light that fills the picture, or a part of it, for few frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np

from reelmend_models.damage import ClipInfo, DamageError, Frame, Plane
from reelmend_models.damage.noise import fractal_field
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import Range, draw
from reelmend_models.scenery.drawing import Points, defocused, polygons
from reelmend_models.scenery.layer import Layer, Scenery, SceneryPlan, births

KINDS = ("frame", "area", "explosion", "muzzle")
DECAY = (1.0, 0.5, 0.2)
LONGEST_FRAMES = 20
FIRE = (1.0, 0.72, 0.3)


@dataclass(frozen=True)
class Flashes(Scenery):
    """Settings of flashes; each flash draws its own from the ranges, and from `kinds` what it is.

    per_frame: mean number of flashes that begin on a frame. gain: factor on the light at the flash's height.
    frames: length of a flash of light, rounded. burn_frames: of an explosion's fire. size: of a lit area or a fire.
    kinds: "frame" (the whole picture), "area" (around a place), "explosion" (the whole picture, then a fire that grows
    and fades), "muzzle" (a star of light on one or two frames).
    """

    name: ClassVar[str] = "flashes"
    limits: ClassVar[dict[str, tuple[float, float]]] = {
        "per_frame": (0.0, 5.0),
        "gain": (1.0, 50.0),
        "frames": (1.0, float(len(DECAY))),
        "burn_frames": (2.0, float(LONGEST_FRAMES)),
        "size": (0.002, 3.0),
    }

    per_frame: float = 0.12
    gain: Range = (1.3, 4.0)
    frames: Range = (1.0, 3.0)
    burn_frames: Range = (6.0, 14.0)
    size: Range = (0.1, 0.4)
    kinds: tuple[str, ...] = ("frame", "area", "explosion")

    def __post_init__(self) -> None:
        super().__post_init__()
        if set(self.kinds) - set(KINDS) or not self.kinds:
            raise DamageError(f"Flashes.kinds must be some of {', '.join(KINDS)}, got {self.kinds!r}")

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> FlashesPlan:
        """Return the key to the clip's flashes; they are drawn by the frame on which they begin."""
        return FlashesPlan(self, clip, Draws(self.name, seed, occurrence))


@dataclass(frozen=True)
class Flash:
    """One flash at one age, in pixels and frames."""

    kind: str
    age: int
    x: float
    y: float
    gain: float
    frames: int
    burn: float
    size_px: float
    number: tuple[int, int]

    @property
    def light(self) -> float:
        """Return what is added to the gain of 1 at this age."""
        return (self.gain - 1.0) * DECAY[self.age] if self.age < self.frames else 0.0


@dataclass(frozen=True)
class FlashesPlan(SceneryPlan):
    """The key to all flashes of a clip."""

    settings: Flashes
    clip: ClipInfo
    draws: Draws

    def flashes(self, index: int) -> Iterator[Flash]:
        """Yield the flashes that frame `index` shows."""
        wanted, whole = self.settings, self.settings.whole_px(self.clip)
        for born, age, generator in births(self.draws, "flash", index, LONGEST_FRAMES):
            for order in range(int(generator.poisson(wanted.per_frame))):
                place = generator.random(2) * (self.clip.width, self.clip.height)
                yield Flash(
                    wanted.kinds[int(generator.integers(len(wanted.kinds)))],
                    age,
                    *(float(place[0]), float(place[1])),
                    gain=draw(generator, wanted.gain),
                    frames=round(draw(generator, wanted.frames)),
                    burn=draw(generator, wanted.burn_frames),
                    size_px=draw(generator, wanted.size) * whole,
                    number=(born, order),
                )

    def relit(self, frame: Frame, index: int) -> Frame:
        """Return the frame in the light of the flashes: what would be above white, and was not, is white."""
        gain = np.ones((1, 1), np.float32)
        for flash in self.flashes(index):
            if flash.light > 0.0 and flash.kind != "muzzle":
                around = self._nearness(flash) if flash.kind == "area" else np.float32(1.0)
                gain = gain * (np.float32(1.0) + np.float32(flash.light) * around)
        if (gain == 1.0).all():
            return frame
        with np.errstate(invalid="ignore"):
            return np.asarray(np.minimum(frame * gain[:, :, None], np.maximum(frame, np.float32(1.0))), np.float32)

    def layers(self, index: int) -> Sequence[Layer]:
        """Return fires and stars of light."""
        found: list[Layer] = []
        for flash in self.flashes(index):
            if flash.kind == "explosion" and flash.age < flash.burn:
                found += self._fire(flash)
            elif flash.kind == "muzzle" and flash.age < min(2, flash.frames):
                found.append((self._star(flash), (1.0, 0.95, 0.75)))
        return found

    def _nearness(self, flash: Flash) -> Plane:
        """Return (H, W) 1 at the flash, falling off with distance."""
        x, y = np.arange(self.clip.width) - flash.x, np.arange(self.clip.height) - flash.y
        return np.asarray(np.exp(-(x[None, :] ** 2 + y[:, None] ** 2) / (2.0 * flash.size_px**2)), np.float32)

    def _fire(self, flash: Flash) -> list[Layer]:
        """Return a ball of fire that grows and rises, with smoke that is left of it."""
        part = (flash.age + 0.5) / flash.burn
        radius = max(2.0, flash.size_px * (0.25 + 0.75 * part**0.5))
        side = 2 * round(1.4 * radius) + 1
        shared = self.draws.of("texture", *flash.number)
        cells = [fractal_field(shared, 96, 96, 28.0, octaves=4) for _ in range(2)]
        texture = np.cos(1.5 * part) * cells[0] + np.sin(1.5 * part) * cells[1]
        texture = cv2.resize(texture, (side, side), interpolation=cv2.INTER_LINEAR)
        axis = (np.arange(side) - side // 2) / radius
        ball = 1.0 - np.hypot(axis[:, None], axis[None, :]) + 0.25 * texture
        alpha = np.clip(3.0 * ball, 0.0, 1.0) * min(1.0, 1.6 * (1.0 - part))
        heat = np.clip(alpha * (1.3 - 1.2 * part + 0.4 * texture), 0.0, 1.0)
        top, left = flash.y - side // 2 - 0.4 * radius * part, flash.x - side // 2
        shift = np.array([[1.0, 0.0, left], [0.0, 1.0, top]], np.float32)
        smoke, fire = (
            np.asarray(cv2.warpAffine(plane.astype(np.float32), shift, (self.clip.width, self.clip.height)), np.float32)
            for plane in (alpha, heat)
        )
        return [(smoke, (0.25, 0.2, 0.17)), (fire, FIRE), (np.clip(2.0 * fire - 1.1, 0.0, 1.0), (1.0, 0.97, 0.85))]

    def _star(self, flash: Flash) -> Plane:
        rays = 9
        own = self.draws.of("star", *flash.number)
        reach = flash.size_px * 0.35 * own.uniform(0.25, 1.0, 2 * rays)
        reach[1::2] *= 0.3
        turn = np.linspace(0.0, 2.0 * np.pi, 2 * rays, endpoint=False) + own.uniform(0.0, 1.0)
        corners: Points = np.stack([np.cos(turn) * reach + flash.x, np.sin(turn) * reach + flash.y], axis=1)
        star = defocused(polygons(self.clip, [[corners]]), 0.02 * flash.size_px + 0.4)
        return np.asarray(star * np.float32(1.0 if flash.age == 0 else 0.4), np.float32)
