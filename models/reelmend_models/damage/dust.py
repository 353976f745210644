"""Dust: small specks that sit on one frame only.

Cause: particles on the film while it is printed or scanned. On the positive they block light and show dark; on the
negative they leave a hole in the print and show light. Counts and sizes follow Gamma distributions and positions a
low-frequency noise density, as measured on 35 mm scans (Ivanova et al., "Simulating analogue film damage to analyse and
improve artifact restoration on high-resolution scans", 2023); opacities 0.6–1 as in RTN (Wan et al. 2022, 2203.17276).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from reelmend_models.damage.particles import Particles
from reelmend_models.damage.settings import Range
from reelmend_models.damage.shapes import speck
from reelmend_models.damage.stage import Plane


@dataclass(frozen=True)
class Dust(Particles):
    """Settings of dust; their meaning stands in `Particles`."""

    name: ClassVar[str] = "dust"
    min_radius_px: ClassVar[float] = 0.6

    per_frame: Range = (8.0, 30.0)
    count_shape: float = 2.0
    radius_px: float = 1.5
    radius_shape: float = 1.6
    max_radius_px: float = 8.0
    light_share: Range = (0.2, 0.8)
    opacity: Range = (0.6, 1.0)
    softness_px: Range = (0.5, 1.6)
    dark_level: Range = (0.0, 0.08)
    light_level: Range = (0.8, 1.0)
    clustering: float = 0.7

    def shape(self, generator: np.random.Generator, radius_px: float, softness_px: float) -> Plane:
        """Return one dust patch."""
        return speck(generator, radius_px, softness_px)
