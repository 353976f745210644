"""A small catalogue with real packages in it: .deb, npm's .tgz and a wheel, made on the spot."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from support.footage_shelf import Shelf


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """Packages of every kind, and the catalogue that names their files."""
    if shutil.which("dpkg-deb") is None:
        pytest.skip("no dpkg-deb here, which makes and opens Debian packages")
    return Shelf.stocked(tmp_path_factory.mktemp("shelf"))


@pytest.fixture
def filled_cache(shelf: Shelf, tmp_path: Path) -> Path:
    """A cache folder in which the packages lie, as somebody copied them there."""
    folder = tmp_path / "packages"
    folder.mkdir()
    for archive in shelf.archives:
        (folder / archive.name).write_bytes(archive.read_bytes())
    return folder
