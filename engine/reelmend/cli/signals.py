"""Signals that end a command early, turned into an exception so that half-written files are cleaned up."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from reelmend.cli.main import Terminated


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP raise Terminated inside the block, so that they clean up as Ctrl-C does."""

    def stop(_number: int, _frame: Any) -> None:
        raise Terminated

    heeded = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in heeded}  # nohup's wish stands
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
