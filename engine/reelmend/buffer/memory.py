"""Content-addressed memory with a byte budget: the longest unused leaves first, nothing is computed twice."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

from reelmend.errors import CapacityError

ASK_EVERY_S = 0.05
"""How often a thread that waits asks whether its caller still wants the frame."""
RETRY_AFTER_MS = 100
"""When held bytes may be free again: about the time of a frame."""


class ContentMemory:
    """A map from content names to arrays, bounded in bytes, shared by all clients. Thread-safe and re-entrant.

    Keys name content (digest, model, form, …), never time or place, so that an entry is right for whoever asks.
    An entry may vanish at any moment: callers keep a reference to what they still need. Bytes that lie outside of the
    entries but count towards the budget (slots in flight, buffers that wait for reuse) are held and let go of.

    Dropping an entry may run the finaliser of its array, which may call `hold` or `let_go` in turn: values are
    therefore dropped after the books are closed, outside of the lock.
    """

    def __init__(self, budget_bytes: int) -> None:
        self.budget_bytes = budget_bytes
        self._entries: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._in_progress: dict[Hashable, Future[Any]] = {}
        self._used_bytes = 0
        self._held_bytes = 0
        self._lock = threading.RLock()

    @property
    def used_bytes(self) -> int:
        """Bytes of the entries and of what is held: at most the budget."""
        return self._used_bytes

    @property
    def held_bytes(self) -> int:
        return self._held_bytes

    def __contains__(self, key: Hashable) -> bool:
        with self._lock:
            return key in self._entries

    def get(self, key: Hashable) -> Any | None:
        """Return the entry, or None; it becomes the most recently used."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            self._entries.move_to_end(key)
            return entry[0]

    def put(self, key: Hashable, value: Any, size_bytes: int) -> None:
        """Keep `value`; forget the longest unused entries beyond the budget. Larger than the budget: not kept."""
        dropped: list[Any] = []
        with self._lock:
            if key in self._entries:
                dropped.append(self._remove(key))
            if size_bytes + self._held_bytes <= self.budget_bytes:
                self._entries[key] = (value, size_bytes)
                self._used_bytes += size_bytes
                self._evict(dropped, self.budget_bytes)

    def forget(self, key: Hashable) -> None:
        """Drop the entry when it is there."""
        with self._lock:
            dropped = self._remove(key) if key in self._entries else None
        del dropped

    def hold(self, size_bytes: int) -> None:
        """Count bytes outside of the entries, making room for them.

        Raises CapacityError, with a time to retry after, when what others hold leaves no room.
        """
        dropped: list[Any] = []
        with self._lock:
            if self._held_bytes + size_bytes > self.budget_bytes:
                raise CapacityError(
                    f"the engine's memory of {self.budget_bytes >> 20} MiB is full of frames in flight, and "
                    f"{-(-size_bytes >> 20)} MiB more are wanted; try again soon, or start it with more --memory",
                    RETRY_AFTER_MS if size_bytes <= self.budget_bytes else None,
                )
            self._held_bytes += size_bytes
            self._used_bytes += size_bytes
            self._evict(dropped, self.budget_bytes)

    def let_go(self, size_bytes: int) -> None:
        """Take back what `hold` counted."""
        with self._lock:
            self._held_bytes -= size_bytes
            self._used_bytes -= size_bytes

    def get_or_compute(
        self, key: Hashable, compute: Callable[[], tuple[Any, int]], check: Callable[[], None] = lambda: None
    ) -> Any:
        """Return the entry, computing it when it is not there: once, even when many threads ask at the same time.

        `compute` returns the value and its size in bytes. When it raises, one of the waiting threads computes for
        itself: one caller's cancellation must not fail another's frame. `check` is asked while waiting for another
        thread, and raises when the caller has lost interest.
        """
        while True:
            with self._lock:
                if (entry := self._entries.get(key)) is not None:
                    self._entries.move_to_end(key)
                    return entry[0]
                future = self._in_progress.get(key)
                mine = future is None
                if future is None:
                    future = self._in_progress[key] = Future()
            if mine:
                return self._compute_for_all(key, compute, future)
            if _succeeded(future, check):
                return future.result()

    def _compute_for_all(self, key: Hashable, compute: Callable[[], tuple[Any, int]], future: Future[Any]) -> Any:
        try:
            value, size_bytes = compute()
        except BaseException as error:
            with self._lock:
                del self._in_progress[key]
            future.set_exception(error)
            raise
        self.put(key, value, size_bytes)
        with self._lock:
            del self._in_progress[key]
        future.set_result(value)
        return value

    def _evict(self, dropped: list[Any], target_bytes: int) -> None:
        while self._used_bytes > target_bytes and self._entries:
            dropped.append(self._remove(next(iter(self._entries))))

    def _remove(self, key: Hashable) -> Any:
        value, size_bytes = self._entries.pop(key)
        self._used_bytes -= size_bytes
        return value


def _succeeded(future: Future[Any], check: Callable[[], None]) -> bool:
    while True:
        try:
            return future.exception(ASK_EVERY_S) is None
        except FutureTimeoutError:
            check()
