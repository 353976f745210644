"""Files that appear whole or not at all, and their hashes."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

# Unfinished files of a killed run carry this prefix, so that the next run can tell them from the rest.
PARTIAL_PREFIX = ".partial-"


def sha256_of(file: Path) -> str:
    """Return the sha256 of a file as 64 hexadecimal digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def holds(file: Path, sha256: str) -> bool:
    """Return whether the file is there with this very content."""
    return file.is_file() and sha256_of(file) == sha256


@contextlib.contextmanager
def appearing(file: Path) -> Iterator[Path]:
    """Give a temporary path beside the file, and rename it to the file when the block ends well.

    The temporary path may become a file or a folder; it keeps the file's suffix, which writers go by. Whatever ends the
    block early, Ctrl-C included, leaves the former file as it was.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=PARTIAL_PREFIX, dir=file.parent) as folder:
        partial = Path(folder) / file.name
        yield partial
        if file.is_dir():
            shutil.rmtree(file)
        partial.replace(file)


def write_whole(file: Path, data: bytes) -> None:
    """Write the bytes so that the file is never seen half written, not even after a power cut."""
    with appearing(file) as partial, partial.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def place(source: Path, target: Path) -> None:
    """Make the target another name of the source; where the file system has no hard links, a copy."""
    with appearing(target) as partial:
        try:
            os.link(source, partial)
        except OSError:
            shutil.copyfile(source, partial)


@contextlib.contextmanager
def locked(folder: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Hold a folder for one build, made when it is not there, and clear what a killed build left half done.

    say: told in one line when another build holds the folder and is waited for.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f".{folder.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another build is using {folder}; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        for left in folder.rglob(f"{PARTIAL_PREFIX}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


def disk_bytes(*folders: Path) -> int:
    """Return the bytes that the folders' files take together, files of several names counted once."""
    sizes: dict[tuple[int, int], int] = {}
    for folder in folders:
        for file in folder.rglob("*"):
            if file.is_file() and not file.is_symlink():
                status = file.stat()
                sizes[status.st_dev, status.st_ino] = status.st_size
    return sum(sizes.values())
