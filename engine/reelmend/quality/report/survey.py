"""One look at every frame of a report's clips: light over time, changes, cuts, and small pictures for the sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend.quality.clips import GRID_COLUMNS, GRID_ROWS, Frame, luma, luma_grid
from reelmend.quality.flicker import mean_luma
from reelmend.quality.flicker_series import Series
from reelmend.quality.report.clips import ClipFrames, MatteFrames
from reelmend.quality.timeline import Timeline, TimelineFinder

SHEET_FRAMES = 24
LEVELS = 255.0

Item = TypeVar("Item")
Progress = Callable[[Iterable[Item], int, str], Iterator[Item]]
"""Yields the items and shows how many of the given count are done, under a title."""


@dataclass(frozen=True)
class ReportClips:
    """The clips of a report, frame by frame the same: `before` and `after`, and what else is known."""

    before: ClipFrames
    after: ClipFrames
    truth: ClipFrames | None = None
    matte: MatteFrames | None = None
    true_matte: MatteFrames | None = None


@dataclass
class Light:
    """Mean luma of each frame, whole and over the 16×9 grid; the grid stays empty for frames too small for one."""

    means: list[float] = field(default_factory=list)
    grids: list[NDArray[np.float64]] = field(default_factory=list)

    def add(self, plane: Frame) -> None:
        self.means.append(mean_luma(plane))
        if plane.shape[0] >= GRID_ROWS and plane.shape[1] >= GRID_COLUMNS:
            self.grids.append(luma_grid(plane))

    @property
    def mean_luma(self) -> Series:
        return np.array(self.means)

    @property
    def luma_grid(self) -> Series | None:
        return np.array(self.grids) if self.grids else None


@dataclass
class Survey:
    """What one look told, in lists of one value a frame; about 6 kB a frame, whatever its size.

    covered_share: mean of the matte, or of the true one where the restorer gave none; covered_by: its name.
    change_levels: mean |after − before| in levels of 255. identical_share: pixels whose every channel has the bits of
    before. not_finite: frames with
    NaN or infinity in any clip, which count as 0 here and which no measure takes.
    """

    before: Light = field(default_factory=Light)
    after: Light = field(default_factory=Light)
    truth: Light | None = None
    change_levels: list[float] = field(default_factory=list)
    identical_share: list[float] = field(default_factory=list)
    covered_share: list[float] = field(default_factory=list)
    not_finite: int = 0
    covered_by: str = ""
    timeline: Timeline = field(default_factory=lambda: Timeline(0))
    sheet: dict[int, tuple[Frame, Frame]] = field(default_factory=dict)


def survey(clips: ReportClips, sheet_width: int, progress: Progress[int]) -> Survey:
    """Return what one pass over the clips tells. Raises MediaError."""
    found = Survey(truth=Light() if clips.truth is not None else None)
    matte = clips.matte if clips.matte is not None else clips.true_matte
    found.covered_by = "matte" if clips.matte is not None else "true defects"
    finder = TimelineFinder()
    count = len(clips.before)
    on_sheet = set(evenly_spread(count, SHEET_FRAMES))
    for index in progress(range(count), count, "look"):
        raw_before, raw_after = clips.before[index], clips.after[index]
        raw_truth = None if clips.truth is None else clips.truth[index]
        before, after, truth = finite(raw_before), finite(raw_after), None if raw_truth is None else finite(raw_truth)
        found.not_finite += int(before is not raw_before or after is not raw_after or truth is not raw_truth)
        light = luma(before)
        found.before.add(light)
        found.after.add(luma(after))
        if truth is not None and found.truth is not None:
            light = luma(truth)
            found.truth.add(light)
        finder.add(light)
        found.change_levels.append(LEVELS * float(np.mean(cv2.absdiff(after, before), dtype=np.float64)))
        found.identical_share.append(_identical_share(raw_before, raw_after))
        if matte is not None:
            found.covered_share.append(float(np.mean(matte[index], dtype=np.float64)))
        if index in on_sheet:
            found.sheet[index] = (_small(before, sheet_width), _small(after, sheet_width))
    found.timeline = finder.timeline()
    return found


def finite(frame: Frame) -> Frame:
    """Return the frame itself, or a copy with 0 in place of NaN and infinity."""
    return frame if np.isfinite(frame).all() else np.nan_to_num(frame, nan=0.0, posinf=0.0, neginf=0.0)


def evenly_spread(count: int, wanted: int) -> list[int]:
    """Return up to `wanted` indices from first to last, evenly spread."""
    return sorted({int(index) for index in np.linspace(0, count - 1, min(count, wanted)).round()})


def choose_frames(change: list[float], wanted: int) -> list[int]:
    """Return the index of the largest change in each of up to `wanted` equal parts of the clip, ascending.

    A part whose frames all changed by the same, such as not at all, gives its middle one.
    """
    parts = np.array_split(np.array(change), min(wanted, len(change)))
    starts = np.cumsum([0, *(len(part) for part in parts)])[:-1]
    return [
        int(start + (len(part) // 2 if np.ptp(part) == 0 else np.argmax(part)))
        for start, part in zip(starts, parts, strict=True)
    ]


def _identical_share(before: Frame, after: Frame) -> float:
    differ = before.view(np.uint32) != after.view(np.uint32)
    return 1.0 - int(np.count_nonzero(differ.any(axis=2))) / int(differ[:, :, 0].size)


def _small(frame: Frame, width: int) -> Frame:
    rows, columns = frame.shape[:2]
    scale = min(1.0, width / columns, width / rows)
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    return frame if scale == 1.0 else np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA))
