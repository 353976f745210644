"""A clip as the source of windows: reads each frame once, remembers what it is called, holds a few frames' pixels."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Protocol

from reelmend.frames import FrameForm, FrameFormat, FrameRef, Planes, content_digest, make_proxy

DEFAULT_HELD_BYTES = 1 << 30


class ClipSource(Protocol):
    """Anything with frames: first and last number, inclusive, and the pixels of each."""

    @property
    def first_frame(self) -> int: ...

    @property
    def last_frame(self) -> int: ...

    def read(self, frame: int) -> Planes:
        """Return (C, H, W) float32 planes. Raises ReelmendError that names the frame when it can't be had."""
        ...


class RememberedClip:
    """A source whose frames are read as seldom as possible. Thread-safe.

    Digests are kept for every frame seen, proxies (0.7 MB each at most) for the last 256, pixels for the most recent
    ones within `held_bytes`, and at least for half a window; what was let go is read again when it is asked for.
    """

    def __init__(self, source: ClipSource, held_bytes: int = DEFAULT_HELD_BYTES) -> None:
        self._source = source
        self._held_bytes = held_bytes
        self._held: OrderedDict[int, Planes] = OrderedDict()
        self._held_now = 0
        self._held_at_least = 1
        self._known: dict[int, FrameRef] = {}
        self._proxies: OrderedDict[int, Planes] = OrderedDict()
        self._lock = threading.RLock()

    @property
    def first_frame(self) -> int:
        return self._source.first_frame

    @property
    def last_frame(self) -> int:
        return self._source.last_frame

    def describe(self, frame: int) -> FrameRef:
        """Return the frame's name and format, reading it when it was never seen."""
        with self._lock:
            if frame not in self._known:
                planes = self.planes(frame)
                self._known[frame] = FrameRef(frame, content_digest(planes), FrameFormat.of(planes))
            return self._known[frame]

    def window(self, centre: int, radius_frames: int) -> list[FrameRef]:
        """Return the frames around `centre` that lie inside the clip, ascending."""
        # In sequence a frame is described `radius_frames` before it is the centre: let go of, it would be read twice.
        self._held_at_least = max(self._held_at_least, radius_frames + 2)
        first = max(self.first_frame, centre - radius_frames)
        last = min(self.last_frame, centre + radius_frames)
        return [self.describe(frame) for frame in range(first, last + 1)]

    def pixels(self, frame: int, form: FrameForm) -> Planes:
        """Return the frame whole or as its proxy."""
        return self.planes(frame) if form is FrameForm.FULL else self.proxy(frame)

    def planes(self, frame: int) -> Planes:
        with self._lock:
            if frame in self._held:
                self._held.move_to_end(frame)
                return self._held[frame]
            planes = self._source.read(frame)
            self._hold(frame, planes)
            return planes

    def proxy(self, frame: int) -> Planes:
        with self._lock:
            if frame not in self._proxies:
                self._proxies[frame] = make_proxy(self.planes(frame))
                if len(self._proxies) > 256:
                    self._proxies.popitem(last=False)
            return self._proxies[frame]

    def _hold(self, frame: int, planes: Planes) -> None:
        self._held[frame] = planes
        self._held_now += planes.nbytes
        while self._held_now > self._held_bytes and len(self._held) > self._held_at_least:
            self._held_now -= self._held.popitem(last=False)[1].nbytes
