"""Time spent on a request, and the caller's patience."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager

import grpc

from reelmend.errors import CancelledError, DeadlineError
from reelmend.server.calls import Call
from reelmend.watchdog import Watchdog

# How long after its deadline a request may go on in a step that asks nobody, such as reading from a silent client.
STALLED_S = 0.5
# A request without a deadline of its own ends when nothing moves for so long: it holds a stream and slots.
LONGEST_REQUEST_S = 3600.0

_deadlines = Watchdog("deadlines")


class Clock:
    """Measures the steps of one request, and ends its call when it is overdue."""

    def __init__(self, deadline_ms: int, call: Call) -> None:
        self._started = self._lap = time.perf_counter()
        self._deadline_ms = deadline_ms
        self._call = call

    @property
    def total_ms(self) -> float:
        return 1000 * (time.perf_counter() - self._started)

    def lap(self) -> float:
        """Return the milliseconds since the last lap."""
        now = time.perf_counter()
        spent_ms, self._lap = 1000 * (now - self._lap), now
        return spent_ms

    def guarding(self) -> AbstractContextManager[None]:
        """End the call soon after its deadline, even while it waits for a client that sends or takes nothing."""
        limit_s = self._deadline_ms / 1000 + STALLED_S if self._deadline_ms else LONGEST_REQUEST_S
        return _deadlines.guarding(limit_s, lambda: self._call.end(grpc.StatusCode.DEADLINE_EXCEEDED, self._overdue))

    def check(self) -> None:
        """Raise CancelledError or DeadlineError when the caller no longer wants the frame."""
        if not self._call.is_active:
            raise CancelledError("the client cancelled the request")
        if self._deadline_ms and self.total_ms > self._deadline_ms:
            raise DeadlineError(self._overdue)

    @property
    def _overdue(self) -> str:
        if not self._deadline_ms:
            return f"the frame was not ready within {LONGEST_REQUEST_S:.0f} s"
        return f"the frame was not ready within {self._deadline_ms} ms; raise the timeout"
