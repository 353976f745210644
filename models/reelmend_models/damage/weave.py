"""Gate weave: the whole picture drifts and jumps by parts of a pixel.

Cause: worn or shrunken perforations and a loose gate. Model: a slow autoregressive path plus a fast jitter, horizontal
and vertical on their own; vertical jumps are larger, as the film moves that way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend_models.damage.noise import ar1_series
from reelmend_models.damage.pixels import keeping_nonfinite, rounded_shift
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import Range, check_range, draw
from reelmend_models.damage.stage import ClipInfo, Frame, Plan, Stage, Truth, checked_frame


@dataclass(frozen=True)
class Weave(Stage):
    """Settings of gate weave. Pixels are meant at 720 lines; each range draws one value per clip.

    drift_px: standard deviation of the slow path; drift_memory: its autoregressive coefficient.
    jitter_px: standard deviation of the fresh jump of each frame. horizontal: factor on sideways motion.
    """

    name: ClassVar[str] = "weave"

    drift_px: Range = (0.4, 2.5)
    drift_memory: Range = (0.85, 0.97)
    jitter_px: Range = (0.1, 0.7)
    horizontal: Range = (0.4, 0.9)

    def __post_init__(self) -> None:
        for setting in ("drift_px", "jitter_px"):
            check_range(self, setting, 0.0, 200.0)
        check_range(self, "drift_memory", 0.0, 0.999)
        check_range(self, "horizontal", 0.0, 10.0)

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> WeavePlan:
        """Return the picture's place in every frame."""
        draws = Draws(self.name, seed, occurrence)
        clip_wide = draws.of("clip")
        ranges = (self.drift_px, self.drift_memory, self.jitter_px, self.horizontal)
        drift, memory, jitter, sideways = (draw(clip_wide, setting) for setting in ranges)
        path = drift * ar1_series(draws.of("drift"), clip.frame_count, memory, 2)
        path += jitter * draws.of("jitter").standard_normal((clip.frame_count, 2))
        return WeavePlan(clip, rounded_shift(path * clip.scale * (sideways, 1.0)))


@dataclass(frozen=True)
class WeavePlan(Plan):
    """offsets_px: (N, 2) of (right, down), how far the picture has moved in each frame."""

    clip: ClipInfo
    offsets_px: NDArray[np.float32]

    def apply(self, frame: Frame, index: int) -> tuple[Frame, Truth]:
        """Return the frame moved (bicubic, edges repeated); truth: displacement and the offset."""
        frame = checked_frame(frame, index, self.clip)
        right, down = (float(offset) for offset in self.offsets_px[index])
        displacement = np.empty((*frame.shape[:2], 2), np.float32)
        displacement[:] = (-right, -down)
        values = {"weave.right_px": right, "weave.down_px": down}
        moved = keeping_nonfinite(frame, lambda picture: shifted(picture, right, down))
        return moved, Truth(displacement=displacement, values=values)


def shifted(picture: Frame, right_px: float, down_px: float) -> Frame:
    """Return the picture moved, bicubic, with its edge pixels repeated; not moved, it keeps its bits."""
    if right_px == 0.0 and down_px == 0.0:
        return picture.copy()
    matrix = np.array([[1.0, 0.0, right_px], [0.0, 1.0, down_px]])
    size = (picture.shape[1], picture.shape[0])
    moved: Frame = cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return moved
