"""One pass over a clip: what each frame says of its light and of its neighbours, in about a kilobyte a frame."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend.analysis.steps import SATURATED_LUMA, Look, StepFinder, look, no_step
from reelmend.buffer.cuts import luma_grid
from reelmend.errors import BadRequestError
from reelmend.frames import Planes, make_proxy
from reelmend.quality.clips import GRID_COLUMNS, GRID_ROWS, LUMA_WEIGHTS_REC709

Series: TypeAlias = NDArray[np.float64]
Halves: TypeAlias = NDArray[np.float16]

SMALLEST_SIDE_PX = 18
LEVELS = 255.0
OTHER_SCENE_DISTANCE = 0.4
"""Half the mean squared difference of two normalised grids, 1 − correlation, from which on scenes differ."""
NEAR_SCENE_DISTANCE = 0.15
LOST_TRUST = 0.65
"""Share of the usual trust below which a step between scenes of similar layout leaves the shot."""
FLAT_CONTRAST = 0.012
_GRID_CONTRAST_FLOOR = 4.0 / 255.0
_REACH_FRAMES = 3
_BLOCK_FRAMES = 256


@dataclass(frozen=True, eq=False)
class Observations:
    """What a pass saw, a row for each of N frames in their order.

    channel_means: (N, 3) means of R, G, B. contrast: (N,) deviation of luma within the frame. moved: (N,) mean |change|
    of luma since the frame before; pattern_moved: the same of the pattern that gain does not change, in levels.
    distances: (N, 3) of the scene to that of 1, 2 and 3 frames before, see `OTHER_SCENE_DISTANCE`. The rest are steps
    from the last usable frame (`steps.Step`): overall, trusted_share, motion_px (N,), cells and local (N, 9, 16), rows
    (N, R). Of frames without a step, such as the first and blank ones, they are 0.
    """

    width: int
    height: int
    channel_means: Series
    contrast: Series
    moved: Series
    pattern_moved: Series
    distances: Series
    overall: Series
    trusted_share: Series
    motion_px: Series
    cells: Halves
    local: Halves
    rows: Halves

    def __len__(self) -> int:
        return len(self.contrast)

    @property
    def mean_luma(self) -> Series:
        """Mean Rec. 709 luma of each frame, (N,)."""
        return np.asarray(self.channel_means @ np.array(LUMA_WEIGHTS_REC709), np.float64)


class Observer:
    """Takes the frames of a clip one by one and holds no more than the last few. Use it within `one_thread`.

    saturates: whether samples end at 1, as whole numbers do; what lies near 1 then tells nothing about light.
    """

    def __init__(self, *, saturates: bool = True) -> None:
        self._steps = StepFinder(SATURATED_LUMA if saturates else np.inf)
        self._size: tuple[int, int] | None = None
        self._anchor: Look | None = None
        self._usual_trust = 1.0
        self._waiting: tuple[Look, float, bool] | None = None
        self._grids: list[NDArray[np.float64]] = []
        self._frames, self._steps_found, self._fields = _Rows(np.float64), _Rows(np.float64), _Rows(np.float16)

    def add(self, planes: Planes) -> None:
        """Take the next frame, (3 or 1, H, W) float32. Raises BadRequestError when it is too small or changes size."""
        self._check(planes)
        proxy = make_proxy(planes)
        proxy = proxy if len(proxy) == 3 else np.repeat(proxy, 3, axis=0)
        luma = np.tensordot(np.array(LUMA_WEIGHTS_REC709, np.float32), proxy, 1)
        seen = look(luma)
        grid = _normalised(luma_grid(proxy))
        distances = [_distance(grid, before) for before in reversed(self._grids)]
        distances += [0.0] * (_REACH_FRAMES - len(distances))
        waiting = self._waiting
        moved = pattern_moved = 0.0
        if waiting is not None:
            moved = float(np.mean(cv2.absdiff(luma, waiting[0].luma)))
            pattern_moved = float(np.mean(cv2.absdiff(seen.pattern, waiting[0].pattern)))
            self._settle(waiting[1], distances[0], distances[1])
        contrast = float(luma.std(dtype=np.float64))
        means = proxy.mean(axis=(1, 2), dtype=np.float64)
        self._frames.add(np.array([*means, contrast, moved, pattern_moved, *distances]))
        self._waiting = (seen, distances[0], contrast < FLAT_CONTRAST)
        self._grids = [*self._grids, grid][-_REACH_FRAMES:]

    def finish(self) -> Observations:
        """Return what was seen. Raises BadRequestError when there was no frame."""
        if self._waiting is None or self._size is None:
            raise BadRequestError("the clip has no frames; there is nothing to analyse")
        self._settle(0.0, 0.0, 0.0)
        frames, fields = self._frames.take(), self._fields.take()
        contrast, moved, pattern_moved = frames[:, 3:6].T
        overall, trusted, motion = self._steps_found.take().T
        per_cells = GRID_ROWS * GRID_COLUMNS
        cells, local = (
            fields[:, start : start + per_cells].reshape(-1, GRID_ROWS, GRID_COLUMNS) for start in (0, per_cells)
        )
        rows = fields[:, 2 * per_cells :]
        height, width = self._size
        return Observations(
            width=width,
            height=height,
            channel_means=frames[:, :3],
            contrast=contrast,
            moved=moved,
            pattern_moved=pattern_moved,
            distances=frames[:, 6:],
            overall=overall,
            trusted_share=trusted,
            motion_px=motion,
            cells=cells,
            local=local,
            rows=rows,
        )

    def _settle(self, before: float, after: float, around: float) -> None:
        """Take the step to the frame that waited until its successor told how far it is from both neighbours."""
        assert self._waiting is not None
        seen, _, flat = self._waiting
        nothing = no_step(seen.luma.shape)
        step = nothing if self._anchor is None or flat else self._steps.between(self._anchor, seen)
        trust = step.trusted_share / self._usual_trust
        stray = self._anchor is not None and comes_alone(before, after, around, trust)
        told = nothing if stray else step
        self._steps_found.add(np.array([told.overall, told.trusted_share, told.motion_px]))
        self._fields.add(np.concatenate([told.cells.ravel(), told.local.ravel(), told.rows]))
        if not (flat or stray):
            self._anchor = seen
            self._usual_trust = step.trusted_share or self._usual_trust

    def _check(self, planes: Planes) -> None:
        size = planes.shape[1], planes.shape[2]
        if min(size) < SMALLEST_SIDE_PX:
            raise BadRequestError(
                f"frames are {size[1]}×{size[0]}; to be analysed they need {SMALLEST_SIDE_PX} pixels a side at least"
            )
        if self._size is not None and size != self._size:
            raise BadRequestError(
                f"the clip changes size from {self._size[1]}×{self._size[0]} to {size[1]}×{size[0]}; "
                "analyse each part by itself with --frames"
            )
        self._size = size


def comes_alone(before: float, after: float, around: float, trust: float) -> bool:
    """Say whether a frame belongs to neither neighbour while these are alike, by the three distances of their scenes.

    Scenes of similar layout are told apart by how little of them matches: trust is the frame's share of the usual one.
    """
    alone = min(before, after)
    if alone > OTHER_SCENE_DISTANCE > around:
        return True
    return alone > NEAR_SCENE_DISTANCE and alone > 3 * around and trust < LOST_TRUST


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep OpenCV to one thread: its DIS flow differs with their number."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


class _Rows:
    """Rows of numbers, kept in blocks: a list of small arrays would cost as much again."""

    def __init__(self, kind: type[np.floating[Any]]) -> None:
        self._kind = kind
        self._blocks: list[NDArray[Any]] = []
        self._used = _BLOCK_FRAMES

    def add(self, row: NDArray[Any]) -> None:
        if self._used == _BLOCK_FRAMES:
            self._blocks.append(np.empty((_BLOCK_FRAMES, len(row)), self._kind))
            self._used = 0
        self._blocks[-1][self._used] = row
        self._used += 1

    def take(self) -> NDArray[Any]:
        """Return all rows as one array, letting the blocks go one by one."""
        count = (len(self._blocks) - 1) * _BLOCK_FRAMES + self._used
        whole = np.empty((count, self._blocks[0].shape[1]), self._kind)
        for start in range(0, count, _BLOCK_FRAMES):
            block = self._blocks.pop(0)
            whole[start : start + _BLOCK_FRAMES] = block[: count - start]
        return whole


def _normalised(grid: NDArray[Any]) -> NDArray[np.float64]:
    values = np.asarray(grid, np.float64)
    return np.asarray((values - values.mean()) / max(float(values.std()), _GRID_CONTRAST_FLOOR), np.float64)


def _distance(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return 0.5 * float(np.mean(np.square(one - other)))
