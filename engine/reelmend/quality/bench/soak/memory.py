"""What a process holds now: resident memory by kind, descriptors, shared segments, threads. Linux's /proc tells."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reelmend.quality.bench.material import BenchError

SEGMENT_PREFIX = "/dev/shm/"


@dataclass(frozen=True)
class Held:
    """Resident memory in MiB (private, shared between processes, of files), and counts."""

    resident_mib: float
    private_mib: float
    shared_mib: float
    descriptors: int
    segments: int
    threads: int


def held_by(process: int) -> Held:
    """Return what a process holds. Raises BenchError when it has ended, or where /proc does not tell."""
    folder = Path(f"/proc/{process}")
    try:
        lines = (folder / "status").read_text(encoding="ascii", errors="replace").splitlines()
        descriptors = sum(1 for _ in (folder / "fd").iterdir())
        maps = (folder / "maps").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise BenchError(f"what process {process} holds can't be read: {error.strerror or error}") from None
    told = {name: rest.split()[0] for name, _, rest in (line.partition(":") for line in lines) if rest.split()}
    mib = {name: int(told.get(name, "0")) / 1024.0 for name in ("VmRSS", "RssAnon", "RssShmem")}
    segments = {line.split(maxsplit=5)[5] for line in maps if SEGMENT_PREFIX in line}
    return Held(
        mib["VmRSS"], mib["RssAnon"], mib["RssShmem"], descriptors, len(segments), int(told.get("Threads", "0"))
    )
