"""A plain reference of an effect, given frames as the engine is: what its graphs, caches and streaming are worth."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

from reelmend.frames import Planes
from reelmend.quality.bench.speed.pan import Pan

COUNTED_FRAMES = 2


class Reference(Protocol):
    """A deflicker in plain numpy. It may remember what it knows of frames, as the engine does."""

    def learn(self, frame: int, planes: Planes) -> None:
        """Take the next frame of the clip, (3, H, W) float32: whatever is worked out once a frame."""
        ...

    def correct(self, frame: int, radius_frames: int, planes: Planes) -> Planes:
        """Return a frame corrected towards the frames up to the radius around it, all of which were learnt."""
        ...


MakeReference = Callable[[], Reference]


class ReferenceFrame:
    """The next frame of a clip through the reference: the newest frame of its window learnt, the centre corrected."""

    def __init__(self, name: str, make: MakeReference, pan: Pan, radius_frames: int) -> None:
        self._name, self._pan, self._radius_frames = name, pan, radius_frames
        self._reference = make()
        for frame in range(2 * radius_frames):
            self._reference.learn(frame, pan.planes(frame))
        self._centre = radius_frames

    def take(self) -> Mapping[str, float]:
        """Correct two frames; what reads them is not timed."""
        return {self._name: float(np.mean([self._next() for _ in range(COUNTED_FRAMES)]))}

    def close(self) -> None:
        """Nothing is held that must be given back."""

    def _next(self) -> float:
        newest = self._centre + self._radius_frames
        new, own = self._pan.planes(newest), self._pan.planes(self._centre)
        started = time.perf_counter()
        self._reference.learn(newest, new)
        self._reference.correct(self._centre, self._radius_frames, own)
        self._centre += 1
        return 1000.0 * (time.perf_counter() - started)
