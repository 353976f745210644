"""Files out of real packages."""

from __future__ import annotations

from pathlib import Path

import pytest

from reelmend_models.training.footage import FootageError
from reelmend_models.training.footage.archives import read_members
from support.footage_shelf import Shelf

MEMBERS = {".deb": "usr/share/films/tree.png", ".tgz": "package/river.png", ".whl": "fine_prints/cloud.png"}


@pytest.mark.parametrize("suffix", MEMBERS)
def test_only_the_files_asked_for_come_out(shelf: Shelf, suffix: str) -> None:
    archive = next(file for file in shelf.archives if file.suffix == suffix)
    members = read_members(archive, {MEMBERS[suffix], "not/there.png"}, 1 << 20)
    assert members.keys() == {MEMBERS[suffix]}
    assert members[MEMBERS[suffix]].startswith(b"\x89PNG")


@pytest.mark.parametrize("suffix", MEMBERS)
def test_a_file_beyond_the_limit_is_left_in_the_package(shelf: Shelf, suffix: str) -> None:
    archive = next(file for file in shelf.archives if file.suffix == suffix)
    assert read_members(archive, {MEMBERS[suffix]}, 100) == {}


@pytest.mark.parametrize("suffix", MEMBERS)
def test_a_package_cut_short_is_an_error_that_says_what_to_do(shelf: Shelf, tmp_path: Path, suffix: str) -> None:
    archive = next(file for file in shelf.archives if file.suffix == suffix)
    broken = tmp_path / f"broken{suffix}"
    broken.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    with pytest.raises(FootageError, match=r"is broken .*delete it and build again"):
        read_members(broken, {MEMBERS[suffix]}, 1 << 20)


def test_a_symbolic_link_is_not_a_file(tmp_path: Path) -> None:
    import tarfile

    archive = tmp_path / "link-1.tgz"
    with tarfile.open(archive, "w:gz") as container:
        link = tarfile.TarInfo("package/secret.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        container.addfile(link)
    assert read_members(archive, {"package/secret.png"}, 1 << 20) == {}


def test_a_deb_without_dpkg_deb_says_so(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(FootageError, match="dpkg-deb is not on PATH"):
        read_members(next(f for f in shelf.archives if f.suffix == ".deb"), {"x"}, 1 << 20)


def test_an_unknown_kind_of_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FootageError, match=r"no known kind; \.deb, \.tgz and \.whl can be read"):
        read_members(tmp_path / "films.rpm", {"x"}, 1 << 20)
