"""Shared-memory slots leased to one stream: made when first needed, reused by later requests, gone with the stream."""

from __future__ import annotations

from dataclasses import dataclass

from reelmend.errors import UnavailableError
from reelmend.frames import FrameFormat, Planes
from reelmend.rpc.v1 import engine_pb2 as pb
from reelmend.shared_memory import Segment

PAGE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Slot:
    segment: Segment
    form: FrameFormat

    @property
    def planes(self) -> Planes:
        return self.segment.planes(self.form)

    @property
    def message(self) -> pb.Slot:
        return pb.Slot(segment=self.segment.name, offset_bytes=0, size_bytes=self.form.size_bytes)


class SlotLease:
    """The slots of one stream. A slot stays with its request until `start_request`; then it may be handed out again."""

    def __init__(self) -> None:
        self._free: list[Segment] = []
        self._in_use: list[Segment] = []

    def start_request(self) -> None:
        """Take back the last request's slots, and let go of those that it had no use for."""
        for segment in self._free:
            segment.close()
        self._free, self._in_use = self._in_use, []

    def slot(self, form: FrameFormat) -> Slot | None:
        """Return a slot for one frame, or None when the machine has no shared memory left."""
        wanted = -(-form.size_bytes // PAGE_BYTES) * PAGE_BYTES
        segment = next((segment for segment in self._free if segment.size_bytes == wanted), None)
        if segment is not None:
            self._free.remove(segment)
        else:
            try:
                segment = Segment(wanted)
            except UnavailableError:
                return None
        self._in_use.append(segment)
        return Slot(segment, form)

    def close(self) -> None:
        for segment in self._free + self._in_use:
            segment.close()
        self._free, self._in_use = [], []
