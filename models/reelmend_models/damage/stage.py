"""What every damage stage is: frozen settings, a plan per clip, and the truth about what it did."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from reelmend_models.damage.settings import DamageError

Frame: TypeAlias = NDArray[np.float32]
"""(H, W, 3) RGB, nominal range 0…1 in whatever transfer the footage has; values beyond it and NaN pass through."""
Plane: TypeAlias = NDArray[np.float32]
"""(H, W)."""
Json: TypeAlias = float | int | str | bool | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True)
class ClipInfo:
    """The size of a clip. frame_count only bounds the plan: a longer clip begins with the same damage."""

    frame_count: int
    height: int
    width: int

    @property
    def scale(self) -> float:
        """Return the factor on settings in pixels, which are meant at 720 lines: film damage has a physical size."""
        return self.height / 720.0

    def __post_init__(self) -> None:
        if min(self.frame_count, self.height, self.width) < 1:
            raise DamageError(f"a clip needs at least one frame of one pixel, got {self}")


@dataclass(frozen=True)
class Truth:
    """What was done to one frame.

    mattes: class name → (H, W) float32, 0 where the class left the pixel alone, 1 where it covers it wholly.
    gain: (H, W) float32 factor on the light, or None where no stage changes it.
    displacement: (H, W, 2) float32 (dx, dy) in pixels, or None: damaged[y, x] shows source[y + dy, x + dx].
    values: further numbers of this frame, by "stage.name", ready for JSON.
    """

    mattes: Mapping[str, Plane] = field(default_factory=dict)
    gain: Plane | None = None
    displacement: NDArray[np.float32] | None = None
    values: Mapping[str, Json] = field(default_factory=dict)


class Plan(ABC):
    """The random draw of one stage for one clip. Of a frame it needs that frame alone, so any order will do."""

    @abstractmethod
    def apply(self, frame: Frame, index: int) -> tuple[Frame, Truth]:
        """Return frame `index` damaged, and the truth; the frame that came in is left as it was."""


class LookAheadPlan(Plan):
    """A plan that also sees the clip's next frame."""

    @abstractmethod
    def apply_between(self, frame: Frame, following: Frame | None, index: int) -> tuple[Frame, Truth]:
        """Return frame `index` damaged, and the truth; `following` is None at the end of the clip."""

    def apply(self, frame: Frame, index: int) -> tuple[Frame, Truth]:
        """Return the frame damaged as if it were the clip's last."""
        return self.apply_between(frame, None, index)


def apply_plan(plan: Plan, frame: Frame, following: Frame | None, index: int) -> tuple[Frame, Truth]:
    """Return frame `index` damaged, and the truth, handing the next frame to the plans that look ahead."""
    if isinstance(plan, LookAheadPlan):
        return plan.apply_between(frame, following, index)
    return plan.apply(frame, index)


class Stage(ABC):
    """One cause of damage. Subclasses are frozen dataclasses of settings, checked when they are made."""

    name: ClassVar[str]

    @abstractmethod
    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> Plan:
        """Return the draw for a clip: a pure function of settings, clip, seed (≥ 0) and occurrence.

        occurrence: 1, 2… when the same stage stands in a chain for the second, third… time.
        """

    def apply(self, frames: NDArray[np.float32], seed: int) -> tuple[NDArray[np.float32], tuple[Truth, ...]]:
        """Return (N, H, W, 3) frames damaged, and one truth per frame."""
        plan = self.plan(clip_info_of(frames), seed)
        nexts = [*frames[1:], None]
        done = [apply_plan(plan, frame, nexts[index], index) for index, frame in enumerate(frames)]
        return np.stack([frame for frame, _ in done]), tuple(truth for _, truth in done)


def clip_info_of(frames: NDArray[np.float32]) -> ClipInfo:
    """Return the size of an (N, H, W, 3) float32 array; DamageError for anything else."""
    if frames.ndim != 4 or frames.shape[3] != 3 or frames.dtype != np.float32:
        raise DamageError(f"frames must be (N, H, W, 3) float32, got {frames.shape} {frames.dtype}")
    return ClipInfo(frames.shape[0], frames.shape[1], frames.shape[2])


def checked_frame(frame: Frame, index: int, clip: ClipInfo) -> Frame:
    """Return the frame, its pixels in a row, if it belongs to the planned clip; DamageError otherwise."""
    if frame.shape != (clip.height, clip.width, 3) or frame.dtype != np.float32:
        expected = f"({clip.height}, {clip.width}, 3) float32"
        raise DamageError(f"frame {index} must be {expected} as planned, got {frame.shape} {frame.dtype}")
    if not 0 <= index < clip.frame_count:
        raise DamageError(f"frame {index} is outside the planned clip of {clip.frame_count} frames; plan a longer clip")
    return np.ascontiguousarray(frame)
