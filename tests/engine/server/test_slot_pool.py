"""The pool of slots: recycled by size, never shared between clients, within its budget, whatever the order."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from reelmend.buffer.memory import ContentMemory
from reelmend.errors import CapacityError
from reelmend.frames import FrameFormat, SampleType, content_digest
from reelmend.server import slot_pool
from reelmend.server.blocks import frame_key, size_class
from reelmend.server.slot_pool import ENGINE, FIRST_RING, SPARES, SlotPool
from reelmend.server.slots import Slot, SlotLease
from reelmend.shared_memory import FOLDER, Segment

BIG = FrameFormat(512, 256)  # 1.5 MiB: kept in its slot
SMALL = FrameFormat(64, 32)


@pytest.fixture
def memory() -> ContentMemory:
    return ContentMemory(256 << 20)


@pytest.fixture
def pool(memory: ContentMemory) -> Iterator[SlotPool]:
    made = SlotPool(memory)
    yield made
    for owner in list(made._streams):
        if owner != ENGINE:
            for _ in range(made._streams[owner]):
                made.leave(owner)


def names(slot: Slot) -> Path:
    return FOLDER / slot.message.segment[1:]


def filled(lease: SlotLease, seed: int, form: FrameFormat = BIG) -> tuple[Slot, bytes]:
    planes = np.random.default_rng(seed).random(form.shape, dtype=np.float32)
    digest = content_digest(planes)
    slot = lease.slot(form, digest=digest)
    assert slot is not None
    slot.planes[...] = planes
    return slot, digest


def kept(lease: SlotLease, memory: ContentMemory, seed: int) -> tuple[Slot, bytes]:
    slot, digest = filled(lease, seed)
    planes = lease.keep(slot, digest)
    memory.put(frame_key(digest), planes, planes.nbytes)
    return slot, digest


def settle(pool: SlotPool) -> None:
    """Wait until the spares are made."""
    pool._maker.submit(lambda: None).result(10)


@pytest.mark.parametrize("size_bytes", [1, 4096, 4097, 691_200, 24_883_200, 99_532_800])
def test_segment_sizes_are_whole_pages_and_waste_an_eighth_at_most(size_bytes: int) -> None:
    found = size_class(size_bytes)
    assert found % 4096 == 0
    assert size_bytes <= found <= max(4096, size_bytes * 9 // 8 + 4096)


def test_slot_of_the_last_request_is_used_again(pool: SlotPool) -> None:
    lease = SlotLease(pool, "a")
    first = lease.slot(SMALL)
    lease.start_request()
    second = lease.slot(SMALL)
    assert first is not None
    assert second is not None
    assert first.message.segment == second.message.segment


def test_no_slot_ever_passes_from_one_client_to_another(pool: SlotPool) -> None:
    one, other = SlotLease(pool, "one"), SlotLease(pool, "other")
    given = one.slot(SMALL)
    assert given is not None
    one.start_request()
    taken = other.slot(SMALL)
    assert taken is not None
    assert names(taken) != names(given)
    path = names(given)
    one.close()
    assert not path.exists()
    again = other.slot(SMALL)
    assert again is not None
    assert names(again) not in (path, names(taken))


def test_kept_frame_is_the_slot_itself_and_comes_back_when_forgotten(pool: SlotPool, memory: ContentMemory) -> None:
    lease = SlotLease(pool, "a")
    slot, digest = kept(lease, memory, 1)
    settle(pool)
    assert np.shares_memory(memory.get(frame_key(digest)), slot.planes)
    before = pool.segments
    memory.forget(frame_key(digest))
    lease.start_request()
    taken = [lease.slot(BIG) for _ in range(before)]
    assert pool.segments == before
    assert slot.message.segment in {other.message.segment for other in taken if other is not None}


def test_small_frames_proxies_and_halves_leave_their_slot(pool: SlotPool, memory: ContentMemory) -> None:
    lease = SlotLease(pool, "a")
    slot, digest = filled(lease, 2, SMALL)
    assert not np.shares_memory(lease.keep(slot, digest), slot.planes)
    proxy, _ = filled(lease, 3)
    assert not np.shares_memory(lease.keep(proxy, b""), proxy.planes)
    halves = lease.slot(BIG, SampleType.FLOAT16, digest=b"h" * 16)
    assert halves is not None
    halves.planes[...] = 0.5
    expanded = lease.keep(halves, b"h" * 16)
    assert expanded.dtype == np.float32
    assert (expanded == 0.5).all()


def test_ring_stays_small_in_sequence_and_widens_when_a_frame_comes_again(
    memory: ContentMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slot_pool, "FIRST_RING_BYTES", 0)
    pool = SlotPool(memory)
    lease = SlotLease(pool, "a")
    digests = []
    for seed in range(3 * FIRST_RING):
        lease.start_request()
        digests.append(kept(lease, memory, seed)[1])
        settle(pool)
    assert pool.segments <= FIRST_RING + 2 + SPARES
    assert frame_key(digests[0]) not in memory
    assert all(frame_key(digest) in memory for digest in digests[-FIRST_RING:])
    for seed in range(2 * FIRST_RING):
        lease.start_request()
        kept(lease, memory, seed)
    assert pool.segments > FIRST_RING + 2 + SPARES
    lease.close()


def test_frame_of_another_client_is_copied_and_checked_before_it_serves(pool: SlotPool, memory: ContentMemory) -> None:
    lease = SlotLease(pool, "one")
    slot, digest = kept(lease, memory, 4)
    pool.admit("one", [digest])
    assert np.shares_memory(memory.get(frame_key(digest)), slot.planes)
    pool.admit("other", [digest])
    copy = memory.get(frame_key(digest))
    assert copy is not None
    assert not np.shares_memory(copy, slot.planes)
    slot.planes[...] = 0  # what a client that still has the slot mapped may do
    assert content_digest(copy) == digest


def test_frame_that_its_client_changed_afterwards_serves_nobody_else(pool: SlotPool, memory: ContentMemory) -> None:
    lease = SlotLease(pool, "one")
    slot, digest = kept(lease, memory, 5)
    slot.planes[0, 0, 0] += 1
    pool.admit("other", [digest])
    assert memory.get(frame_key(digest)) is None


def test_slots_that_a_broken_stream_may_still_write_to_are_not_used_again(pool: SlotPool) -> None:
    first, second = SlotLease(pool, "a"), SlotLease(pool, "a")
    slot = first.slot(SMALL)
    assert slot is not None
    path = names(slot)
    first.close(is_broken=True)
    assert not path.exists()
    other = second.slot(SMALL)
    assert other is not None
    assert names(other) != path


def test_idle_slots_are_let_go_of_after_a_while(pool: SlotPool, monkeypatch: pytest.MonkeyPatch) -> None:
    lease = SlotLease(pool, "a")
    lease.slot(SMALL)
    lease.start_request()
    pool.let_go_of_idle()
    assert pool.segments == 1
    monkeypatch.setattr(slot_pool, "IDLE_S", -1.0)
    pool.let_go_of_idle()
    assert (pool.segments, pool.size_bytes) == (0, 0)


def test_slots_in_flight_beyond_the_budget_are_refused_with_a_hint() -> None:
    memory = ContentMemory(4 << 20)
    pool = SlotPool(memory)
    lease = SlotLease(pool, "a")
    lease.slot(BIG)
    lease.slot(BIG)
    with pytest.raises(CapacityError, match="full of frames in flight") as caught:
        lease.slot(BIG)
    assert caught.value.retry_after_ms is not None
    lease.close()
    assert memory.used_bytes == 0


def test_full_shared_memory_is_no_slot_and_no_error(pool: SlotPool, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_size_bytes: int) -> Segment:
        raise slot_pool.UnavailableError("no shared memory")

    monkeypatch.setattr(slot_pool, "Segment", fails)
    assert SlotLease(pool, "a").slot(SMALL) is None
    assert pool.segments == 0


class PoolUnderRandomUse(RuleBasedStateMachine):
    """Clients come and go, take slots, keep frames, break off; frames are evicted and forgotten in between."""

    slots = Bundle("slots")
    BUDGET = 24 << 20

    def __init__(self) -> None:
        super().__init__()
        self.memory = ContentMemory(self.BUDGET)
        self.pool = SlotPool(self.memory, most_segments=12)
        self.leases: dict[str, SlotLease] = {}
        self.owner_of: dict[str, str] = {}
        self.live: dict[int, tuple[SlotLease, Slot]] = {}
        self.serial = 0

    def lease(self, owner: str) -> SlotLease:
        if owner not in self.leases:
            self.leases[owner] = SlotLease(self.pool, owner)
        return self.leases[owner]

    @rule(target=slots, owner=st.sampled_from("abc"), form=st.sampled_from([BIG, SMALL]))
    def take(self, owner: str, form: FrameFormat) -> int:
        lease = self.lease(owner)
        self.serial += 1
        try:
            slot = lease.slot(form, digest=self.serial.to_bytes(16, "big"))
        except CapacityError:
            return -1
        assert slot is not None
        assert self.owner_of.setdefault(slot.message.segment, owner) == owner
        assert all(other is not slot.block for _, s in self.live.values() for other in [s.block])
        slot.planes[...] = self.serial
        self.live[self.serial] = (lease, slot)
        return self.serial

    @rule(serial=consumes(slots))
    def keep(self, serial: int) -> None:
        lease, slot = self.live.pop(serial, (None, None))
        if lease is None or slot is None:
            return
        digest = serial.to_bytes(16, "big")
        planes = lease.keep(slot, digest)
        assert (planes == serial).all()
        self.memory.put(frame_key(digest), planes, planes.nbytes)
        if slot.form.size_bytes < slot_pool.KEPT_FROM_BYTES:
            self.live[serial] = (lease, slot)

    @rule(serial=st.integers(1, 60))
    def forget(self, serial: int) -> None:
        self.memory.forget(frame_key(serial.to_bytes(16, "big")))

    @rule(owner=st.sampled_from("abc"))
    def next_request(self, owner: str) -> None:
        self.lease(owner).start_request()
        self.live = {n: (le, s) for n, (le, s) in self.live.items() if le is not self.leases[owner]}

    @rule(owner=st.sampled_from("abc"), is_broken=st.booleans())
    def end(self, owner: str, is_broken: bool) -> None:
        if owner in self.leases:
            lease = self.leases.pop(owner)
            lease.close(is_broken=is_broken)
            self.live = {n: (le, s) for n, (le, s) in self.live.items() if le is not lease}

    @invariant()
    def kept_frames_are_what_was_put_there(self) -> None:
        for serial in range(1, self.serial + 1):
            planes = self.memory.get(frame_key(serial.to_bytes(16, "big")))
            assert planes is None or (planes == serial).all()

    @invariant()
    def budget_is_kept(self) -> None:
        assert 0 <= self.memory.held_bytes <= self.memory.used_bytes <= self.BUDGET
        assert self.pool.size_bytes >= 0

    def teardown(self) -> None:
        for lease in self.leases.values():
            lease.close()
        self.live.clear()
        for serial in range(1, self.serial + 1):
            self.memory.forget(frame_key(serial.to_bytes(16, "big")))
        self.pool._maker.shutdown(wait=True)
        gc.collect()
        self.pool.let_go_of_idle()
        assert (self.pool.segments, self.pool.size_bytes, self.memory.used_bytes) == (0, 0, 0)


TestPoolUnderRandomUse = PoolUnderRandomUse.TestCase
TestPoolUnderRandomUse.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
