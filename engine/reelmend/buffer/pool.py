"""Planes whose memory has been touched before: the first touch of fresh memory costs more than the copy into it."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
import numpy.typing as npt

from reelmend.buffer.memory import ContentMemory
from reelmend.errors import CapacityError
from reelmend.frames import FrameFormat, Planes

ALIGNMENT_BYTES = 64
STEP_BYTES = 4096

Bytes = npt.NDArray[np.uint8]


class PlanesPool:
    """Recycled memory for planes and other arrays. Thread-safe.

    An array goes back to the pool by itself when it and all its views are garbage. Buffers that wait for reuse count
    as held bytes of `memory`, about `idle_bytes` of them at most.

    Giving back happens in finalisers, which run anywhere, even inside someone's lock: the pool has none of its own and
    lives on the atomic operations of dict and deque.
    """

    def __init__(self, memory: ContentMemory, idle_bytes: int) -> None:
        self._memory = memory
        self._idle_limit_bytes = idle_bytes
        self._idle: dict[int, deque[Bytes]] = {}

    @property
    def idle_bytes(self) -> int:
        return sum(size_bytes * len(buffers) for size_bytes, buffers in list(self._idle.items()))

    def take(self, form: FrameFormat) -> Planes:
        """Return planes of that format with arbitrary content."""
        return self.array(form.shape, np.float32)

    def output(self, _name: str, form: FrameFormat) -> Planes:
        """Return planes for an output that nobody gave a place."""
        return self.take(form)

    def array(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """Return a C-contiguous array with arbitrary content, aligned to 64 bytes."""
        kind = np.dtype(dtype)
        size_bytes = int(np.prod(shape, dtype=np.int64)) * kind.itemsize
        raw = self._idle_or_new(-(-max(size_bytes, 1) // STEP_BYTES) * STEP_BYTES)
        return np.asarray(_Lent(self, raw))[:size_bytes].view(kind).reshape(shape)

    def give_back(self, raw: Bytes) -> None:
        """Keep a buffer for reuse in place of buffers of other sizes, or let it go when enough of its size wait."""
        if not self._made_room(raw.nbytes):
            return
        try:
            self._memory.hold(raw.nbytes)
        except CapacityError:
            return
        self._idle.setdefault(raw.nbytes, deque()).append(raw)

    def _made_room(self, size_bytes: int) -> bool:
        while self.idle_bytes + size_bytes > self._idle_limit_bytes:
            if not any(self._pop(other) is not None for other in list(self._idle) if other != size_bytes):
                return False
        return True

    def _idle_or_new(self, size_bytes: int) -> Bytes:
        reused = self._pop(size_bytes)
        return _aligned(size_bytes) if reused is None else reused

    def _pop(self, size_bytes: int) -> Bytes | None:
        try:
            # The one that came back last is the likeliest to lie in the processor's cache.
            raw = self._idle[size_bytes].pop()
        except (KeyError, IndexError):
            return None
        self._memory.let_go(size_bytes)
        return raw


class _Lent:
    """The owner of a lent buffer: every view keeps it alive, its end gives the buffer back."""

    def __init__(self, pool: PlanesPool, raw: Bytes) -> None:
        self._pool = pool
        self._raw = raw
        self.__array_interface__ = raw.__array_interface__

    def __del__(self) -> None:
        self._pool.give_back(self._raw)


def _aligned(size_bytes: int) -> Bytes:
    raw = np.empty(size_bytes + ALIGNMENT_BYTES, dtype=np.uint8)
    start = -raw.ctypes.data % ALIGNMENT_BYTES
    return raw[start : start + size_bytes]
