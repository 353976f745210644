"""A deflicker in plain numpy as the speed bench wants one: a single gain towards the window's mean."""

from __future__ import annotations

import numpy as np

from reelmend.frames import Planes


class LogGain:
    def __init__(self) -> None:
        self._logs: dict[int, float] = {}

    def learn(self, frame: int, planes: Planes) -> None:
        self._logs[frame] = float(np.log(planes.mean()))

    def correct(self, frame: int, radius_frames: int, planes: Planes) -> Planes:
        window = [self._logs[near] for near in range(frame - radius_frames, frame + radius_frames + 1)]
        return np.asarray(planes * np.float32(np.exp(np.mean(window) - self._logs[frame])), np.float32)


def make() -> LogGain:
    return LogGain()
