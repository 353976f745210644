"""How many streams may be open: beyond that the longest idle one makes room, or the newcomer is told when to return."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import grpc

from reelmend.errors import CapacityError
from reelmend.server.calls import Call

RETRY_AFTER_MS = 500
# A stream that has just been opened is about to say what it wants.
FIRST_WORD_S = 1.0


class Place:
    """A stream's place among the open ones, and since when it counts as idle (None: a request is in flight)."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.idle_since: float | None = time.monotonic() + FIRST_WORD_S

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Mark the stream as busy for the length of the block."""
        self.idle_since = None
        try:
            yield
        finally:
            self.idle_since = time.monotonic()


class Admission:
    """The open streams, at most `most` of them. Thread-safe."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._places: set[Place] = set()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._places)

    @contextmanager
    def place(self, call: Call) -> Iterator[Place]:
        """Hold a place for the length of the block. Raises CapacityError when all streams are busy.

        A stream that is idle loses nothing but its slots: its client opens another one for its next frame.
        """
        place = Place(call)
        with self._lock:
            longest_idle = self._longest_idle() if len(self._places) >= self.most else None
            if longest_idle is None and len(self._places) >= self.most:
                raise CapacityError(
                    f"all {self.most} streams of the engine are busy; try again soon, or start it with more "
                    "--max-streams",
                    RETRY_AFTER_MS,
                )
            if longest_idle is not None:
                self._places.remove(longest_idle)
            self._places.add(place)
        if longest_idle is not None:
            longest_idle.call.end(grpc.StatusCode.UNAVAILABLE, "an idle stream made room for another; open a new one")
        try:
            yield place
        finally:
            with self._lock:
                self._places.discard(place)

    def end_idle(self, code: grpc.StatusCode, details: str) -> None:
        """End the streams that wait for their client's next request: nothing is lost with them."""
        with self._lock:
            idle = [place for place in self._places if place.idle_since is not None]
        for place in idle:
            place.call.end(code, details)

    def _longest_idle(self) -> Place | None:
        now_s = time.monotonic()
        idle = [(since, place) for place in self._places if (since := place.idle_since) is not None and since <= now_s]
        return min(idle, key=lambda entry: entry[0])[1] if idle else None
