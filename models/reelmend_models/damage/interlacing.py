"""Interlacing: the two fields of a frame come from two moments, so that moving edges comb.

Cause: interlaced cameras (every frame), or film carried to 30 frames a second by 2:3 pulldown (two frames in five). The
second field is taken from the clip's next frame; so this stage sees ahead and stands first in a chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import DamageError
from reelmend_models.damage.stage import ClipInfo, Frame, LookAheadPlan, Stage, Truth, checked_frame

CADENCES: dict[str, tuple[bool, ...]] = {"every": (True,), "pulldown": (False, False, True, True, False)}
"""Which frames, in a repeating order, are woven of two moments."""


@dataclass(frozen=True)
class Interlacing(Stage):
    """Settings of interlacing.

    cadence: "every" frame, or "pulldown" (the third and fourth of five, from a phase drawn per clip).
    first_field: "top" or "bottom": the lines that show the earlier moment.
    """

    name: ClassVar[str] = "interlacing"

    cadence: Literal["every", "pulldown"] = "every"
    first_field: Literal["top", "bottom"] = "top"

    def __post_init__(self) -> None:
        if self.cadence not in CADENCES:
            raise DamageError(f"Interlacing.cadence must be one of {', '.join(CADENCES)}, got {self.cadence!r}")
        if self.first_field not in ("top", "bottom"):
            raise DamageError(f"Interlacing.first_field must be top or bottom, got {self.first_field!r}")

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> InterlacingPlan:
        """Return the cadence, begun at a phase of its own."""
        pattern = CADENCES[self.cadence]
        phase = int(Draws(self.name, seed, occurrence).of("clip").integers(len(pattern)))
        return InterlacingPlan(clip, pattern, phase, 1 if self.first_field == "top" else 0)


@dataclass(frozen=True)
class InterlacingPlan(LookAheadPlan):
    """The cadence's pattern and phase, and the first row (0 or 1) of the later field."""

    clip: ClipInfo
    pattern: tuple[bool, ...]
    phase: int
    later_row: int

    def apply_between(self, frame: Frame, following: Frame | None, index: int) -> tuple[Frame, Truth]:
        """Return the frame with every other row of the next; truth: matte "interlacing", 1 where that changed a pixel.

        The clip's last frame stays as it is.
        """
        damaged = checked_frame(frame, index, self.clip).copy()
        matte = np.zeros(frame.shape[:2], np.float32)
        woven = following is not None and self.pattern[(index + self.phase) % len(self.pattern)]
        if woven and following is not None:
            if following.shape != frame.shape:
                raise DamageError(f"frame {index + 1} must be {frame.shape} like frame {index}, got {following.shape}")
            rows = slice(self.later_row, None, 2)
            damaged[rows] = following[rows]
            matte[rows] = (frame[rows] != following[rows]).any(axis=2)
        return damaged, Truth(mattes={"interlacing": matte}, values={"interlacing.woven": bool(woven)})
