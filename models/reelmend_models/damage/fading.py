"""Fading: dyes or silver that have lost density, unevenly by channel and over the frame.

Cause: chromogenic dyes decay in the dark, cyan first, so that prints of the 1950s to 1970s turn to magenta and lose
contrast; black and white film fades and yellows. Model: per channel, light = lift + (1 − lift)·source^keep, where keep
< 1 is the share of density left (density is the logarithm of light, so that losing a share of it is a power); then
saturation; then a smooth gain towards the frame's edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend_models.damage.flicker import signed_power
from reelmend_models.damage.grain import LUMA
from reelmend_models.damage.noise import enlarge
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import Range, check_range, draw
from reelmend_models.damage.stage import ClipInfo, Frame, Json, Plan, Plane, Stage, Truth, checked_frame


@dataclass(frozen=True)
class Fading(Stage):
    """Settings of fading; each range draws one value per clip.

    keep_red, keep_green, keep_blue: share of the density left of the cyan, magenta and yellow dye.
    lift_red, lift_green, lift_blue: what black has risen to, in picture units.
    saturation: 1 leaves colour as it is, 0 makes it black and white. edge_log_gain: log gain at the frame's corners.
    """

    name: ClassVar[str] = "fading"

    keep_red: Range = (0.5, 0.75)
    keep_green: Range = (0.85, 1.0)
    keep_blue: Range = (0.65, 0.9)
    lift_red: Range = (0.04, 0.12)
    lift_green: Range = (0.0, 0.04)
    lift_blue: Range = (0.02, 0.07)
    saturation: Range = (0.6, 0.9)
    edge_log_gain: Range = (-0.1, 0.1)

    def __post_init__(self) -> None:
        for channel in ("red", "green", "blue"):
            check_range(self, f"keep_{channel}", 0.05, 2.0)
            check_range(self, f"lift_{channel}", 0.0, 0.9)
        check_range(self, "saturation", 0.0, 2.0)
        check_range(self, "edge_log_gain", -2.0, 2.0)

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> FadingPlan:
        """Return the clip's densities, black levels, saturation and gain field; they do not change in time."""
        draws = Draws(self.name, seed, occurrence)
        generator = draws.of("clip")
        keep = tuple(draw(generator, value) for value in (self.keep_red, self.keep_green, self.keep_blue))
        lift = tuple(draw(generator, value) for value in (self.lift_red, self.lift_green, self.lift_blue))
        saturation, edge = draw(generator, self.saturation), draw(generator, self.edge_log_gain)
        return FadingPlan(clip, keep, lift, saturation, _edge_gain(draws, clip, edge))


def _edge_gain(draws: Draws, clip: ClipInfo, edge_log_gain: float) -> Plane:
    across = np.linspace(-1.0, 1.0, 7)
    radius = (across[:, None] ** 2 + across[None, :] ** 2) / 2.0
    uneven = 0.15 * draws.of("edge").standard_normal((7, 7))
    return enlarge(np.exp(edge_log_gain * (radius + radius * uneven)), clip.height, clip.width)


@dataclass(frozen=True)
class FadingPlan(Plan):
    """Density kept and black level per channel; saturation; the (H, W) gain field."""

    clip: ClipInfo
    keep: tuple[float, ...]
    lift: tuple[float, ...]
    saturation: float
    gain: Plane

    def apply(self, frame: Frame, index: int) -> tuple[Frame, Truth]:
        """Return the frame faded; truth: gain field, densities, black levels and saturation."""
        frame = checked_frame(frame, index, self.clip)
        channels = [
            signed_power(plane, keep) * np.float32(1.0 - lift) + np.float32(lift)
            for plane, keep, lift in zip(cv2.split(frame), self.keep, self.lift, strict=True)
        ]
        faded = cv2.transform(cv2.merge(channels), _saturation_matrix(self.saturation))
        damaged: Frame = cv2.multiply(faded, cv2.merge([self.gain] * 3))
        values: dict[str, Json] = {
            "fading.keep": list(self.keep),
            "fading.lift": list(self.lift),
            "fading.saturation": self.saturation,
        }
        return damaged, Truth(gain=self.gain, values=values)


def _saturation_matrix(saturation: float) -> NDArray[np.float32]:
    grey = np.tile(np.array(LUMA), (3, 1))
    return np.asarray(grey + saturation * (np.eye(3) - grey), np.float32)
