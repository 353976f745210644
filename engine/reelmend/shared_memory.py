"""Shared-memory segments for pixels: made by the engine under random names, mapped by clients. Linux: tmpfs files."""

from __future__ import annotations

import contextlib
import mmap
import os
import secrets
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from reelmend.errors import IntegrityError, UnavailableError
from reelmend.frames import FrameFormat, Planes, SampleType

NAME_PREFIX = "/reelmend-"
FOLDER = Path("/dev/shm")
PAGE_BYTES = 4096
# One touch maps so many bytes when the pages are there already (the kernel's fault_around_bytes).
FAULT_AROUND_BYTES = 1 << 16

Bytes = npt.NDArray[np.uint8]
Samples = npt.NDArray[Any]
"""Planes as they cross: (channels, height, width), float32 or float16."""

_DTYPES: dict[SampleType, np.dtype[Any]] = {
    SampleType.FLOAT32: np.dtype(np.float32),
    SampleType.FLOAT16: np.dtype(np.float16),
}


def dtype_of(sample_type: SampleType) -> np.dtype[Any]:
    """Return how numpy names the samples."""
    return _DTYPES[sample_type]


class Segment:
    """A segment that this process made (mode 0600), every page in place. Gone with its last view after `unlink`.

    Raises UnavailableError when the machine has no memory for it; its name is never said in an error.
    """

    def __init__(self, size_bytes: int) -> None:
        self.name = name = f"{NAME_PREFIX}{os.getpid()}-{secrets.token_hex(16)}"
        self.size_bytes = size_bytes
        # The tracker process removes the segment when this process dies without a word. Asked first: a segment that it
        # doesn't know would stay for ever.
        resource_tracker.register(name, "shared_memory")
        self._is_named = True
        try:
            self.bytes = _made(FOLDER / name[1:], size_bytes)
        except OSError as error:
            self.unlink()
            raise UnavailableError(f"no shared memory for {size_bytes} bytes: {error.strerror}") from None
        # The first touch clears the pages, and costs ten times a copy: better now than under a frame.
        np.bitwise_or.reduce(self.bytes[::PAGE_BYTES])

    def planes(self, form: FrameFormat, offset_bytes: int = 0) -> Planes:
        """Return the planes that lie at an offset, without a copy."""
        return samples_in(self.bytes, form, offset_bytes)

    def unlink(self) -> None:
        """Take its name away: nobody else can map it any more, and what still lies in it stays until it is garbage."""
        if self._is_named:
            self._is_named = False
            (FOLDER / self.name[1:]).unlink(missing_ok=True)
            resource_tracker.unregister(self.name, "shared_memory")

    close = unlink


class OwnMemory:
    """Memory of this process alone, every page in place; stands in for a segment where nobody else is to map it."""

    def __init__(self, size_bytes: int) -> None:
        self.size_bytes = size_bytes
        try:
            memory = mmap.mmap(-1, size_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            memory.madvise(mmap.MADV_HUGEPAGE)
        except OSError as error:
            raise UnavailableError(f"no memory for {size_bytes} bytes: {error.strerror}") from None
        self.bytes = np.frombuffer(memory, np.uint8)
        self.bytes[::PAGE_BYTES] = 0

    def unlink(self) -> None:
        """It has no name, and goes with its last view."""


def _made(path: Path, size_bytes: int) -> Bytes:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        # Without memory behind every byte, touching one kills the process (SIGBUS).
        os.posix_fallocate(descriptor, 0, size_bytes)
        return np.frombuffer(mmap.mmap(descriptor, size_bytes), np.uint8)
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
    """Another process's segment, mapped for reading and writing until its last view is garbage."""

    def __init__(self, name: str) -> None:
        if not name.startswith(NAME_PREFIX) or "/" in name[1:]:
            raise IntegrityError("the engine named a shared-memory segment that isn't one of its own")
        try:
            descriptor = os.open(FOLDER / name[1:], os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError as error:
            raise UnavailableError(f"the engine's shared memory can't be opened here: {error.strerror}") from None
        try:
            self._bytes = np.frombuffer(mmap.mmap(descriptor, 0), np.uint8)
        except (OSError, ValueError):
            raise UnavailableError("the engine's shared memory can't be mapped here") from None
        finally:
            os.close(descriptor)
        # Read, not written: a read maps 64 KiB at once, a write one page, which for a frame is eight times as long.
        np.bitwise_or.reduce(self._bytes[::FAULT_AROUND_BYTES])

    @property
    def size_bytes(self) -> int:
        return self._bytes.size

    def samples(self, form: FrameFormat, offset_bytes: int, sample_type: SampleType = SampleType.FLOAT32) -> Samples:
        """Return the planes that lie at an offset, without a copy. Raises IntegrityError outside the segment."""
        return samples_in(self._bytes, form, offset_bytes, sample_type)


def samples_in(
    memory: Bytes, form: FrameFormat, offset_bytes: int = 0, sample_type: SampleType = SampleType.FLOAT32
) -> Samples:
    """Return the planes that lie at an offset, without a copy. Raises IntegrityError when they would not fit."""
    kind = dtype_of(sample_type)
    size_bytes = form.size_bytes // 4 * kind.itemsize
    if offset_bytes < 0 or offset_bytes % 4 or offset_bytes + size_bytes > memory.size:
        raise IntegrityError(f"a slot of {size_bytes} bytes does not fit into its shared-memory segment")
    return memory[offset_bytes : offset_bytes + size_bytes].view(kind).reshape(form.shape)
