"""Files out of packages, without installing them: .deb, npm's .tgz, wheels."""

from __future__ import annotations

import contextlib
import subprocess
import tarfile
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

from reelmend_models.training.footage.errors import FootageError


def read_members(archive: Path, paths: Collection[str], limit_bytes: int) -> dict[str, bytes]:
    """Return the content of those paths that the archive holds as plain files of at most limit_bytes.

    Raises FootageError when the archive is broken, of an unknown kind, or a .deb where dpkg-deb is missing.
    """
    try:
        if archive.suffix == ".whl":
            return _from_zip(archive, paths, limit_bytes)
        if archive.suffix in (".deb", ".tgz"):
            return _from_tar(archive, paths, limit_bytes)
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise FootageError(f"package {archive} is broken ({error}); delete it and build again") from error
    raise FootageError(f"package {archive} is of no known kind; .deb, .tgz and .whl can be read")


def _from_zip(archive: Path, paths: Collection[str], limit_bytes: int) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as container:
        infos = [info for info in container.infolist() if info.filename in paths and info.file_size <= limit_bytes]
        return {info.filename: container.read(info) for info in infos}


def _from_tar(archive: Path, paths: Collection[str], limit_bytes: int) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with _tar_stream(archive) as stream, tarfile.open(fileobj=stream, mode="r|*") as container:
        for member in container:
            name = member.name.removeprefix("./")
            content = container.extractfile(member) if name in paths and member.isfile() else None
            if content is not None and member.size <= limit_bytes:
                found[name] = content.read()
    return found


@contextlib.contextmanager
def _tar_stream(archive: Path) -> Iterator[IO[bytes]]:
    if archive.suffix != ".deb":
        with archive.open("rb") as stream:
            yield stream
        return
    try:
        process = subprocess.Popen(
            ["dpkg-deb", "--fsys-tarfile", str(archive)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except FileNotFoundError as error:
        raise FootageError(f"{archive.name} cannot be opened: dpkg-deb is not on PATH") from error
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            yield process.stdout
            while process.stdout.read(1 << 20):
                pass
            message = process.stderr.read().decode(errors="replace").strip()
        except BaseException:
            process.kill()
            raise
        if process.wait() != 0:
            raise FootageError(f"package {archive} is broken ({message}); delete it and build again")
