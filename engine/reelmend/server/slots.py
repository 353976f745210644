"""Slots: places for one frame each, leased to a stream's request from the engine's pool."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reelmend.buffer.memory import ContentMemory
from reelmend.frames import FrameFormat, Planes, SampleType
from reelmend.rpc.v1 import engine_pb2 as pb
from reelmend.server.blocks import Block
from reelmend.server.slot_pool import ENGINE, KEPT_FROM_BYTES, SlotPool
from reelmend.shared_memory import Samples, Segment, samples_in


@dataclass(slots=True, eq=False)
class Slot:
    """A block leased for the pixels of one frame. `message` names it to the client."""

    block: Block
    form: FrameFormat
    sample_type: SampleType = SampleType.FLOAT32

    @property
    def planes(self) -> Samples:
        """The pixels, where they lie. Made anew each time: whoever keeps a slot must not keep its memory."""
        return samples_in(self.block.memory.bytes, self.form, 0, self.sample_type)

    @property
    def message(self) -> pb.Slot:
        size_bytes = self.form.size_bytes // 4 * self.sample_type.size_bytes
        assert isinstance(self.block.memory, Segment), "memory of the engine's own is named to nobody"
        return pb.Slot(segment=self.block.memory.name, offset_bytes=0, size_bytes=size_bytes)


class SlotLease:
    """The slots of one stream. They stay with their request until `start_request`; then they may be used again."""

    def __init__(self, pool: SlotPool | None = None, owner: str = "") -> None:
        self._pool = pool or SlotPool(ContentMemory(1 << 30))
        self._owner = owner
        self._in_use: list[Slot] = []
        self._pool.join(owner)

    def start_request(self) -> None:
        """Take back the last request's slots."""
        for slot in self._in_use:
            self._pool.give_back(slot.block)
        self._in_use = []

    def slot(self, form: FrameFormat, sample_type: SampleType = SampleType.FLOAT32, digest: bytes = b"") -> Slot | None:
        """Return a slot of shared memory for one frame, or None when the machine has none left.

        `digest` names the frame that is to come, when it is one that may be kept. Raises CapacityError.
        """
        return self._slot(self._owner, form, sample_type, digest)

    def private_slot(self, form: FrameFormat, digest: bytes) -> Slot | None:
        """Return a place that no client can map, or None when there is no memory. Raises CapacityError."""
        return self._slot(ENGINE, form, SampleType.FLOAT32, digest)

    def keep(self, slot: Slot, digest: bytes) -> Samples:
        """Return the float32 or float16 pixels of a filled slot, to be kept as long as anybody reads them.

        A large frame keeps its slot, which is no longer the lease's; halves are expanded into memory of the engine's
        own; a small frame or a proxy (no digest) is copied.
        """
        if slot.form.size_bytes < KEPT_FROM_BYTES or not digest:
            return slot.planes.copy()
        if slot.sample_type is not SampleType.FLOAT32:
            expanded = self.private_slot(slot.form, digest)
            if expanded is None:
                return slot.planes
            np.copyto(expanded.planes, slot.planes)
            slot = expanded
        self._in_use.remove(slot)
        planes: Planes = self._pool.keep(slot.block, slot.form, digest)
        return planes

    def _slot(self, owner: str, form: FrameFormat, sample_type: SampleType, digest: bytes) -> Slot | None:
        block = self._pool.take(owner, form.size_bytes // 4 * sample_type.size_bytes, digest)
        if block is None:
            return None
        self._in_use.append(Slot(block, form, sample_type))
        return self._in_use[-1]

    def close(self, *, is_broken: bool = False) -> None:
        """Give everything back; after a failure the client may still be writing, and its slots are not used again."""
        for slot in self._in_use:
            (self._pool.destroy if is_broken else self._pool.give_back)(slot.block)
        self._in_use = []
        self._pool.leave(self._owner)
