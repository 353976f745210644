"""Upright structures that look like line scratches: masts, lamp posts, door frames, fences, wires and rain pipes.

They stand in the scene, so they move as it does. Lay them over `camera.held(frames, plan.turned_px)`, not over footage
that moves by itself: something that stands still in front of a moving scene is what a scratch is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np

from reelmend_models.damage import ClipInfo, DamageError, Plane
from reelmend_models.damage.noise import fractal_field, slow_drift
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import Range, draw
from reelmend_models.scenery.drawing import Values, empty
from reelmend_models.scenery.layer import Layer, Scenery, SceneryPlan

PERIOD = 1.5
"""After so many widths of the frame the same structures come again."""


@dataclass(frozen=True)
class Structures(Scenery):
    """Settings of structures; each draws its own from the ranges, and from `kinds` what it is.

    number: on one width of the frame, drawn per clip and rounded. width: of a post. lean_rad: from the vertical. level:
    picture value; half of the structures get its negative, 1 − level. pan: how far the camera turns a frame, to either
    side, drawn per clip; 0 stands. sway: how far a hand-held camera strays. parallax: how much faster than the ground
    behind it a structure moves.
    """

    name: ClassVar[str] = "structures"
    limits: ClassVar[dict[str, tuple[float, float]]] = {
        "number": (0.0, 100.0),
        "width": (0.0005, 0.2),
        "lean_rad": (-0.5, 0.5),
        "level": (0.0, 1.0),
        "pan": (0.0, 0.5),
        "sway": (0.0, 0.5),
        "parallax": (1.0, 5.0),
    }

    number: Range = (3.0, 8.0)
    width: Range = (0.002, 0.02)
    lean_rad: Range = (-0.02, 0.02)
    level: Range = (0.03, 0.3)
    pan: Range = 0.0
    sway: Range = 0.0
    parallax: Range = (1.0, 1.15)
    kinds: tuple[str, ...] = ("mast", "frame", "pipe", "fence")

    def __post_init__(self) -> None:
        super().__post_init__()
        if set(self.kinds) - set(KINDS) or not self.kinds:
            raise DamageError(f"Structures.kinds must be some of {', '.join(KINDS)}, got {self.kinds!r}")

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> StructuresPlan:
        """Return the clip's structures, drawn once, and how its camera turns."""
        draws = Draws(self.name, seed, occurrence)
        generator, whole = draws.of("clip"), self.whole_px(clip)
        count = max(1, round(draw(generator, self.number) * PERIOD))
        pan, sway = draw(generator, self.pan), draw(generator, self.sway)
        pan *= 1.0 if generator.random() < 0.5 else -1.0
        found = [self._structure(draws.of("structure", number), clip, whole) for number in range(count)]
        found.sort(key=lambda structure: structure.parallax)
        return StructuresPlan(clip, draws, tuple(found), pan * whole, sway * whole)

    def _structure(self, own: np.random.Generator, clip: ClipInfo, whole: float) -> Structure:
        kind = self.kinds[int(own.integers(len(self.kinds)))]
        level = draw(own, self.level)
        level = level if own.random() < 0.5 else 1.0 - level
        width = max(0.8, draw(own, self.width) * whole)
        lean, parallax, place = draw(own, self.lean_rad), draw(own, self.parallax), float(own.random())
        opacity, shade = KINDS[kind](own, clip.height, whole, width, lean)
        grain = fractal_field(own, clip.height, opacity.shape[1], max(3.0, 0.02 * whole))
        grey = np.clip(level * (0.65 + 0.4 * shade) + 0.03 * grain, 0.0, 1.0).astype(np.float32)
        return Structure(opacity, grey, place * PERIOD * clip.width, parallax)


@dataclass(frozen=True)
class Structure:
    """A structure's opacity and grey (H, w), the column of the scene where it begins, and its parallax."""

    opacity: Plane
    grey: Plane
    left_px: float
    parallax: float


@dataclass(frozen=True)
class StructuresPlan(SceneryPlan):
    """The structures, the farthest first, and the camera: pixels that it turns a frame, and that it strays."""

    clip: ClipInfo
    draws: Draws
    structures: tuple[Structure, ...]
    pan_px: float
    sway_px: float

    def turned_px(self, index: int) -> float:
        """Return how far the camera has turned to the right at a frame."""
        swayed = self.sway_px * slow_drift(self.draws.of("sway"), index, (12.0, 80.0)) if self.sway_px else 0.0
        return self.pan_px * index + swayed

    def layers(self, index: int) -> Sequence[Layer]:
        """Return all structures as one layer."""
        through, grey = np.ones_like(empty(self.clip)), empty(self.clip)
        around = PERIOD * self.clip.width
        for structure in self.structures:
            width = structure.opacity.shape[1]
            left = (structure.left_px - structure.parallax * self.turned_px(index)) % around
            for place in (left, left - around):
                if -width - 1 < place < self.clip.width:
                    _stand(through, grey, structure, place)
        covered = np.float32(1.0) - through
        shown = grey / np.maximum(covered, np.float32(1e-6))
        return [(covered, np.repeat(shown[:, :, None], 3, axis=2))]


def _stand(through: Plane, grey: Plane, structure: Structure, left: float) -> None:
    """Put a structure before those that stand there already: `grey` is what they show, times how much they cover."""
    first = int(np.floor(left))
    part = np.array([[1.0, 0.0, left - first], [0.0, 1.0, 0.0]], np.float32)
    size = (structure.opacity.shape[1] + 1, structure.opacity.shape[0])
    x0, x1 = max(first, 0), min(first + size[0], through.shape[1])
    if x0 >= x1:
        return
    seen = slice(x0 - first, x1 - first)
    opacity = cv2.warpAffine(structure.opacity, part, size)[:, seen]
    own = cv2.warpAffine(structure.grey, part, size, borderMode=cv2.BORDER_REPLICATE)[:, seen]
    grey[:, x0:x1] = grey[:, x0:x1] * (np.float32(1.0) - opacity) + own * opacity
    through[:, x0:x1] *= np.float32(1.0) - opacity


class Sketch:
    """The opacity and shade (0…1 across a round post, lit from one side) of a structure while it is drawn."""

    def __init__(self, height: int, width_px: float) -> None:
        self.opacity = np.zeros((height, max(2, int(np.ceil(width_px)) + 4)), np.float32)
        self.shade = np.full(self.opacity.shape, 0.5, np.float32)
        self._x = np.arange(self.opacity.shape[1], dtype=np.float64)[None, :] - 2.0
        self._y = np.arange(height, dtype=np.float64)[:, None]

    def post(self, foot_px: float, width_px: float, top_px: float, bottom_px: float, lean: float = 0.0) -> None:
        """Draw an upright post whose foot stands at the lower edge of the picture."""
        centre = foot_px + np.tan(lean) * (self.opacity.shape[0] - self._y)
        across = (self._x - centre) / width_px
        inside = _soft(0.5 * width_px - np.abs(self._x - centre)) * _soft(self._y - top_px) * _soft(bottom_px - self._y)
        self._lay(inside, 0.5 + 0.5 * np.sin(np.pi * np.clip(across + 0.25, -0.5, 0.5)))

    def beam(self, left_px: float, right_px: float, y_px: float, thickness_px: float) -> None:
        """Draw a level beam."""
        inside = (
            _soft(0.5 * thickness_px - np.abs(self._y - y_px)) * _soft(self._x - left_px) * _soft(right_px - self._x)
        )
        self._lay(inside, np.full(self.opacity.shape, 0.7))

    def bulb(self, x_px: float, y_px: float, radius_px: float) -> None:
        """Draw a round lamp, lighter than its post."""
        self._lay(_soft(radius_px - np.hypot(self._x - x_px, self._y - y_px)), np.ones(self.opacity.shape))

    def _lay(self, inside: Values, shade: Values) -> None:
        self.shade[:] = self.shade * (1.0 - inside) + shade * inside
        np.maximum(self.opacity, inside, out=self.opacity, casting="same_kind")


def _soft(away_px: Values) -> Values:
    return np.clip(away_px + 0.5, 0.0, 1.0)


def _mast(own: np.random.Generator, height: int, whole: float, width: float, lean: float) -> tuple[Plane, Plane]:
    """Return a mast that ends in the sky, with spars on some."""
    reach = abs(np.tan(lean)) * height + width + 0.06 * whole
    sketch, foot = Sketch(height, 2.0 * reach), reach
    top = float(own.uniform(-0.1, 0.4)) * height
    sketch.post(foot, width, top, height + 1.0, lean)
    for _ in range(int(own.integers(0, 3))):
        y = float(own.uniform(max(0.0, top), 0.6 * height))
        middle = foot + np.tan(lean) * (height - y)
        sketch.beam(middle - 0.05 * whole, middle + 0.05 * whole, y, max(1.0, 0.4 * width))
    return sketch.opacity, sketch.shade


def _lamp(own: np.random.Generator, height: int, whole: float, width: float, lean: float) -> tuple[Plane, Plane]:
    """Return a lamp post with an arm and a lamp."""
    reach, top = 0.12 * whole + width, float(own.uniform(0.05, 0.35)) * height
    sketch = Sketch(height, 2.0 * reach)
    sketch.post(reach, width, top, height + 1.0, 0.3 * lean)
    arm = 0.08 * whole * float(own.choice([-1.0, 1.0]))
    left, right = sorted((reach, reach + arm))
    sketch.beam(left, right, top, max(1.0, 0.5 * width))
    sketch.bulb(reach + arm, top + 0.01 * whole, max(1.5, 0.018 * whole))
    return sketch.opacity, sketch.shade


def _frame(own: np.random.Generator, height: int, whole: float, width: float, lean: float) -> tuple[Plane, Plane]:  # noqa: ARG001
    """Return the two posts of a door and what joins them above, from the lower edge or from a step."""
    gap, top = float(own.uniform(0.2, 0.45)) * whole, float(own.uniform(-0.1, 0.35)) * height
    sketch = Sketch(height, gap + 2.0 * width)
    for foot in (width, width + gap):
        sketch.post(foot, width, top, height + 1.0)
    sketch.beam(0.5 * width, 1.5 * width + gap, top + 0.5 * width, width)
    return sketch.opacity, sketch.shade


def _fence(own: np.random.Generator, height: int, whole: float, width: float, lean: float) -> tuple[Plane, Plane]:
    """Return pickets side by side, joined by two rails."""
    thin = max(0.8, 0.5 * width)
    step, count = float(own.uniform(4.0, 9.0)) * thin + 0.01 * whole, int(own.integers(5, 16))
    top, slant = float(own.uniform(0.2, 0.8)) * height, 0.3 * abs(lean) * height
    sketch = Sketch(height, count * step + 2.0 * slant + 2.0 * thin)
    for number in range(count):
        sketch.post(thin + slant + (number + 0.5) * step, thin, top, height + 1.0, 0.3 * lean)
    for rail in (0.25, 0.75):
        y = top + rail * (height - top)
        sketch.beam(thin + slant, thin + slant + count * step, y, thin)
    return sketch.opacity, sketch.shade


def _wire(own: np.random.Generator, height: int, whole: float, width: float, lean: float) -> tuple[Plane, Plane]:  # noqa: ARG001
    """Return a taut wire or rope from the upper edge to the lower one."""
    thin, reach = max(0.8, 0.25 * width), abs(np.tan(lean)) * height
    sketch = Sketch(height, 2.0 * reach + 2.0 * thin)
    sketch.post(reach + thin, thin, -1.0, height + 1.0, lean)
    return sketch.opacity, sketch.shade


def _pipe(own: np.random.Generator, height: int, whole: float, width: float, lean: float) -> tuple[Plane, Plane]:  # noqa: ARG001
    """Return a rain pipe from the upper edge to the lower one, with clamps."""
    sketch = Sketch(height, 2.4 * width)
    sketch.post(1.2 * width, width, -1.0, height + 1.0)
    first, step = float(own.uniform(0.0, 0.3)) * whole, float(own.uniform(0.2, 0.5)) * whole
    for y in np.arange(first, height, step):
        sketch.beam(0.2 * width, 2.2 * width, float(y), max(1.0, 0.4 * width))
    return sketch.opacity, sketch.shade


Drawn = Callable[[np.random.Generator, int, float, float, float], tuple[Plane, Plane]]
KINDS: dict[str, Drawn] = {
    "mast": _mast,
    "lamp": _lamp,
    "frame": _frame,
    "fence": _fence,
    "wire": _wire,
    "pipe": _pipe,
}
"""How each kind is drawn: (draws, rows, height of the whole picture, width of a post, lean) → opacity and shade."""
