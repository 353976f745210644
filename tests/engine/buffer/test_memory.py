"""The content memory: bounded, least recently used out first, computed once, never a wrong answer."""

import threading
from collections import OrderedDict

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from reelmend.buffer.memory import ContentMemory
from reelmend.errors import CancelledError, CapacityError


class MemoryAgainstNaiveModel(RuleBasedStateMachine):
    """Drives the memory with random puts and gets beside the simplest thing that could be right."""

    BUDGET = 100

    def __init__(self) -> None:
        super().__init__()
        self.memory = ContentMemory(self.BUDGET)
        self.model: OrderedDict[int, int] = OrderedDict()

    @rule(key=st.integers(0, 12), size=st.integers(1, 120))
    def put(self, key: int, size: int) -> None:
        self.memory.put(key, (key, size), size)
        self.model.pop(key, None)
        if size <= self.BUDGET:
            self.model[key] = size
        while sum(self.model.values()) > self.BUDGET:
            self.model.popitem(last=False)

    @rule(key=st.integers(0, 12))
    def get(self, key: int) -> None:
        found = self.memory.get(key)
        if key in self.model:
            self.model.move_to_end(key)
            assert found == (key, self.model[key])
        else:
            assert found is None

    @rule(key=st.integers(0, 12), size=st.integers(1, 120))
    def get_or_compute(self, key: int, size: int) -> None:
        expected = (key, self.model.get(key, size))
        assert self.memory.get_or_compute(key, lambda: ((key, size), size)) == expected
        if key in self.model:
            self.model.move_to_end(key)
        elif size <= self.BUDGET:
            self.model[key] = size
            while sum(self.model.values()) > self.BUDGET:
                self.model.popitem(last=False)

    @invariant()
    def stays_within_its_budget(self) -> None:
        assert self.memory.used_bytes == sum(self.model.values()) <= self.BUDGET


TestMemoryAgainstNaiveModel = MemoryAgainstNaiveModel.TestCase
TestMemoryAgainstNaiveModel.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_eight_threads_that_ask_at_once_compute_once() -> None:
    memory, calls, barrier = ContentMemory(1000), [], threading.Barrier(8)
    answers: list[object] = []

    def compute() -> tuple[str, int]:
        calls.append(1)
        threading.Event().wait(0.05)
        return "feature", 10

    def ask() -> None:
        barrier.wait()
        answers.append(memory.get_or_compute("key", compute))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["feature"] * 8
    assert len(calls) == 1


def test_one_callers_failure_does_not_fail_the_others() -> None:
    memory, started = ContentMemory(1000), threading.Event()
    outcomes: list[object] = []

    def fails() -> tuple[str, int]:
        started.set()
        threading.Event().wait(0.05)
        raise RuntimeError("cancelled by its own client")

    def first() -> None:
        with pytest.raises(RuntimeError):
            memory.get_or_compute("key", fails)

    thread = threading.Thread(target=first)
    thread.start()
    started.wait()
    outcomes.append(memory.get_or_compute("key", lambda: ("good", 4)))
    thread.join()
    assert outcomes == ["good"]


def test_held_bytes_make_room_and_are_given_back() -> None:
    memory = ContentMemory(100)
    memory.put("old", "value", 60)
    memory.put("new", "value", 40)
    memory.hold(50)
    assert "old" not in memory
    assert "new" in memory
    assert (memory.used_bytes, memory.held_bytes) == (90, 50)
    memory.let_go(50)
    assert (memory.used_bytes, memory.held_bytes) == (40, 0)


def test_no_room_among_what_others_hold_says_when_to_retry() -> None:
    memory = ContentMemory(100)
    memory.hold(80)
    with pytest.raises(CapacityError, match="full of frames in flight") as refusal:
        memory.hold(30)
    assert refusal.value.retry_after_ms is not None
    with pytest.raises(CapacityError) as refusal:
        memory.hold(101)
    assert refusal.value.retry_after_ms is None, "no waiting helps"
    assert memory.held_bytes == 80
    memory.put("larger than what is left", "value", 30)
    assert memory.used_bytes == 80


def test_dropped_values_may_use_the_memory_from_their_finalisers() -> None:
    memory = ContentMemory(100)

    class Slot:
        def __del__(self) -> None:
            memory.hold(10)
            memory.let_go(10)

    for number in range(10):
        memory.put(number, Slot(), 30)
    assert memory.used_bytes == 90
    memory.hold(100)
    assert memory.used_bytes == 100


def test_who_waits_for_another_may_lose_interest() -> None:
    memory, started, release = ContentMemory(100), threading.Event(), threading.Event()

    def slow() -> tuple[str, int]:
        started.set()
        release.wait(10)
        return "value", 1

    thread = threading.Thread(target=lambda: memory.get_or_compute("key", slow))
    thread.start()
    started.wait()

    def gone() -> None:
        raise CancelledError("no longer wanted")

    with pytest.raises(CancelledError):
        memory.get_or_compute("key", slow, gone)
    release.set()
    thread.join()
    assert memory.get("key") == "value"
