"""Scene and restoration whose frames stay on disk: light and cuts come from the survey, flow is found as it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload

import numpy as np

from reelmend.quality.clips import luma
from reelmend.quality.errors import QualityError
from reelmend.quality.flicker_series import Series
from reelmend.quality.motion import FlowFinder, FlowStep, flow_steps_dis
from reelmend.quality.report.clips import ClipFrames
from reelmend.quality.report.survey import Light, Survey
from reelmend.quality.scene import Frames, Restoration, Scene
from reelmend.quality.timeline import Timeline

HELD_FLOW_BYTES = 512 << 20
FLOW_BYTES_PER_PIXEL = 5


class StreamedFlow(Sequence[FlowStep]):
    """The steps of `flow_steps_dis`, found when they are asked for; in order, each frame is looked at once."""

    def __init__(self, frames: Sequence[np.ndarray]) -> None:
        self._frames = frames
        self._finder = FlowFinder()
        self._seen = -1

    def __len__(self) -> int:
        return len(self._frames) - 1

    @overload
    def __getitem__(self, index: int) -> FlowStep: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[FlowStep]: ...

    def __getitem__(self, index: int | slice) -> FlowStep | Sequence[FlowStep]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        if self._seen != index:
            self._finder = FlowFinder()
            self._finder.add(luma(self._frames[index]))
        step = self._finder.add(luma(self._frames[index + 1]))
        self._seen = index + 1
        assert step is not None
        return step


@dataclass(frozen=True, eq=False)
class StreamedScene(Scene):
    """A scene whose clips are on disk. Sizes and lengths are known from the files, light and cuts from the survey."""

    survey: Survey | None = None

    def check(self, frames: Frames | None, name: str) -> None:
        """Compare lengths and sizes without reading; arrays are checked in full."""
        if not isinstance(frames, ClipFrames) or not isinstance(self.source, ClipFrames):
            super().check(frames, name)
        elif len(frames) != len(self.source) or frames.size != self.source.size:
            raise QualityError(f"{name} is {len(frames)} frames of {frames.size}, source {len(self.source)} of others")

    @cached_property
    def timeline(self) -> Timeline:
        return super().timeline if self.survey is None else self.survey.timeline

    @cached_property
    def true_mean_luma(self) -> Series:
        light = _usable(self.survey, "truth")
        return super().true_mean_luma if light is None else light.mean_luma

    @cached_property
    def true_luma_grid(self) -> Series:
        light = _usable(self.survey, "truth")
        grid = None if light is None else light.luma_grid
        return super().true_luma_grid if grid is None else grid

    @cached_property
    def flow(self) -> list[FlowStep]:
        """Held up to 512 MiB; of longer clips found anew by each measure, which asks for it in order."""
        rows, columns = self.source[0].shape[:2]
        if len(self.source) * rows * columns * FLOW_BYTES_PER_PIXEL <= HELD_FLOW_BYTES:
            return flow_steps_dis(self.reference)
        return StreamedFlow(self.reference)  # type: ignore[return-value,arg-type]  # read by index and length only


@dataclass(frozen=True, eq=False)
class StreamedRestoration(Restoration):
    """A restoration whose light is known from the survey; `part` is "before" or "after"."""

    survey: Survey | None = None
    part: str = "after"

    @cached_property
    def mean_luma(self) -> Series:
        light = _usable(self.survey, self.part)
        return super().mean_luma if light is None else light.mean_luma

    @cached_property
    def luma_grid(self) -> Series:
        light = _usable(self.survey, self.part)
        grid = None if light is None else light.luma_grid
        return super().luma_grid if grid is None else grid


def _usable(survey: Survey | None, part: str) -> Light | None:
    """Return a clip's light, None where it is not known or where frames hold values that no measure takes."""
    if survey is None or survey.not_finite:
        return None
    light: Light | None = getattr(survey, part)
    return light
