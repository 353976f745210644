"""The plain reference is given each frame once, and the frames around its centre before it corrects."""

from __future__ import annotations

import numpy as np

from reelmend.frames import Planes
from reelmend.quality.bench.speed.pan import Pan
from reelmend.quality.bench.speed.reference import COUNTED_FRAMES, ReferenceFrame


class Noted:
    """A reference that notes what it was given."""

    def __init__(self) -> None:
        self.learnt: dict[int, Planes] = {}
        self.corrected: list[int] = []

    def learn(self, frame: int, planes: Planes) -> None:
        assert frame not in self.learnt
        self.learnt[frame] = planes

    def correct(self, frame: int, radius_frames: int, planes: Planes) -> Planes:
        assert np.array_equal(planes, self.learnt[frame])
        assert all(near in self.learnt for near in range(frame - radius_frames, frame + radius_frames + 1))
        self.corrected.append(frame)
        return planes


def test_every_frame_is_learnt_once_and_the_window_is_whole_when_a_frame_is_corrected() -> None:
    made = Noted()
    probe = ReferenceFrame("numpy", lambda: made, Pan(64, 48, 40), radius_frames=5)
    assert all(probe.take()["numpy"] > 0.0 for _ in range(3))
    assert made.corrected == list(range(5, 5 + 3 * COUNTED_FRAMES))
    assert max(made.learnt) == made.corrected[-1] + 5
