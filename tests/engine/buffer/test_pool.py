"""The pool of touched memory: what is garbage comes back, nothing in use is lent twice, all of it is counted."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from reelmend.buffer.memory import ContentMemory
from reelmend.buffer.pool import ALIGNMENT_BYTES, PlanesPool
from reelmend.frames import FrameFormat

FORM = FrameFormat(64, 48)
SIZE = 3 * 48 * 64 * 4


def address(planes: np.ndarray) -> int:
    return planes.ctypes.data


def test_memory_is_used_again_when_the_last_view_is_gone() -> None:
    pool = PlanesPool(ContentMemory(1 << 24), 1 << 22)
    planes = pool.take(FORM)
    before, view = address(planes), planes[1:, ::2][:, 5:]
    del planes
    assert address(pool.take(FORM)) != before, "a view still looks at it"
    view[0, 0] = 1
    del view
    assert address(pool.take(FORM)) == before


def test_planes_are_contiguous_aligned_and_of_the_form() -> None:
    pool = PlanesPool(ContentMemory(1 << 24), 1 << 22)
    planes = pool.take(FrameFormat(17, 3, 1))
    assert planes.shape == (1, 3, 17)
    assert planes.dtype == np.float32
    assert planes.flags.c_contiguous
    assert planes.flags.writeable
    assert address(planes) % ALIGNMENT_BYTES == 0
    assert pool.array((2, 5), np.float16).dtype == np.float16


def test_idle_memory_is_counted_and_bounded() -> None:
    memory = ContentMemory(1 << 24)
    pool = PlanesPool(memory, 3 * SIZE + SIZE // 2)
    lent = [pool.take(FORM) for _ in range(6)]
    assert memory.used_bytes == 0
    del lent
    assert pool.idle_bytes == memory.held_bytes == 3 * SIZE
    other = pool.take(FrameFormat(128, 96, 1))
    del other
    assert pool.idle_bytes <= 3 * SIZE + SIZE // 2, "the new size took the place of others"
    again = [pool.take(FORM) for _ in range(4)]
    assert pool.idle_bytes == memory.held_bytes
    assert len({address(planes) for planes in again}) == 4


def test_memory_without_room_lets_idle_buffers_go() -> None:
    memory = ContentMemory(SIZE // 2)
    pool = PlanesPool(memory, 1 << 22)
    del (planes := [pool.take(FORM)])[:]
    assert planes == []
    assert pool.idle_bytes == memory.held_bytes == 0


def test_evicted_entries_give_their_memory_back_to_the_next() -> None:
    memory = ContentMemory(4 * SIZE)
    pool = PlanesPool(memory, SIZE)
    seen = set()
    for number in range(50):
        planes = pool.take(FORM)
        seen.add(address(planes))
        memory.put(number, planes, planes.nbytes)
        del planes
        assert memory.used_bytes <= memory.budget_bytes
    assert len(seen) <= 6, "the same few buffers went round"


@settings(max_examples=50, deadline=None)
@given(steps=st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=60))
def test_nothing_in_use_is_ever_lent_twice(steps: list[tuple[int, bool]]) -> None:
    memory = ContentMemory(1 << 16)
    pool = PlanesPool(memory, 1 << 14)
    lent: list[np.ndarray] = []
    for size, keep in steps:
        array = pool.array((1000 * (size + 1),), np.uint8)
        array[:] = len(lent)
        if keep:
            lent.append(array)
        elif lent:
            lent.pop()
        del array
        assert [set(kept.tolist()) for kept in lent] == [{index} for index in range(len(lent))]
        assert memory.used_bytes == pool.idle_bytes


def test_threads_share_the_pool() -> None:
    memory = ContentMemory(1 << 24)
    pool = PlanesPool(memory, 1 << 22)

    def work(number: int) -> bool:
        planes = pool.take(FORM)
        planes[...] = number
        memory.put(number % 5, planes, planes.nbytes)
        return bool((planes == number).all())

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(work, range(300)))
    gc.collect()
    assert memory.held_bytes == pool.idle_bytes
