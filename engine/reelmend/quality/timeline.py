"""Cuts and duplicated frames: where a temporal measure must not look."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend.quality.clips import Clip, Frame, frames_of, luma
from reelmend.quality.errors import QualityError

THUMBNAIL_SIZE = (32, 18)
THUMBNAIL_CONTRAST_FLOOR = 4.0 / 255.0
CUT_DISTANCE = 0.4
DUPLICATE_SHARE_OF_MOTION = 0.15


@dataclass(frozen=True)
class Timeline:
    """What the frames of a clip are to each other: `cuts` start a new shot, `duplicates` repeat the frame before."""

    length_frames: int
    cuts: tuple[int, ...] = ()
    duplicates: tuple[int, ...] = ()

    def shots(self) -> list[NDArray[np.intp]]:
        """Return the frame indices of each shot, without duplicates."""
        kept = np.setdiff1d(np.arange(self.length_frames), np.array(self.duplicates, np.intp))
        return np.split(kept, np.searchsorted(kept, self.cuts))

    def transitions(self) -> NDArray[np.intp]:
        """Return each frame that truly follows the one before it: neither first of a shot nor a duplicate."""
        left_out = np.array([0, *self.cuts, *self.duplicates], np.intp)
        return np.setdiff1d(np.arange(self.length_frames), left_out)


class TimelineFinder:
    """Finds cuts and duplicates in frames that pass by once; keeps one frame and a thumbnail of each.

    A cut is where brightness-normalised 32×18 thumbnails stop matching: with half the mean squared difference of two
    thumbnails as their distance (1 − correlation, given some contrast), both frames before are farther than 0.4 from
    both frames after, and nearer than that to each other on either side. So flicker, a flash or one ruined frame is
    no cut. Cuts between two flat pictures, dissolves, and shots of one frame are not found.

    A duplicate differs from the frame before by less than 15 % of what frames of its shot usually differ (mean absolute
    luma difference against its 75th percentile); a shot that stands still altogether has no duplicates.
    Definition: this project's.
    """

    def __init__(self) -> None:
        self._thumbnails: list[NDArray[np.float32]] = []
        self._motion: list[float] = []
        self._previous: Frame | None = None

    @property
    def length_frames(self) -> int:
        """How many frames were taken."""
        return len(self._thumbnails)

    def add(self, luma_plane: Frame) -> None:
        """Take the next frame's luma (H, W)."""
        self._thumbnails.append(_normalised_thumbnail(luma_plane))
        moved = 0.0 if self._previous is None else float(np.mean(cv2.absdiff(luma_plane, self._previous)))
        self._motion.append(moved)
        self._previous = luma_plane

    def timeline(self) -> Timeline:
        """Return the timeline of the frames so far."""
        length = self.length_frames
        cuts = tuple(t for t in range(2, length - 1) if self._cut_before(t))
        starts = (0, *cuts)
        ends = (*cuts, length)
        duplicates = [t for start, end in zip(starts, ends, strict=True) for t in self._duplicates(start, end)]
        return Timeline(length, cuts, tuple(duplicates))

    def _cut_before(self, t: int) -> bool:
        before, after = self._thumbnails[t - 2 : t], self._thumbnails[t : t + 2]
        nearest_across = min(_distance(b, a) for b in before for a in after)
        return nearest_across > CUT_DISTANCE > max(_distance(*before), _distance(*after))

    def _duplicates(self, start: int, end: int) -> list[int]:
        motion = np.array(self._motion[start + 1 : end])
        if len(motion) < 2:
            return []
        limit = DUPLICATE_SHARE_OF_MOTION * np.percentile(motion, 75)
        return [int(t) for t in start + 1 + np.flatnonzero(motion < limit)]


def find_timeline(clip: Clip) -> Timeline:
    """Return the cuts and duplicated frames of a clip; see `TimelineFinder` for how they are found."""
    finder = TimelineFinder()
    for frame in frames_of(clip):
        finder.add(luma(frame))
    return finder.timeline()


def true_transitions(timeline: Timeline, length_frames: int, measure: str) -> NDArray[np.intp]:
    """Return the timeline's transitions; QualityError when there is none or the timeline is of another clip."""
    shots_of(timeline, length_frames)
    transitions = timeline.transitions()
    if not len(transitions):
        raise QualityError(
            f"{measure} needs two different frames of one shot, got {length_frames} frame(s) without any"
        )
    return transitions


def shots_of(timeline: Timeline, length_frames: int) -> list[NDArray[np.intp]]:
    """Return the timeline's shots after checking that it was made for a clip of this length."""
    if timeline.length_frames != length_frames:
        raise QualityError(
            f"the timeline covers {timeline.length_frames} frames, the clip has {length_frames}: make one for this clip"
        )
    return timeline.shots()


def _distance(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    return 0.5 * float(np.mean(np.square(first - second)))


def _normalised_thumbnail(luma_plane: Frame) -> NDArray[np.float32]:
    small = cv2.resize(luma_plane, THUMBNAIL_SIZE, interpolation=cv2.INTER_AREA)
    deviation = max(float(small.std()), THUMBNAIL_CONTRAST_FLOOR)
    return np.asarray((small - small.mean()) / deviation, np.float32)
