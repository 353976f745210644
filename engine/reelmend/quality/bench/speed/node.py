"""Plug-in → engine → plug-in, in the headless host: stretches of frames, in the order in which a host asks."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

import pyopenfx
from reelmend.quality.bench.speed.pan import Pan, Picture

Order = Literal["sequential", "random"]
SEED = 11


@dataclass(frozen=True)
class Playback:
    """How a host plays: in which order, and on how many threads. A stretch is one burst of `counted` frames."""

    order: Order = "sequential"
    threads: int = 1
    counted: int = 6

    @property
    def burst(self) -> int:
        """Frames of a stretch: the first one of each thread does not count."""
        return self.threads + self.counted


@dataclass
class NodeFrames:
    """A node over its own part of the pan, rendered a stretch of frames at a time, in one sequence all the while.

    Every probe has frames of its own: what another has shown the engine would be no news to it. The first frames of a
    stretch do not count: they pay for what the stretch before left behind, and for what was fetched ahead.
    """

    name: str
    bundle: pyopenfx.Bundle
    plugin: str
    address: str
    pan: Pan
    frames: range
    play: Playback = field(default_factory=Playback)
    parameters: Mapping[str, object] = field(default_factory=dict)
    lead_frames: int = 0
    """Frames before the first one that is rendered, so that its window is whole."""

    def __post_init__(self) -> None:
        self._next = self.frames.start + self.lead_frames
        self._stack = ExitStack()
        settings = pyopenfx.InstanceSettings(
            size=(self.pan.width, self.pan.height),
            frames=(self.frames.start, self.frames.stop - 1),
            zero_copy=True,
            check_output=False,
        )
        self.instance = self._stack.enter_context(self.bundle.plugin(self.plugin).create(settings))
        self.instance.set_source({frame: self.pan.rgba(frame) for frame in self.frames}, premultiplied=False)
        for name, value in {"engineAddress": self.address, **self.parameters}.items():
            self.instance.set(name, value)
        self._sequence = self._stack.enter_context(self.instance.sequence(sequential=self.play.order == "sequential"))
        self._targets = [np.zeros((self.pan.height, self.pan.width, 4), np.float32) for _ in range(self.play.threads)]
        self._workers = self._stack.enter_context(ThreadPoolExecutor(self.play.threads))

    def take(self) -> Mapping[str, float]:
        """Render the next stretch; return the milliseconds per frame after the first one of each thread."""
        finished = self._rendered(self._stretch(self.play.burst))
        first = self.play.threads - 1
        return {self.name: 1000.0 * (finished[-1] - finished[first]) / (len(finished) - 1 - first)}

    def render_next(self) -> Picture:
        """Render one frame on the first thread's memory and return it, top row first, until the next one."""
        (frame,) = self._stretch(1)
        self._sequence.render_into(frame, self._targets[0][::-1])
        return self._targets[0][::-1]

    def close(self) -> None:
        self._stack.close()

    def _stretch(self, count: int) -> list[int]:
        if self._next + count > self.frames.stop:
            raise ValueError(f"{self.name} has rendered all of its {len(self.frames)} frames")
        frames = list(range(self._next, self._next + count))
        self._next += count
        if self.play.order == "random":
            random.Random(SEED + frames[0]).shuffle(frames)
        return frames

    def _rendered(self, frames: Sequence[int]) -> list[float]:
        """Return when each frame was done, in seconds, ascending."""
        done: list[float] = []
        waiting = _Shared(iter(frames))

        def work(target: Picture) -> None:
            for frame in waiting:
                self._sequence.render_into(frame, target[::-1])
                done.append(time.perf_counter())

        for worker in [self._workers.submit(work, target) for target in self._targets]:
            worker.result()
        return sorted(done)


class _Shared:
    """An iterator that several threads may take from."""

    def __init__(self, items: Iterator[int]) -> None:
        self._items = items
        self._lock = threading.Lock()

    def __iter__(self) -> _Shared:
        return self

    def __next__(self) -> int:
        with self._lock:
            return next(self._items)
