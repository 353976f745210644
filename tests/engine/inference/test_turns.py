"""Turns at the graphs: fair over clients, in order within one, bounded, and never stuck."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import OrderedDict, deque
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reelmend.errors import CancelledError, CapacityError
from reelmend.inference.turns import LONGEST_RETRY_MS, SHORTEST_RETRY_MS, Turns


def until(condition: object, what: str) -> None:
    deadline = time.monotonic() + 10
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, f"{what} never came"
        time.sleep(0.001)


class Waiter(threading.Thread):
    """One graph run that waits for its turn, and may lose interest."""

    def __init__(self, turns: Turns, client: str, served: list[Waiter]) -> None:
        super().__init__(daemon=True)
        self._turns, self._client, self._served = turns, client, served
        self.gave_up = threading.Event()
        self.start()

    def run(self) -> None:
        with contextlib.suppress(CancelledError), self._turns.turn(self._client, self._check):
            self._served.append(self)

    def _check(self) -> None:
        if self.gave_up.is_set():
            raise CancelledError("no longer wanted")


def round_robin(clients: list[str]) -> list[int]:
    """Return the order in which waiting runs of these clients are due: the naive model."""
    queues: OrderedDict[str, deque[int]] = OrderedDict()
    for index, client in enumerate(clients):
        queues.setdefault(client, deque()).append(index)
    order = []
    while queues:
        client, queue = queues.popitem(last=False)
        order.append(queue.popleft())
        if queue:
            queues[client] = queue
    return order


@settings(max_examples=30, deadline=None)
@given(waiting=st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=10))
def test_clients_take_turns_and_who_gives_up_leaves_no_gap(waiting: list[tuple[str, bool]]) -> None:
    turns, served = Turns(), []
    with turns.turn("host"):
        waiters = []
        for index, (client, _) in enumerate(waiting):
            waiters.append(Waiter(turns, client, served))
            until(lambda index=index: turns.waiting == index + 1, "a place in the queue")
        leaving = [waiter for waiter, (_, leaves) in zip(waiters, waiting, strict=True) if leaves]
        for waiter in leaving:
            waiter.gave_up.set()
        for waiter in leaving:
            waiter.join(10)
        assert turns.waiting == len(waiters) - len(leaving)
    for waiter in waiters:
        waiter.join(10)
    staying = [waiter for waiter in waiters if waiter not in leaving]
    clients = [client for client, leaves in waiting if not leaves]
    if not leaving:
        assert served == [staying[index] for index in round_robin(clients)]
    assert set(served) == set(staying)
    for client in "abc":
        own = [waiter for waiter, name in zip(staying, clients, strict=True) if name == client]
        assert [waiter for waiter in served if waiter in own] == own, "first come, first served"
    with turns.turn("anyone"):
        assert turns.waiting == 0


@pytest.mark.parametrize("at_once", [1, 3])
def test_never_more_run_at_once_than_there_is_room_for(at_once: int) -> None:
    turns, running, most = Turns(at_once), set(), []

    def run(index: int) -> None:
        with turns.turn(str(index % 4)):
            running.add(index)
            most.append(len(running))
            time.sleep(0.002)
            running.discard(index)

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(run, range(40)))
    assert max(most) == at_once


def test_full_engine_refuses_with_a_time_to_retry_after() -> None:
    turns = Turns(at_once=1, most_waiting=2)
    with contextlib.ExitStack() as admitted:
        for _ in range(3):
            admitted.enter_context(turns.request())
        with pytest.raises(CapacityError, match="the engine is busy: 3 frames are on their way") as refusal:
            admitted.enter_context(turns.request())
        assert refusal.value.retry_after_ms is not None
        assert SHORTEST_RETRY_MS <= refusal.value.retry_after_ms <= LONGEST_RETRY_MS
    with turns.request():
        assert turns.admitted == 1


def test_hint_follows_how_long_requests_take() -> None:
    turns = Turns(at_once=1, most_waiting=0)

    def hint() -> int:
        with turns.request(), pytest.raises(CapacityError) as refusal, turns.request():
            pass
        return refusal.value.retry_after_ms or 0

    for _ in range(30):
        hint()
    assert hint() == SHORTEST_RETRY_MS
    for _ in range(20):
        with turns.request():
            time.sleep(0.08)
    assert hint() > SHORTEST_RETRY_MS


def test_turn_is_given_back_when_the_run_fails() -> None:
    turns = Turns()
    with pytest.raises(RuntimeError), turns.turn("host"):
        raise RuntimeError("a broken graph")
    with turns.turn("host") as waited_ms:
        assert waited_ms < 1000
