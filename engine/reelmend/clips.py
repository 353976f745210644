"""A clip as the source of windows: reads each frame once, remembers what it is called, holds a few frames' pixels."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import Protocol

from reelmend.errors import CapacityError
from reelmend.frames import SOURCE, FrameForm, FrameFormat, FrameRef, Planes, content_digest, make_proxy

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


class Budget(Protocol):
    """Bytes that someone counts, as the engine's memory does."""

    def hold(self, size_bytes: int) -> None:
        """Count bytes. Raises CapacityError when there is no room."""
        ...

    def let_go(self, size_bytes: int) -> None: ...


class RememberedClip:
    """A source whose frames are read as seldom as possible. Thread-safe.

    Digests are kept for every frame seen, pixels for those read last within `held_bytes`, and at least for half a
    window as far as `budget` has room; proxies, which are small, for a window. What was let go is read again when it is
    asked for, and then more are held, up to a window: effects that step over repeated frames look back further. One
    frame is read at a time; who asks for what is held waits for no reading. `name` is the clip's, by which an effect
    knows it.
    """

    def __init__(
        self,
        source: ClipSource,
        held_bytes: int = DEFAULT_HELD_BYTES,
        budget: Budget | None = None,
        *,
        name: str = SOURCE,
    ) -> None:
        self.name = name
        self._source = source
        self._held_bytes = held_bytes
        self._budget = budget
        self._held: OrderedDict[int, Planes] = OrderedDict()
        self._held_now = 0
        self._held_at_least = self._held_at_most = 1
        self._known: dict[int, FrameRef] = {}
        self._proxies: OrderedDict[int, Planes] = OrderedDict()
        self._proxies_at_most = 1
        self._lock = threading.RLock()
        self._reading = threading.Lock()

    @property
    def first_frame(self) -> int:
        return self._source.first_frame

    @property
    def last_frame(self) -> int:
        return self._source.last_frame

    def describe(self, frame: int) -> FrameRef:
        """Return the frame's name and format, reading it when it was never seen."""
        known = self._known.get(frame)
        if known is None:
            planes = self.planes(frame)
            form = FrameFormat.of(planes)
            known = self._known[frame] = FrameRef(frame, content_digest(planes), form, clip=self.name)
        return known

    def window(self, centre: int, radius_frames: int, ahead_frames: int = 0) -> list[FrameRef]:
        """Return the frames around `centre` that lie inside the clip, ascending.

        `ahead_frames`: how far before its turn a window is asked for.
        """
        return [self.describe(frame) for frame in self._window(centre, radius_frames, ahead_frames)]

    def beside(
        self, window: Iterable[FrameRef], centre: int, radius_frames: int, ahead_frames: int = 0
    ) -> list[FrameRef]:
        """Return this clip's frames that belong to those of another one's window: its first and last frame are held."""
        self._window(centre, radius_frames, ahead_frames)
        numbers = {min(max(ref.frame, self.first_frame), self.last_frame) for ref in window}
        return [self.describe(frame) for frame in sorted(numbers)]

    def _window(self, centre: int, radius_frames: int, ahead_frames: int) -> range:
        # In sequence a frame is described `radius_frames` before it is the centre: let go of, it would be read twice.
        self._held_at_least = max(self._held_at_least, radius_frames + ahead_frames + 2)
        self._held_at_most = self._proxies_at_most = max(self._proxies_at_most, 2 * radius_frames + ahead_frames + 2)
        first = max(self.first_frame, centre - radius_frames)
        last = min(self.last_frame, centre + radius_frames)
        return range(first, last + 1)

    def pixels(self, frame: int, form: FrameForm) -> Planes:
        """Return the frame whole or as its proxy."""
        return self.planes(frame) if form is FrameForm.FULL else self.proxy(frame)

    def planes(self, frame: int) -> Planes:
        if (held := self._found(frame)) is not None:
            return held
        with self._reading:
            if (held := self._found(frame)) is not None:
                return held
            planes = self._source.read(frame)
            if frame in self._known and self._held_at_least < self._held_at_most:
                self._held_at_least += 1
            self._hold(frame, planes)
            return planes

    def proxy(self, frame: int) -> Planes:
        proxy = self._proxies.get(frame)
        if proxy is None:
            proxy = make_proxy(self.planes(frame))
            with self._lock:
                self._proxies[frame] = proxy
                while len(self._proxies) > self._proxies_at_most:
                    self._proxies.popitem(last=False)
        return proxy

    def let_go(self) -> None:
        """Drop the pixels that are held; what is known of the frames stays."""
        with self._lock:
            while self._held:
                self._drop_oldest()
            self._proxies.clear()

    def _found(self, frame: int) -> Planes | None:
        # What was used is not made younger: in sequence a frame that was the centre is not wanted again.
        with self._lock:
            return self._held.get(frame)

    def _hold(self, frame: int, planes: Planes) -> None:
        with self._lock:
            while self._held_now + planes.nbytes > self._held_bytes and len(self._held) >= self._held_at_least:
                self._drop_oldest()
            if self._counted(planes.nbytes):
                self._held[frame] = planes
                self._held_now += planes.nbytes

    def _counted(self, size_bytes: int) -> bool:
        """Say whether the budget has room for a frame, dropping older ones as long as it has not."""
        while self._budget is not None:
            try:
                self._budget.hold(size_bytes)
                break
            except CapacityError:
                if not self._held:
                    return False
                self._drop_oldest()
        return True

    def _drop_oldest(self) -> None:
        _, planes = self._held.popitem(last=False)
        self._held_now -= planes.nbytes
        if self._budget is not None:
            self._budget.let_go(planes.nbytes)
