"""Calls functions at their time from one thread, however many there are: deadlines without a thread for each."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterator

logger = logging.getLogger(__name__)


class Watchdog:
    """One thread, started at the first use, that calls what is due. Functions must be short: they share the thread."""

    def __init__(self, name: str = "watchdog") -> None:
        self._name = name
        self._due: list[tuple[float, int, _Alarm]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def after(self, delay_s: float, call: Callable[[], object]) -> _Alarm:
        """Call `call` once in `delay_s` seconds, unless the alarm that is returned is cancelled before."""
        alarm = _Alarm(call)
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + delay_s, next(self._order), alarm))
            self._forget_cancelled()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            if self._due[0][2] is alarm:
                self._changed.notify()
        return alarm

    @contextlib.contextmanager
    def guarding(self, delay_s: float, call: Callable[[], object]) -> Iterator[None]:
        """Call `call` unless the block ends within `delay_s` seconds."""
        alarm = self.after(delay_s, call)
        try:
            yield
        finally:
            alarm.cancel()

    def _forget_cancelled(self) -> None:
        """Drop cancelled alarms when they are the most: requests that end in time must not pile up until their time."""
        if len(self._due) > 64 and sum(alarm.call is None for _, _, alarm in self._due) > len(self._due) // 2:
            self._due = [entry for entry in self._due if entry[2].call is not None]
            heapq.heapify(self._due)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._due or (wait_s := self._due[0][0] - time.monotonic()) > 0:
                    self._changed.wait(wait_s if self._due else None)
                call = heapq.heappop(self._due)[2].take()
            if call is not None:
                try:
                    call()
                except Exception:
                    logger.exception("a deadline's action failed")
                del call


class _Alarm:
    """One call to come."""

    def __init__(self, call: Callable[[], object]) -> None:
        self.call: Callable[[], object] | None = call

    def cancel(self) -> None:
        """Make sure that it is not called any more; a call that has begun goes on."""
        self.call = None

    def take(self) -> Callable[[], object] | None:
        call, self.call = self.call, None
        return call
