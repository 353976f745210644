"""Content-addressed memory with a byte budget: the longest unused leaves first, nothing is computed twice."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any


class ContentMemory:
    """A map from content names to arrays, bounded in bytes, shared by all clients. Thread-safe.

    Keys name content (digest, model, form, …), never time or place, so that an entry is right for whoever asks.
    An entry may vanish at any moment: callers keep a reference to what they still need.
    """

    def __init__(self, budget_bytes: int) -> None:
        self.budget_bytes = budget_bytes
        self._entries: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._in_progress: dict[Hashable, Future[Any]] = {}
        self._used_bytes = 0
        self._lock = threading.Lock()

    @property
    def used_bytes(self) -> int:
        return self._used_bytes

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
        with self._lock:
            if key in self._entries:
                self._used_bytes -= self._entries.pop(key)[1]
            if size_bytes > self.budget_bytes:
                return
            self._entries[key] = (value, size_bytes)
            self._used_bytes += size_bytes
            while self._used_bytes > self.budget_bytes:
                _, (_, freed_bytes) = self._entries.popitem(last=False)
                self._used_bytes -= freed_bytes

    def get_or_compute(self, key: Hashable, compute: Callable[[], tuple[Any, int]]) -> Any:
        """Return the entry, computing it when it is not there: once, even when many threads ask at the same time.

        `compute` returns the value and its size in bytes. When it raises, every waiting thread computes for itself: one
        caller's cancellation must not fail another's frame.
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
            if future.exception() is None:
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
