"""Turns at the graphs: clients go round robin, first come first served within one, never more at once than there is
room for."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator

from reelmend.errors import CapacityError

ASK_EVERY_S = 0.05
"""How often a thread that waits asks whether its caller still wants the frame."""
MOST_WAITING = 256
SHORTEST_RETRY_MS, LONGEST_RETRY_MS = 20, 10_000
FIRST_GUESS_MS = 100.0
MEMORY_OF_TIMES = 0.2
"""The say of the newest request in the mean time of requests."""

Check = Callable[[], None]


class Turns:
    """A fair, bounded queue for graph runs. Thread-safe.

    A *request* is one frame on its way: it is admitted once, or refused with CapacityError when `most_waiting` are in
    already. An admitted request then takes a *turn* for each graph run and is never refused again. A turn is held
    during the run alone: who holds one waits for nobody, so that no cycle of waiting can form.
    """

    def __init__(self, at_once: int = 1, most_waiting: int = MOST_WAITING) -> None:
        self.at_once = at_once
        self.most_waiting = most_waiting
        self._lock = threading.Lock()
        self._queues: OrderedDict[str, deque[threading.Event]] = OrderedDict()
        self._running = 0
        self._admitted = 0
        self._request_ms = FIRST_GUESS_MS

    @property
    def waiting(self) -> int:
        """How many graph runs wait for their turn now."""
        with self._lock:
            return sum(map(len, self._queues.values()))

    @property
    def admitted(self) -> int:
        """How many requests are on their way now."""
        return self._admitted

    @contextlib.contextmanager
    def request(self) -> Iterator[None]:
        """Admit a request for the length of the block. Raises CapacityError with a retry hint when the engine is full.

        The hint is the time in which half of the queue should be done, judged by recent requests.
        """
        with self._lock:
            if self._admitted >= self.most_waiting + self.at_once:
                raise CapacityError(
                    f"the engine is busy: {self._admitted} frames are on their way; try again soon",
                    self._retry_after_ms(),
                )
            self._admitted += 1
        started = time.perf_counter()
        try:
            yield
            self._learn(1000 * (time.perf_counter() - started))
        finally:
            with self._lock:
                self._admitted -= 1

    @contextlib.contextmanager
    def turn(self, client: str, check: Check = lambda: None) -> Iterator[float]:
        """Wait for a turn, then hold it for the length of the block; gives the milliseconds waited.

        `check` is asked every 50 ms at most and may raise: then the place in the queue is given up.
        """
        waited_ms = self._wait(client, check)
        try:
            yield waited_ms
        finally:
            with self._lock:
                self._running -= 1
                self._call_next()

    def _wait(self, client: str, check: Check) -> float:
        called = threading.Event()
        with self._lock:
            self._queues.setdefault(client, deque()).append(called)
            self._call_next()
        started = time.perf_counter()
        try:
            while not called.wait(ASK_EVERY_S):
                check()
        except BaseException:
            self._give_up(client, called)
            raise
        return 1000 * (time.perf_counter() - started)

    def _call_next(self) -> None:
        while self._running < self.at_once and self._queues:
            client, queue = next(iter(self._queues.items()))
            self._running += 1
            queue.popleft().set()
            del self._queues[client]
            if queue:
                self._queues[client] = queue  # to the end of the round

    def _give_up(self, client: str, called: threading.Event) -> None:
        with self._lock:
            if called.is_set():
                self._running -= 1
                self._call_next()
                return
            queue = self._queues[client]
            queue.remove(called)
            if not queue:
                del self._queues[client]

    def _learn(self, spent_ms: float) -> None:
        with self._lock:
            self._request_ms += MEMORY_OF_TIMES * (spent_ms - self._request_ms)

    def _retry_after_ms(self) -> int:
        # A request's time holds the waiting behind all the others, so half of it is half of the queue.
        return int(min(max(self._request_ms / 2, SHORTEST_RETRY_MS), LONGEST_RETRY_MS))
