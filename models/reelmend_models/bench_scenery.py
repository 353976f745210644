"""What the bench adds to a clean clip that is no damage: light that truly changes, and somebody who walks by.

A deflicker must leave both alone. They are stages like damage, seeded alike, but belong to the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend_models.damage import ClipInfo, Frame, Plan, Plane, Stage, Truth
from reelmend_models.damage.noise import fractal_field
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import Range, check_range, draw
from reelmend_models.damage.stage import checked_frame

RING_SHARE = 0.06
"""Width of the ring around the passer in which halos stand, as a share of the height."""


@dataclass(frozen=True)
class Lighting(Stage):
    """Light that follows `gains`, straight from one to the next, evenly spread over the clip; nothing is random.

    (0, 1, 1, 1, 0) fades in from black over the first quarter of the clip and out over the last.
    """

    name: ClassVar[str] = "lighting"

    gains: tuple[float, ...]

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> LightingPlan:  # noqa: ARG002
        """Return one gain per frame; unlike damage it depends on how long the clip is."""
        places = np.linspace(0.0, len(self.gains) - 1.0, clip.frame_count)
        return LightingPlan(clip, np.interp(places, np.arange(len(self.gains)), self.gains))


@dataclass(frozen=True)
class LightingPlan(Plan):
    """The gain of each frame, (N,)."""

    clip: ClipInfo
    gains: NDArray[np.float64]

    def apply(self, frame: Frame, index: int) -> tuple[Frame, Truth]:
        """Return the frame times its gain."""
        return checked_frame(frame, index, self.clip) * np.float32(self.gains[index]), Truth()


@dataclass(frozen=True)
class Passer(Stage):
    """An upright textured ellipse that crosses the picture again and again; each range draws one value per clip.

    height, width: of the ellipse, as shares of the picture's height. speed: share of the picture's width a frame.
    light: its mean grey; half of the clips get its negative, 1 − light.
    """

    name: ClassVar[str] = "passer"

    height: Range = (0.5, 0.8)
    width: Range = (0.2, 0.35)
    speed: Range = (0.02, 0.05)
    light: Range = (0.08, 0.2)

    def __post_init__(self) -> None:
        for setting in ("height", "width", "speed", "light"):
            check_range(self, setting, 0.0, 1.0)

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> PasserPlan:
        """Return the clip's passer: its picture with its opacity, where it begins and how fast it goes."""
        draws = Draws(self.name, seed, occurrence)
        generator = draws.of("clip")
        height, width, speed, light = (
            draw(generator, setting) for setting in (self.height, self.width, self.speed, self.light)
        )
        start, negative, leftward = generator.random(3)
        rows, columns = (max(4, round(share * clip.height)) for share in (height, width))
        texture = fractal_field(draws.of("texture"), rows, columns, max(4.0, rows / 6.0))
        grey = np.clip((1.0 - light if negative < 0.5 else light) + 0.04 * texture, 0.0, 1.0).astype(np.float32)
        step_px = speed * clip.width * (-1.0 if leftward < 0.5 else 1.0)
        return PasserPlan(clip, grey, _ellipse(rows, columns), float(start), step_px)


@dataclass(frozen=True)
class PasserPlan(Plan):
    """The passer's grey and opacity (h, w), where it begins (share of its way), and its step a frame in pixels."""

    clip: ClipInfo
    grey: Plane
    opacity: Plane
    start: float
    step_px: float

    def apply(self, frame: Frame, index: int) -> tuple[Frame, Truth]:
        """Return the frame with the passer in front of it."""
        frame = checked_frame(frame, index, self.clip)
        opacity = self.matte(index)[:, :, None]
        return frame * (np.float32(1.0) - opacity) + self._placed(self.grey, index)[:, :, None] * opacity, Truth()

    def matte(self, index: int) -> Plane:
        """Return (H, W) how much of each pixel the passer covers in one frame."""
        return self._placed(self.opacity, index)

    def ring(self, index: int) -> Plane:
        """Return (H, W) 1 around the passer where its halo would be, 0 on it and far from it."""
        reach = 2 * max(2, round(RING_SHARE * self.clip.height)) + 1
        covered = (self.matte(index) > 0.0).astype(np.uint8)
        around = cv2.dilate(covered, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
        return np.asarray(around - covered, np.float32)

    def _placed(self, plane: Plane, index: int) -> Plane:
        rows, columns = plane.shape
        way = self.clip.width + columns
        left = (self.start * way + self.step_px * index) % way - columns
        top = 0.55 * (self.clip.height - rows)
        shift = np.array([[1.0, 0.0, left], [0.0, 1.0, top]], np.float32)
        placed: Plane = cv2.warpAffine(plane, shift, (self.clip.width, self.clip.height), flags=cv2.INTER_LINEAR)
        return placed


def _ellipse(rows: int, columns: int) -> Plane:
    """Return (rows, columns) 1 within an ellipse that fits, 0 outside, with an edge of about two pixels."""
    y = (np.arange(rows) + 0.5) / rows * 2.0 - 1.0
    x = (np.arange(columns) + 0.5) / columns * 2.0 - 1.0
    inside = (1.0 - np.hypot(y[:, None], x[None, :])) * min(rows, columns) / 4.0
    return np.asarray(np.clip(inside, 0.0, 1.0), np.float32)
