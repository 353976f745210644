"""Smooth motion as closed forms of time, so that any frame and any moment within it can be asked for alone."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Shake:
    """A sine: amplitude in the unit of what it moves, frequency in cycles per frame, phase in radians."""

    amplitude: float
    frequency: float
    phase: float


@dataclass(frozen=True)
class Drift:
    """A quantity that passes 0 at the frame `middle` with `speed` per frame and never leaves ±reach, plus shakes."""

    reach: float = 0.0
    speed: float = 0.0
    middle: float = 0.0
    shakes: tuple[Shake, ...] = ()

    def at(self, time: float) -> float:
        """Return the value at a time in frames, fractions allowed."""
        way = self.reach * math.sin(self.speed * (time - self.middle) / self.reach) if self.reach > 0 else 0.0
        return way + sum(s.amplitude * math.sin(2 * math.pi * s.frequency * time + s.phase) for s in self.shakes)


@dataclass(frozen=True)
class Pose:
    """Where the camera looks: x, y in frame heights from the photograph's centre, zoom a factor, angle in radians."""

    x: float
    y: float
    zoom: float
    angle: float


@dataclass(frozen=True)
class Camera:
    """The camera's way through a clip; x and y in frame heights, log_zoom as a natural logarithm, angle in radians."""

    x: Drift
    y: Drift
    log_zoom: Drift
    angle: Drift

    def at(self, time: float) -> Pose:
        """Return the pose at a time in frames."""
        return Pose(self.x.at(time), self.y.at(time), math.exp(self.log_zoom.at(time)), self.angle.at(time))
