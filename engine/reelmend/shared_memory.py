"""Shared-memory segments for pixels: made by the engine under random names, mapped by clients."""

from __future__ import annotations

import contextlib
import mmap
import os
import secrets
from multiprocessing import shared_memory
from pathlib import Path

import numpy as np

from reelmend.errors import IntegrityError, UnavailableError
from reelmend.frames import FrameFormat, Planes

NAME_PREFIX = "/reelmend-"
FOLDER = Path("/dev/shm")


class Segment:
    """A segment that this process made (mode 0600). Gone with `close`, or with the process, even if that is killed."""

    def __init__(self, size_bytes: int) -> None:
        self.name = name = f"{NAME_PREFIX}{os.getpid()}-{secrets.token_hex(16)}"
        self.size_bytes = size_bytes
        try:
            # multiprocessing's tracker process removes the segment when this process dies without a word.
            self._memory = shared_memory.SharedMemory(name=name, create=True, size=size_bytes)
        except OSError as error:
            raise UnavailableError(f"no shared memory for {size_bytes} bytes: {error.strerror}") from None
        try:
            _back_with_memory(name, size_bytes)
        except OSError as error:
            self.close()
            raise UnavailableError(f"no shared memory for {size_bytes} bytes: {error.strerror}") from None

    def planes(self, form: FrameFormat, offset_bytes: int = 0) -> Planes:
        """Return the planes that lie at an offset, without a copy."""
        return _planes_in(memoryview(self._memory.buf or b""), form, offset_bytes)

    def close(self) -> None:
        # Arrays may still point into the mapping; unlinking is what frees the name, the last array frees the rest.
        with contextlib.suppress(BufferError):
            self._memory.close()
        with contextlib.suppress(FileNotFoundError):
            self._memory.unlink()


def _back_with_memory(name: str, size_bytes: int) -> None:
    """Make sure that memory stands behind every byte: without it, touching one kills the process (SIGBUS)."""
    descriptor = os.open(FOLDER / name[1:], os.O_RDWR | os.O_CLOEXEC)
    try:
        os.posix_fallocate(descriptor, 0, size_bytes)
    finally:
        os.close(descriptor)


def remove_orphans() -> None:
    """Remove this user's segments whose engine is gone, where even its tracker process was killed."""
    for path in FOLDER.glob(f"{NAME_PREFIX[1:]}*"):
        process_id = path.name.removeprefix(NAME_PREFIX[1:]).partition("-")[0]
        with contextlib.suppress(OSError, ValueError):
            if path.stat().st_uid == os.getuid() and not Path(f"/proc/{int(process_id)}").exists():
                path.unlink()


class MappedSegment:
    """Another process's segment, mapped for reading and writing."""

    def __init__(self, name: str) -> None:
        if not name.startswith(NAME_PREFIX) or "/" in name[1:]:
            raise IntegrityError("the engine named a shared-memory segment that isn't one of its own")
        try:
            descriptor = os.open(FOLDER / name[1:], os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError as error:
            raise UnavailableError(f"the engine's shared memory can't be opened here: {error.strerror}") from None
        try:
            self._map = mmap.mmap(descriptor, 0)
        finally:
            os.close(descriptor)

    def planes(self, form: FrameFormat, offset_bytes: int) -> Planes:
        """Return the planes that lie at an offset, without a copy. Raises IntegrityError outside the segment."""
        return _planes_in(memoryview(self._map), form, offset_bytes)


def _planes_in(buffer: memoryview, form: FrameFormat, offset_bytes: int) -> Planes:
    if offset_bytes % 4 or offset_bytes + form.size_bytes > len(buffer):
        raise IntegrityError(f"a slot of {form.size_bytes} bytes does not fit into its shared-memory segment")
    count = form.size_bytes // 4
    return np.frombuffer(buffer, dtype=np.float32, count=count, offset=offset_bytes).reshape(form.shape)
