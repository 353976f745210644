"""Deadlines from one thread: in order, once, cancelled in time, and never a thread for each."""

from __future__ import annotations

import threading
import time

from reelmend.watchdog import Watchdog


def wait_for(condition: threading.Event) -> None:
    assert condition.wait(10), "the watchdog did not call"


def test_calls_come_in_the_order_of_their_times() -> None:
    dog, called, done = Watchdog(), [], threading.Event()
    dog.after(0.15, lambda: (called.append("late"), done.set()))
    dog.after(0.05, lambda: called.append("soon"))
    wait_for(done)
    assert called == ["soon", "late"]


def test_cancelled_call_never_comes() -> None:
    dog, called, done = Watchdog(), [], threading.Event()
    alarm = dog.after(0.05, lambda: called.append("cancelled"))
    alarm.cancel()
    dog.after(0.15, done.set)
    wait_for(done)
    assert called == []


def test_block_that_ends_in_time_is_not_called_and_one_that_does_not_is() -> None:
    dog, called = Watchdog(), threading.Event()
    with dog.guarding(0.3, called.set):
        pass
    assert not called.wait(0.5)
    with dog.guarding(0.05, called.set):
        wait_for(called)


def test_call_that_fails_does_not_end_the_thread() -> None:
    dog, done = Watchdog(), threading.Event()
    dog.after(0.01, lambda: 1 / 0)
    dog.after(0.05, done.set)
    wait_for(done)


def test_ten_thousand_alarms_take_one_thread_and_leave_nothing_behind() -> None:
    dog, before = Watchdog(), threading.active_count()
    started = time.monotonic()
    for _ in range(10_000):
        with dog.guarding(3600, lambda: None):
            pass
    assert threading.active_count() == before + 1
    assert len(dog._due) <= 128
    assert time.monotonic() - started < 10
