"""How a failed action, and what Python callables raised meanwhile, reach the caller."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from .errors import OfxError, SourceWarning
from .events import EventLog

Result = TypeVar("Result")
Abort = Callable[[], bool] | threading.Event


def abort_check(abort: Abort | None) -> Callable[[], bool] | None:
    """Return what the plug-in polls, or None for never. On the main thread it also lets Ctrl-C through."""
    if abort is None and threading.current_thread() is not threading.main_thread():
        return None
    asked = abort.is_set if isinstance(abort, threading.Event) else abort
    # Any Python call lets a pending signal raise; the native host counts that as an abort and keeps the exception.
    return asked or (lambda: False)


def on_a_worker_thread(work: Callable[[], Result]) -> Result:
    """Return what `work` returns on a thread that is not the main one, where it may already be."""
    if threading.current_thread() is not threading.main_thread():
        return work()
    with ThreadPoolExecutor(1, "pyopenfx-worker") as pool:
        return pool.submit(work).result()


@contextmanager
def reporting(log: EventLog, plugin: str, action: str, frame: float | None) -> Iterator[None]:
    """Turn a refusal into an OfxError that says which plug-in, action and frame, and in the plug-in's words why.

    What a callable raised meanwhile is the error's cause, or a SourceWarning when the action succeeded all the same;
    KeyboardInterrupt and SystemExit go on as they are.
    """
    raised_before, said_before = len(log.errors), len(log.messages)
    failure: OfxError | None = None
    try:
        yield
    except OfxError as refusal:
        failure = refusal
    raised = log.errors[raised_before:]
    for error in raised:
        if not isinstance(error, Exception):
            raise error
    where = action if frame is None else f"{action} of frame {frame:g}"
    if failure is None:
        for error in raised:
            warnings.warn(f"{plugin}: {where} succeeded although {error!r}", SourceWarning, stacklevel=4)
        return
    said = dict.fromkeys(message.text for message in log.messages[said_before:] if message.kind in ("error", "fatal"))
    text = f"{plugin}: {where} failed: {'; '.join(said) or failure.message}"
    raise OfxError(failure.status, text) from (raised[0] if raised else failure)
