"""Work that goes on while the caller prepares the next frame, a few frames deep."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec

Arguments = ParamSpec("Arguments")


class Background:
    """Threads that work on at most as many tasks as there are, plus `waiting` more; with one thread, in order.

    The first error is raised by one of the next calls.
    """

    def __init__(self, threads: int, waiting: int = 0) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="reelmend-write")
        self._most = threads + waiting
        self._under_way: deque[Future[None]] = deque()

    def submit(self, task: Callable[Arguments, None], /, *arguments: Arguments.args, **named: Arguments.kwargs) -> None:
        """Take a task on, waiting for the oldest one first when there are enough."""
        while len(self._under_way) >= self._most:
            self._under_way.popleft().result()
        self._under_way.append(self._pool.submit(task, *arguments, **named))

    def drain(self) -> None:
        """Return when every task is done."""
        while self._under_way:
            self._under_way.popleft().result()

    def stop(self) -> None:
        """Drop the tasks that have not begun and wait for the others, whose errors no longer matter."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._under_way.clear()
