"""Particles that are not of one grey: each defect is a picture of its own, laid over the frame through its opacity."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from reelmend_models.damage.scatter import density, gamma_count, positions
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import Range, check_range, draw
from reelmend_models.damage.stage import ClipInfo, Frame, Plan, Plane, Stage, Truth, checked_frame


@dataclass(frozen=True)
class TexturedParticles(Stage):
    """Settings of textured particles, those of `Particles` where they are named alike. Pixels are meant at 720 lines.

    texture: how far the grey differs within a defect, drawn per defect.
    """

    matte_class: ClassVar[str]
    min_radius_px: ClassVar[float] = 1.0

    per_frame: Range
    radius_px: float
    max_radius_px: float
    count_shape: float = 1.5
    radius_shape: float = 1.6
    light_share: Range = (0.2, 0.8)
    opacity: Range = (0.6, 1.0)
    softness_px: Range = (0.5, 1.8)
    dark_level: Range = (0.0, 0.1)
    light_level: Range = (0.75, 1.0)
    texture: Range = (0.05, 0.25)
    clustering: float = 0.7

    def __post_init__(self) -> None:
        check_range(self, "per_frame", 0.0, 5000.0)
        for setting in ("count_shape", "radius_px", "radius_shape", "max_radius_px"):
            check_range(self, setting, 0.05, 500.0)
        for setting in ("light_share", "opacity", "dark_level", "light_level", "texture"):
            check_range(self, setting, 0.0, 1.0)
        check_range(self, "softness_px", 0.0, 50.0)
        check_range(self, "clustering", 0.0, 5.0)

    @abstractmethod
    def shape(
        self, generator: np.random.Generator, radius_px: float, softness_px: float, texture: float
    ) -> tuple[Plane, Plane]:
        """Return the opacities of one defect, 0…1, and how far each pixel is off the defect's grey; both (h, w)."""

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> TexturedPlan:
        """Return the clip's rate, share of light defects and density; the defects themselves are drawn per frame."""
        draws = Draws(self.name, seed, occurrence)
        clip_wide = draws.of("clip")
        rate, light_share = draw(clip_wide, self.per_frame), draw(clip_wide, self.light_share)
        return TexturedPlan(self, clip, draws, rate, light_share, density(draws.of("density"), self.clustering))


@dataclass(frozen=True)
class TexturedPlan(Plan):
    """What all frames of a clip share: rate, share of light defects, and cumulative density."""

    settings: TexturedParticles
    clip: ClipInfo
    draws: Draws
    rate: float
    light_share: float
    shares: NDArray[np.float64]

    def apply(self, frame: Frame, index: int) -> tuple[Frame, Truth]:
        """Return the frame with its defects; truth: matte of their class and their number."""
        damaged = checked_frame(frame, index, self.clip).copy()
        matte = np.zeros(frame.shape[:2], np.float32)
        generator = self.draws.of("frame", index)
        count = gamma_count(generator, self.rate, self.settings.count_shape)
        for y, x in positions(generator, self.shares, count, self.clip.height, self.clip.width):
            self._add(damaged, matte, generator, int(y), int(x))
        return damaged, Truth(mattes={self.settings.matte_class: matte}, values={f"{self.settings.name}.count": count})

    def _add(self, damaged: Frame, matte: Plane, generator: np.random.Generator, y: int, x: int) -> None:
        wanted, scale = self.settings, self.clip.scale
        radius = min(generator.gamma(wanted.radius_shape, wanted.radius_px / wanted.radius_shape), wanted.max_radius_px)
        softness = draw(generator, wanted.softness_px) * scale
        light = generator.random() < self.light_share
        level = draw(generator, wanted.light_level if light else wanted.dark_level)
        opacity = np.float32(draw(generator, wanted.opacity))
        texture = draw(generator, wanted.texture)
        patch, relief = wanted.shape(generator, max(radius * scale, wanted.min_radius_px), softness, texture)
        grey = np.clip(np.float32(level) + (-relief if light else relief), 0.0, 1.0).astype(np.float32)
        stamp_picture(damaged, matte, patch * opacity, grey, y - patch.shape[0] // 2, x - patch.shape[1] // 2)


def stamp_picture(frame: Frame, matte: Plane, patch: Plane, grey: Plane, top: int, left: int) -> None:
    """Blend a grey picture into frame[top:, left:] through a patch of opacities, in place; else as `pixels.stamp`."""
    y0, x0 = max(top, 0), max(left, 0)
    y1, x1 = min(top + patch.shape[0], matte.shape[0]), min(left + patch.shape[1], matte.shape[1])
    if y0 >= y1 or x0 >= x1:
        return
    own = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
    alpha, area = patch[own][:, :, None], frame[y0:y1, x0:x1]
    np.copyto(area, area * (np.float32(1.0) - alpha) + alpha * grey[own][:, :, None], where=alpha > 0)
    region = matte[y0:y1, x0:x1]
    np.subtract(1.0, (1.0 - region) * (1.0 - patch[own]), out=region, where=patch[own] > 0)
