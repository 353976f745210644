"""One effect's result as the clip that the next one takes: rendered when it is asked for, in memory, as float32."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator

from reelmend.errors import BadRequestError
from reelmend.frames import Planes

Rendering = Callable[[range], Generator[tuple[int, Planes], None, None]]
"""Renders these frames one after the other; closed when no more are wanted."""


class RenderedClip:
    """A clip whose frames are what an effect makes of another one. Thread-safe.

    `frames` are those that will be asked for, in about ascending order: a rendering goes on as far as the frame that
    is wanted, and its own frames ahead in the background. Nothing is held here; what is asked for again after later
    frames is rendered again, so that who reads from it has to hold what it needs (RememberedClip).
    """

    def __init__(self, rendering: Rendering, frames: range, first_frame: int, last_frame: int) -> None:
        self.first_frame, self.last_frame = first_frame, last_frame
        self._rendering = rendering
        self._frames = frames
        self._under_way: Generator[tuple[int, Planes], None, None] | None = None
        self._next = frames.stop
        self._lock = threading.Lock()

    def read(self, frame: int) -> Planes:
        """Return the frame as (C, H, W) float32. Raises what the rendering raises."""
        if not self.first_frame <= frame <= self.last_frame:
            raise BadRequestError(f"there is no frame {frame}; the clip has {self.first_frame} to {self.last_frame}")
        with self._lock:
            if self._under_way is None or frame < self._next or frame >= self._frames.stop:
                self._begin(frame)
            assert self._under_way is not None
            for number, planes in self._under_way:
                self._next = number + 1
                if number == frame:
                    return planes
            raise BadRequestError(f"the effect before gave no frame {frame}")

    def close(self) -> None:
        """End what is under way. Nobody may be reading any more."""
        with self._lock:
            self._end()

    def _begin(self, frame: int) -> None:
        self._end()
        last = self._frames.stop if frame < self._frames.stop else frame + 1
        self._under_way = self._rendering(range(frame, last))
        self._next = frame

    def _end(self) -> None:
        if self._under_way is not None:
            self._under_way.close()
            self._under_way = None
