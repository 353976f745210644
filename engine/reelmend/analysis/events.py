"""What happens in a clip: cuts, repeated frames, blank frames, flashes, and frames that belong elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from reelmend.analysis.observation import (
    FLAT_CONTRAST,
    LOST_TRUST,
    NEAR_SCENE_DISTANCE,
    OTHER_SCENE_DISTANCE,
    Observations,
    Series,
    comes_alone,
)

DARK_LUMA = 0.08
REPEATED_SHARE_OF_LUMA = 0.25
REPEATED_SHARE_OF_PATTERN = 0.4
"""A repeated frame changes by less than these shares of what frames around it do."""
REPEATED_STEP_LOG = 0.004
REPEATED_MOTION_PX = 0.5
LEAST_PATTERN_LEVELS = 0.5
"""Where the pattern usually moves by less, a still picture flickers: two alike are no repeat."""
FROZEN_LEVELS = 0.02
SMALLEST_FLASH_LOG = 0.12
FLASH_DEVIATIONS = 5.0
_NEIGHBOURS_FRAMES = 3
_AROUND_FRAMES = 8
_SHORTEST_CADENCE = 4
_CADENCE_SPREAD_FRAMES = 0.75


@dataclass(frozen=True)
class Outlier:
    """A single frame whose exposure stands off its neighbours', by a natural logarithm: above 0 is brighter."""

    index: int
    log_exposure: float


@dataclass(frozen=True)
class Events:
    """What was found, as indices into the clip.

    cuts: first frames of new shots. duplicates: repeat the frame before. black, blank: without a picture, dark or not.
    strays: single frames of another scene, or ruined ones. flashes: brighter or darker than their neighbours.
    cadence_frames: mean distance of duplicates that come regularly, else None.
    """

    length_frames: int
    cuts: tuple[int, ...] = ()
    duplicates: tuple[int, ...] = ()
    black: tuple[int, ...] = ()
    blank: tuple[int, ...] = ()
    strays: tuple[int, ...] = ()
    flashes: tuple[Outlier, ...] = ()
    cadence_frames: float | None = None

    def shots(self) -> list[NDArray[np.intp]]:
        """Return the frame indices of each shot, without duplicates and without frames that have no place in it."""
        left_out = [*self.duplicates, *self.black, *self.blank, *self.strays, *(flash.index for flash in self.flashes)]
        kept = np.setdiff1d(np.arange(self.length_frames), np.array(left_out, np.intp))
        return [shot for shot in np.split(kept, np.searchsorted(kept, self.cuts)) if len(shot)]


def find_events(seen: Observations) -> Events:
    """Return what happens in a clip.

    A cut: the scene of both frames before is farther than `OTHER_SCENE_DISTANCE` from both after, or less far while the
    pictures stop matching along the flow; a flash or one ruined frame is none. Dissolves are not found. A duplicate
    changes far less than frames on either side, or not at all in a shot that moves: a shot that stands still has none.
    """
    length = len(seen)
    flat = seen.contrast < FLAT_CONTRAST
    dark = seen.mean_luma < DARK_LUMA
    black, blank = np.flatnonzero(flat & dark), np.flatnonzero(flat & ~dark)
    cuts = [t for t in range(1, length) if _cut_before(seen, t)]
    strays = [t for t in range(1, length - 1) if not flat[t] and t not in cuts and _is_stray(seen, t)]
    bounds = [0, *cuts, length]
    duplicates = [t for a, b in pairwise(bounds) for t in _duplicates(seen, a, b)]
    duplicates = sorted(set(duplicates) - {*map(int, black), *map(int, blank)})
    found = Events(
        length, tuple(cuts), tuple(duplicates), tuple(map(int, black)), tuple(map(int, blank)), tuple(strays)
    )  # fmt: skip
    flashes = tuple(flash for shot in found.shots() for flash in _flashes(seen.overall, shot))
    return Events(
        length, found.cuts, found.duplicates, found.black, found.blank, found.strays, flashes, _cadence(duplicates)
    )


def _cut_before(seen: Observations, t: int) -> bool:
    length = len(seen)
    reach = [(t, 0), (t, 1), (t + 1, 1), (t + 1, 2)]
    across = min(seen.distances[at, back] for at, back in reach if at < length and at - back - 1 >= 0)
    sides = [seen.distances[at, 0] for at in (t - 1, t + 1) if 1 <= at < length]
    within = max(sides, default=0.0)
    if across > OTHER_SCENE_DISTANCE > within:
        return True
    if across < NEAR_SCENE_DISTANCE or across < 3 * within:
        return False
    return _trust(seen, t) < LOST_TRUST


def _trust(seen: Observations, t: int) -> float:
    """Return how much of the picture matches along the flow, as a share of what does around this frame."""
    around = [s for s in range(t - _NEIGHBOURS_FRAMES, t + _NEIGHBOURS_FRAMES + 1) if 1 <= s < len(seen) and s != t]
    usual = float(np.median(seen.trusted_share[around])) if around else 0.0
    return float(seen.trusted_share[t]) / usual if usual else 1.0


def _is_stray(seen: Observations, t: int) -> bool:
    before, (after, around) = seen.distances[t, 0], seen.distances[t + 1, :2]
    return comes_alone(before, after, around, _trust(seen, t))


def _duplicates(seen: Observations, start: int, end: int) -> list[int]:
    inner = range(start + 1, end)
    if len(inner) < 2:
        return []
    frozen = FROZEN_LEVELS / 255.0
    moves = float(np.percentile(seen.moved[start + 1 : end], 90)) > 10 * frozen
    return [t for t in inner if _is_repeated(seen, t, start, end) or (moves and seen.moved[t] < frozen)]


def _is_repeated(seen: Observations, t: int, start: int, end: int) -> bool:
    if abs(seen.overall[t]) > REPEATED_STEP_LOG or seen.motion_px[t] > REPEATED_MOTION_PX:
        return False
    near = slice(max(start + 1, t - _AROUND_FRAMES), min(end, t + _AROUND_FRAMES + 1))
    if np.percentile(seen.pattern_moved[near], 75) < LEAST_PATTERN_LEVELS:
        return False
    sides = [
        slice(max(start + 1, t - _NEIGHBOURS_FRAMES), t),
        slice(t + 1, min(end, t + 1 + _NEIGHBOURS_FRAMES)),
    ]
    shares = ((seen.moved, REPEATED_SHARE_OF_LUMA), (seen.pattern_moved, REPEATED_SHARE_OF_PATTERN))
    for change, share in shares:
        usual = [float(change[side].max()) for side in sides if side.stop > side.start]
        if change[t] >= share * min(*usual, float(np.percentile(change[near], 75))):
            return False
    return True


def _flashes(overall: Series, shot: NDArray[np.intp]) -> list[Outlier]:
    """Return the frames of a shot that stand off the median of the two before and the two after."""
    if len(shot) < 5:
        return []
    path = np.cumsum(overall)[shot]
    padded = np.pad(path, 2, mode="reflect", reflect_type="odd")
    around = np.stack([padded[k : k + len(path)] for k in (0, 1, 3, 4)])
    off = path - np.median(around, axis=0)
    usual = 1.4826 * float(np.median(np.abs(off)))
    limit = max(FLASH_DEVIATIONS * usual, SMALLEST_FLASH_LOG)
    return [Outlier(int(shot[k]), float(off[k])) for k in np.flatnonzero(np.abs(off) > limit)]


def _cadence(duplicates: list[int]) -> float | None:
    gaps = np.diff(duplicates)
    if len(duplicates) < _SHORTEST_CADENCE or float(np.std(gaps)) > _CADENCE_SPREAD_FRAMES:
        return None
    return float(np.mean(gaps))
