"""The footage that was already fetched: files by their sha256, and packages that somebody put there."""

from __future__ import annotations

import gzip
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path

from reelmend_models.training.footage.archives import read_members
from reelmend_models.training.footage.catalogue import Package, Source
from reelmend_models.training.footage.clients import archive_patterns
from reelmend_models.training.footage.files import holds, write_whole

# Far above any file of the catalogue: what is larger is not what was recorded, and need not be unpacked to know it.
_MEMBER_LIMIT_BYTES = 256 << 20


class Cache:
    """A folder of footage files, named by sha256, beside packages as their clients name them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def file_of(self, source: Source) -> Path:
        """Return where the source's file is or would be."""
        return self.folder / "files" / source.sha256

    def has(self, source: Source) -> bool:
        """Return whether the source's file is there, unharmed."""
        return holds(self.file_of(source), source.sha256)

    def packages(self, package: Package) -> list[Path]:
        """Return the archives of the package that lie in the folder."""
        return sorted(file for pattern in archive_patterns(package) for file in self.folder.glob(pattern))

    def unpack(self, archive: Path, sources: Sequence[Source]) -> dict[str, str]:
        """Keep the sources' files out of an archive, and return the reason for each id that it does not hold."""
        members = read_members(archive, {source.path for source in sources}, _MEMBER_LIMIT_BYTES)
        reasons: dict[str, str] = {}
        for source in sources:
            if source.path not in members:
                reasons[source.id] = f"{archive.name} holds no {source.path}"
                continue
            content = _payload(source, members[source.path])
            if hashlib.sha256(content).hexdigest() == source.sha256:
                write_whole(self.file_of(source), content)
            else:
                reasons[source.id] = f"{source.path} in {archive.name} is not the recorded file (its sha256 differs)"
        return reasons


def _payload(source: Source, member: bytes) -> bytes:
    if not source.path.endswith(".gz"):
        return member
    try:
        with gzip.open(io.BytesIO(member)) as stream:
            return stream.read(source.bytes + 1)
    except (OSError, EOFError):
        return member
