"""Defects kept for tests: training never draws them, so they show what a model learned beyond its own shapes.

Causes: emulsion that flakes off with a lifted, lighter rim; drops of water that dried to rings; colonies of mould;
splinters of the base; mineral dust with an inside of its own; lint rolled to clumps. Their mattes go by the class of
`merge.DEFECT_CLASSES` that they belong to; outlines and insides come from `held_out_shapes`. No training may import
this module; `HELD_OUT` is what the bench draws from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from reelmend_models.damage.held_out_shapes import clump, marbled, mould, polygon, rim, ring, splinter
from reelmend_models.damage.settings import Range
from reelmend_models.damage.stage import Plane
from reelmend_models.damage.textured import TexturedParticles


@dataclass(frozen=True)
class Flakes(TexturedParticles):
    """Emulsion flaked off: polygons with a lighter rim."""

    name: ClassVar[str] = "flakes"
    matte_class: ClassVar[str] = "blotch"
    min_radius_px: ClassVar[float] = 1.5

    per_frame: Range = (0.8, 2.0)
    radius_px: float = 8.0
    max_radius_px: float = 40.0

    def shape(
        self, generator: np.random.Generator, radius_px: float, softness_px: float, texture: float
    ) -> tuple[Plane, Plane]:
        """Return one flake."""
        patch = polygon(generator, radius_px, softness_px, (4, 9))
        return patch, np.float32(3.0 * texture) * rim(patch, 0.15 * radius_px)


@dataclass(frozen=True)
class DryingMarks(TexturedParticles):
    """Water that dried on the film: rings with a faint veil inside."""

    name: ClassVar[str] = "drying_marks"
    matte_class: ClassVar[str] = "blotch"
    min_radius_px: ClassVar[float] = 2.0

    per_frame: Range = (0.3, 1.0)
    radius_px: float = 10.0
    max_radius_px: float = 40.0
    light_share: Range = (0.4, 1.0)

    def shape(
        self, generator: np.random.Generator, radius_px: float, softness_px: float, texture: float
    ) -> tuple[Plane, Plane]:
        """Return one ring."""
        patch = ring(generator, radius_px, softness_px)
        return patch, np.float32(texture) * marbled(generator, patch.shape, 0.4 * radius_px)


@dataclass(frozen=True)
class Mould(TexturedParticles):
    """Colonies of mould: clusters of specks with threads between."""

    name: ClassVar[str] = "mould"
    matte_class: ClassVar[str] = "blotch"
    min_radius_px: ClassVar[float] = 2.0

    per_frame: Range = (0.2, 0.7)
    radius_px: float = 9.0
    max_radius_px: float = 36.0

    def shape(
        self, generator: np.random.Generator, radius_px: float, softness_px: float, texture: float
    ) -> tuple[Plane, Plane]:
        """Return one colony."""
        patch = mould(generator, radius_px, 0.6 * softness_px)
        return patch, np.float32(texture) * marbled(generator, patch.shape, 0.2 * radius_px)


@dataclass(frozen=True)
class Splinters(TexturedParticles):
    """Splinters: small stars with pointed rays."""

    name: ClassVar[str] = "splinters"
    matte_class: ClassVar[str] = "dust"

    per_frame: Range = (1.5, 5.0)
    radius_px: float = 3.0
    max_radius_px: float = 12.0
    softness_px: Range = (0.3, 1.0)

    def shape(
        self, generator: np.random.Generator, radius_px: float, softness_px: float, texture: float
    ) -> tuple[Plane, Plane]:
        """Return one splinter."""
        patch = splinter(generator, radius_px, softness_px)
        return patch, np.float32(texture) * marbled(generator, patch.shape, radius_px)


@dataclass(frozen=True)
class Grit(TexturedParticles):
    """Mineral dust: small angular grains with a lit and a shaded side."""

    name: ClassVar[str] = "grit"
    matte_class: ClassVar[str] = "dust"

    per_frame: Range = (6.0, 20.0)
    radius_px: float = 1.8
    max_radius_px: float = 7.0
    softness_px: Range = (0.3, 1.2)
    texture: Range = (0.2, 0.5)

    def shape(
        self, generator: np.random.Generator, radius_px: float, softness_px: float, texture: float
    ) -> tuple[Plane, Plane]:
        """Return one grain."""
        patch = polygon(generator, radius_px, softness_px, (3, 6))
        angle = generator.uniform(0.0, 2.0 * np.pi)
        axis = np.arange(patch.shape[0], dtype=np.float32) - patch.shape[0] // 2
        side = axis[:, None] * np.float32(np.sin(angle)) + axis[None, :] * np.float32(np.cos(angle))
        return patch, np.asarray(texture * np.clip(0.5 + side / (2.0 * radius_px), 0.0, 1.0), np.float32)


@dataclass(frozen=True)
class Lint(TexturedParticles):
    """Lint: fibres tangled to clumps."""

    name: ClassVar[str] = "lint"
    matte_class: ClassVar[str] = "hair"
    min_radius_px: ClassVar[float] = 1.5

    per_frame: Range = (0.3, 1.0)
    radius_px: float = 8.0
    max_radius_px: float = 24.0
    light_share: Range = (0.1, 0.5)
    softness_px: Range = (0.3, 0.9)

    def shape(
        self, generator: np.random.Generator, radius_px: float, softness_px: float, texture: float
    ) -> tuple[Plane, Plane]:
        """Return one clump."""
        patch = clump(generator, radius_px, softness_px)
        return patch, np.float32(texture) * marbled(generator, patch.shape, 0.5 * radius_px)


HELD_OUT: tuple[TexturedParticles, ...] = (
    Flakes(per_frame=(1.5, 4.0)),
    DryingMarks(per_frame=(0.6, 1.6)),
    Mould(per_frame=(0.3, 0.9)),
    Splinters(per_frame=(2.0, 6.0)),
    Grit(per_frame=(8.0, 25.0)),
    Lint(per_frame=(0.6, 1.6)),
)
"""The stages as the bench uses them: together, on about 0.25 % of the pixels."""
