"""What dust and blotches share: many small opaque patches, new ones on every frame."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from reelmend_models.damage.pixels import stamp
from reelmend_models.damage.scatter import density, gamma_count, positions
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import Range, check_range, draw
from reelmend_models.damage.stage import ClipInfo, Frame, Plan, Plane, Stage, Truth, checked_frame


@dataclass(frozen=True)
class Particles(Stage):
    """Settings that dust and blotches share. Pixels are meant at 720 lines.

    per_frame: mean number on a frame, drawn per clip; count_shape: of the Gamma over frames (smaller = more uneven).
    radius_px, radius_shape: mean and shape of the Gamma of sizes; max_radius_px cuts it.
    light_share: share of defects that are light, drawn per clip. opacity, softness_px (edge width): drawn per defect.
    dark_level, light_level: picture value of an opaque defect, drawn per defect.
    clustering: contrast of the density of positions; 0 is even.
    """

    min_radius_px: ClassVar[float]

    per_frame: Range
    count_shape: float
    radius_px: float
    radius_shape: float
    max_radius_px: float
    light_share: Range
    opacity: Range
    softness_px: Range
    dark_level: Range
    light_level: Range
    clustering: float

    def __post_init__(self) -> None:
        check_range(self, "per_frame", 0.0, 5000.0)
        for setting in ("count_shape", "radius_px", "radius_shape", "max_radius_px"):
            check_range(self, setting, 0.05, 500.0)
        for setting in ("light_share", "opacity"):
            check_range(self, setting, 0.0, 1.0)
        check_range(self, "softness_px", 0.0, 50.0)
        check_range(self, "clustering", 0.0, 5.0)
        for setting in ("dark_level", "light_level"):
            check_range(self, setting, -1.0, 10.0)

    @abstractmethod
    def shape(self, generator: np.random.Generator, radius_px: float, softness_px: float) -> Plane:
        """Return the opacity patch of one defect."""

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> ParticlesPlan:
        """Return the clip's rate, share of light defects and density; the defects themselves are drawn per frame."""
        draws = Draws(self.name, seed, occurrence)
        clip_wide = draws.of("clip")
        rate, light_share = draw(clip_wide, self.per_frame), draw(clip_wide, self.light_share)
        return ParticlesPlan(self, clip, draws, rate, light_share, density(draws.of("density"), self.clustering))


@dataclass(frozen=True)
class ParticlesPlan(Plan):
    """What all frames of a clip share: rate, share of light defects, and cumulative density."""

    settings: Particles
    clip: ClipInfo
    draws: Draws
    rate: float
    light_share: float
    shares: NDArray[np.float64]

    def apply(self, frame: Frame, index: int) -> tuple[Frame, Truth]:
        """Return the frame with its defects; truth: matte of the class and their number."""
        damaged = checked_frame(frame, index, self.clip).copy()
        matte = np.zeros(frame.shape[:2], np.float32)
        generator = self.draws.of("frame", index)
        count = gamma_count(generator, self.rate, self.settings.count_shape)
        for y, x in positions(generator, self.shares, count, self.clip.height, self.clip.width):
            self._add(damaged, matte, generator, y, x)
        return damaged, Truth(mattes={self.settings.name: matte}, values={f"{self.settings.name}.count": count})

    def _add(self, damaged: Frame, matte: Plane, generator: np.random.Generator, y: float, x: float) -> None:
        wanted = self.settings
        radius = min(generator.gamma(wanted.radius_shape, wanted.radius_px / wanted.radius_shape), wanted.max_radius_px)
        softness = draw(generator, wanted.softness_px) * self.clip.scale
        light = generator.random() < self.light_share
        level = draw(generator, wanted.light_level if light else wanted.dark_level)
        opacity = np.float32(draw(generator, wanted.opacity))
        patch = wanted.shape(generator, max(radius * self.clip.scale, wanted.min_radius_px), softness) * opacity
        stamp(damaged, matte, patch, int(y) - patch.shape[0] // 2, int(x) - patch.shape[1] // 2, (level, level, level))
