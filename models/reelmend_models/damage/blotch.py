"""Blotches: ragged patches of dirt or lost emulsion, on one frame only.

Cause: dirt pressed onto the film (dark on the positive, light when on the negative), and emulsion torn off by sticking
or moisture (light). Missing-data model of Kokaram, "On missing data treatment for degraded video and film archives",
2004: damaged = (1 − opacity)·source + opacity·level; Gamma-distributed counts and sizes as in `dust`, opacities 0.6–1
as in RTN (2203.17276).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from reelmend_models.damage.particles import Particles
from reelmend_models.damage.settings import Range
from reelmend_models.damage.shapes import ragged
from reelmend_models.damage.stage import Plane


@dataclass(frozen=True)
class Blotch(Particles):
    """Settings of blotches; their meaning stands in `Particles`."""

    name: ClassVar[str] = "blotch"
    min_radius_px: ClassVar[float] = 1.2

    per_frame: Range = (2.0, 6.0)
    count_shape: float = 1.0
    radius_px: float = 7.0
    radius_shape: float = 1.4
    max_radius_px: float = 60.0
    light_share: Range = (0.2, 0.8)
    opacity: Range = (0.6, 1.0)
    softness_px: Range = (0.8, 3.5)
    dark_level: Range = (0.0, 0.08)
    light_level: Range = (0.7, 1.0)
    clustering: float = 0.7

    def shape(self, generator: np.random.Generator, radius_px: float, softness_px: float) -> Plane:
        """Return one blotch patch."""
        return ragged(generator, radius_px, softness_px)
