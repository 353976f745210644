"""Dropouts: short bright or dark dashes on single lines, with a ragged head and a fading tail.

Cause: specks of missing oxide, or dirt between tape and head; the signal is lost for microseconds and the demodulator
puts out noise until it locks again. Counts per frame follow a Gamma distribution, as for dust.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from reelmend_models.damage.pixels import stamp
from reelmend_models.damage.scatter import gamma_count
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import Range, check_range, draw
from reelmend_models.damage.stage import ClipInfo, Frame, Plan, Plane, Stage, Truth, checked_frame
from reelmend_models.damage.tape import pixels_per_sample, rows_of


@dataclass(frozen=True)
class Dropout(Stage):
    """Settings of dropouts; each draws its own from the ranges, the rate is drawn per clip.

    per_frame: mean number. count_shape: of the Gamma over frames. length_px: in pixels of a 720-px line.
    lines: height in lines of 480. opacity: at the head. light_share: share of white ones.
    """

    name: ClassVar[str] = "dropout"

    per_frame: Range = (0.5, 4.0)
    count_shape: float = 0.7
    length_px: Range = (8.0, 140.0)
    lines: Range = (1.0, 2.4)
    opacity: Range = (0.6, 1.0)
    light_share: float = 0.85

    def __post_init__(self) -> None:
        check_range(self, "per_frame", 0.0, 1000.0)
        check_range(self, "count_shape", 0.05, 100.0)
        check_range(self, "length_px", 1.0, 2000.0)
        check_range(self, "lines", 0.1, 100.0)
        for setting in ("opacity", "light_share"):
            check_range(self, setting, 0.0, 1.0)

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> DropoutPlan:
        """Return the clip's rate."""
        draws = Draws(self.name, seed, occurrence)
        return DropoutPlan(self, clip, draws, draw(draws.of("clip"), self.per_frame))


@dataclass(frozen=True)
class DropoutPlan(Plan):
    """The mean number of dropouts per frame, and the key to each."""

    settings: Dropout
    clip: ClipInfo
    draws: Draws
    rate: float

    def apply(self, frame: Frame, index: int) -> tuple[Frame, Truth]:
        """Return the frame with its dropouts; truth: matte "dropout" and their number."""
        damaged = checked_frame(frame, index, self.clip).copy()
        matte = np.zeros(frame.shape[:2], np.float32)
        generator = self.draws.of("frame", index)
        count = gamma_count(generator, self.rate, self.settings.count_shape)
        for _ in range(count):
            self._add(damaged, matte, generator)
        return damaged, Truth(mattes={"dropout": matte}, values={"dropout.count": count})

    def _add(self, damaged: Frame, matte: Plane, generator: np.random.Generator) -> None:
        wanted = self.settings
        length = max(2, round(draw(generator, wanted.length_px) * pixels_per_sample(self.clip)))
        rows = rows_of(draw(generator, wanted.lines), self.clip)
        level = 0.95 if generator.random() < wanted.light_share else 0.03
        opacity = draw(generator, wanted.opacity)
        top = int(generator.integers(0, self.clip.height))
        left = int(generator.integers(-length // 2, self.clip.width))
        patch = dash(generator, rows, length) * np.float32(opacity)
        stamp(damaged, matte, patch, top, left, (level, level, level))


def dash(generator: np.random.Generator, rows: int, length_px: int) -> Plane:
    """Return a (rows, length) patch, 0…1: full at the head, noisy, gone at the right end."""
    along = (np.arange(length_px) + 0.5) / length_px
    fade = np.clip(1.6 * (1.0 - along), 0.0, 1.0) * np.clip(along * length_px / 1.5, 0.3, 1.0)
    run = max(1, length_px // 24)
    noise = np.repeat(generator.uniform(0.45, 1.0, (rows, -(-length_px // run))), run, axis=1)[:, :length_px]
    patch: Plane = (fade[None, :] * noise).astype(np.float32)
    return patch
