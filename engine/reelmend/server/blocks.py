"""Pieces of memory for frames: whose they are, how large, and what brings them back."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from reelmend.shared_memory import OwnMemory, Segment


def size_class(size_bytes: int) -> int:
    """Return the segment size for so many bytes: whole pages, at most an eighth more than wanted."""
    step = max(4096, 1 << max(0, size_bytes.bit_length() - 4))
    return -(-max(size_bytes, 1) // step) * step


@dataclass(slots=True, eq=False)
class Block:
    """A piece of memory and whose it is; `held_bytes` of it count as held by the content memory, the rest as an entry.

    `made` is None until the memory is there; `digest` names the frame that it holds for the content memory.
    """

    made: Segment | OwnMemory | None
    owner: str
    size_bytes: int
    held_bytes: int
    free_since: float = 0.0
    digest: bytes = b""

    @property
    def is_made(self) -> bool:
        return self.made is not None

    @property
    def memory(self) -> Segment | OwnMemory:
        assert self.made is not None
        return self.made


class KeptBytes:
    """The owner of a kept slot's bytes: every view keeps it alive, its end returns the block."""

    def __init__(self, block: Block, returned: deque[Block]) -> None:
        self._block = block
        self._returned = returned
        self.__array_interface__ = block.memory.bytes.__array_interface__

    def __del__(self) -> None:
        self._returned.append(self._block)


def address_of(memory: npt.NDArray[Any]) -> int:
    return int(memory.__array_interface__["data"][0])


def frame_key(digest: bytes) -> tuple[str, bytes]:
    """Return the name under which the renderer keeps a whole frame."""
    return ("frame", digest)
