"""What light did between two frames, with what moved taken out: log ratios along optical flow, split into parts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend.quality.clips import GRID_COLUMNS, GRID_ROWS

Plane: TypeAlias = NDArray[np.float32]

PROFILE_ROWS = 90
PEDESTAL = 2.0 / 255.0
"""Added to luma before the logarithm, so that noise in the blacks is no flicker."""
SATURATED_LUMA = 0.985
"""From here on light may have been clipped: such pixels don't tell how it changed."""
FULL_TRUST_LUMA = 0.15

_PATTERN_SIGMA_PX = 12.0
_PATTERN_LEVELS_PER_LOG = 120.0
_PATTERN_MISMATCH_LEVELS = 12.0
_LARGEST_RATIO_LOG = 2.5
_SCALES_LOG = (0.2, 0.15, 0.1, 0.05, 0.05)
"""How far a pixel may be off before it loses its say, round by round."""
_GRID_BLUR_CELLS = 0.7
_GRID_PRIOR = 0.02
_TONE_PRIOR = (1e-4, 2e-3, 2e-3)
"""Share of all pixels that stands for 'no change' in gain, gamma and offset."""


@dataclass(frozen=True, eq=False)
class Look:
    """One frame as steps see it: luma (H, W) of its proxy, and its pattern, 8-bit, which gain does not change."""

    luma: Plane
    pattern: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Step:
    """The change of exposure from one frame to another, in natural logarithms.

    overall: of mean luma. cells: of the 9×16 cells, all told. local: of the cells, beyond what one tone curve for the
    whole picture explains. rows: of `PROFILE_ROWS` rows (fewer in a lower picture) beyond that curve. trusted_share: of
    the picture that matches along the flow. motion_px: median length of the flow, in proxy pixels.
    """

    overall: float
    cells: Plane
    local: Plane
    rows: Plane
    trusted_share: float
    motion_px: float


def look(luma: Plane) -> Look:
    """Return what steps need of a frame's luma (H, W), coded values with 1.0 at full scale."""
    logs = np.log(np.maximum(luma, 0.0) + np.float32(2 * PEDESTAL))
    pattern = logs - cv2.GaussianBlur(logs, (0, 0), _PATTERN_SIGMA_PX)
    pattern -= np.median(pattern, axis=1, keepdims=True)  # bands must not lead the flow either
    levels = np.clip(np.rint(128.0 + _PATTERN_LEVELS_PER_LOG * pattern), 0, 255)
    return Look(np.asarray(luma, np.float32), levels.astype(np.uint8))


def no_step(shape: tuple[int, int]) -> Step:
    """Return the step that says nothing, for frames of (H, W) that can't be compared."""
    cells = np.zeros((GRID_ROWS, GRID_COLUMNS), np.float32)
    return Step(0.0, cells, cells, np.zeros(min(PROFILE_ROWS, shape[0]), np.float32), 0.0, 0.0)


class StepFinder:
    """Finds steps by OpenCV's DIS flow on patterns; make and use it within `one_thread`, for its result's sake."""

    def __init__(self, saturated_luma: float = SATURATED_LUMA) -> None:
        self._saturated = saturated_luma
        self._dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)

    def between(self, before: Look, after: Look) -> Step:
        """Return the change of exposure from one frame to the other.

        The later frame is brought onto the earlier one along the flow. The log ratio of what matches is split by
        iterated reweighted least squares into gain, gamma and offset for the whole picture, a profile of its rows, and
        a smooth grid of cells; pixels that don't fit (motion, dirt, clipped light) lose their say.
        """
        flow = self._dis.calc(before.pattern, after.pattern, None)
        height, width = before.luma.shape
        rows, columns = _places(height, width)
        x, y = columns + flow[..., 0], rows + flow[..., 1]
        moved = cv2.remap(after.luma, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        pattern = cv2.remap(after.pattern.astype(np.float32), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
        mismatch = (pattern - before.pattern) / np.float32(_PATTERN_MISMATCH_LEVELS)
        matching = inside / np.square(1 + np.square(mismatch))
        darker, brighter = np.minimum(before.luma, moved), np.maximum(before.luma, moved)
        clear = np.clip((darker + PEDESTAL) / FULL_TRUST_LUMA, 0, 1) * (brighter < self._saturated)
        weights = np.asarray(matching * clear, np.float32)
        light, moved_light = np.maximum(before.luma, 0) + PEDESTAL, np.maximum(moved, 0) + PEDESTAL
        ratio = np.clip(np.log(moved_light / light), -_LARGEST_RATIO_LOG, _LARGEST_RATIO_LOG)
        motion = float(np.median(np.hypot(flow[..., 0], flow[..., 1])))
        return _split(
            np.asarray(ratio, np.float32), weights, np.asarray(light, np.float32), float(matching.mean()), motion
        )


def _split(ratio: Plane, weights: Plane, light: Plane, trusted_share: float, motion_px: float) -> Step:
    height, width = ratio.shape
    if float(weights.mean()) < 1e-4:
        return no_step(ratio.shape)
    profile_rows = min(PROFILE_ROWS, height)
    features = _tone_features(light)
    tone = np.full_like(ratio, np.average(ratio, weights=weights))
    profile = np.zeros((profile_rows, 1), np.float32)
    cells = np.zeros((GRID_ROWS, GRID_COLUMNS), np.float32)
    beyond = np.zeros_like(ratio)
    for scale in _SCALES_LOG:
        say = weights / (1 + np.square((ratio - tone - beyond) / np.float32(scale)))
        tone = _fit_tone(ratio - beyond, say, features)
        left = say * (ratio - tone - beyond)
        profile = profile + _shrunk(left, say, (1, profile_rows), 0.0)
        beyond = cv2.resize(profile, (width, height), interpolation=cv2.INTER_LINEAR) + _enlarged(cells, ratio.shape)
        left = say * (ratio - tone - beyond)
        cells = cells + _shrunk(left, say, (GRID_COLUMNS, GRID_ROWS), _GRID_BLUR_CELLS)
        centre = float(np.average(beyond, weights=say))
        profile -= np.float32(centre)
        beyond = cv2.resize(profile, (width, height), interpolation=cv2.INTER_LINEAR) + _enlarged(cells, ratio.shape)
    row_parts = _enlarged(cells.mean(axis=1, keepdims=True), (profile_rows, 1))
    local = _area(beyond, (GRID_COLUMNS, GRID_ROWS))
    total = light * np.exp(tone + beyond)
    in_cells = np.log(_area(total, (GRID_COLUMNS, GRID_ROWS)) / _area(light, (GRID_COLUMNS, GRID_ROWS)))
    overall = float(np.log(total.mean(dtype=np.float64) / light.mean(dtype=np.float64)))
    return Step(overall, in_cells, local, (profile + row_parts)[:, 0], trusted_share, motion_px)


def _tone_features(light: Plane) -> Plane:
    """Return (3, pixels): gain, gamma (log of luma) and offset (its inverse, bounded), the latter two centred."""
    logs = np.log(light)
    inverse = np.float32(0.1) / (light + np.float32(0.05))
    planes = [np.ones_like(light), logs - logs.mean(), inverse - inverse.mean()]
    return np.stack(planes).reshape(3, -1).astype(np.float32)


def _fit_tone(target: Plane, say: Plane, features: Plane) -> Plane:
    weighted = features * say.reshape(1, -1)
    total = float(say.sum())
    gram = np.asarray(weighted @ features.T, np.float64) + total * np.diag(_TONE_PRIOR)
    solution = np.linalg.solve(gram, np.asarray(weighted @ target.reshape(-1), np.float64))
    return np.asarray(solution.astype(np.float32) @ features, np.float32).reshape(target.shape)


def _shrunk(weighted: Plane, say: Plane, size: tuple[int, int], blur_cells: float) -> Plane:
    """Return the weighted mean in (columns, rows) cells; cells with little say take their neighbours', or 0."""
    sums, says = _area(weighted, size), _area(say, size)
    if blur_cells:
        sums, says = (cv2.GaussianBlur(plane, (0, 0), blur_cells) for plane in (sums, says))
    return np.asarray(sums / (says + np.float32(_GRID_PRIOR)), np.float32)


def _area(plane: Plane, size: tuple[int, int]) -> Plane:
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32).reshape(size[1], size[0])


def _enlarged(cells: Plane, shape: tuple[int, ...]) -> Plane:
    size = (shape[1], shape[0])
    return np.asarray(cv2.resize(cells, size, interpolation=cv2.INTER_LINEAR), np.float32).reshape(shape)


@lru_cache(maxsize=2)
def _places(height: int, width: int) -> tuple[Plane, Plane]:
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    return rows, columns
