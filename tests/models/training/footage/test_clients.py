"""The real clients against registries on this machine: no network, nothing pretended."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from reelmend_models.training.footage import FootageError
from reelmend_models.training.footage.catalogue import Package
from reelmend_models.training.footage.clients import archive_patterns, download
from support.footage_shelf import Shelf, deb

needs_apt = pytest.mark.skipif(shutil.which("apt-get") is None, reason="no apt-get here")
needs_npm = pytest.mark.skipif(shutil.which("npm") is None, reason="no npm here")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "target"
    folder.mkdir()
    return folder


@pytest.fixture
def apt_shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that apt-get takes for its only mirror, offering films 1.0-2."""
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    data = deb(mirror, "films", "1.0-2", {"usr/share/films/tree.png": b"tree"}).read_bytes()
    index = (
        "Package: films\nVersion: 1.0-2\nArchitecture: all\nFilename: ./films_1.0-2_all.deb\n"
        f"Size: {len(data)}\nSHA256: {hashlib.sha256(data).hexdigest()}\nDescription: x\n"
    )
    (mirror / "Packages").write_text(index)
    (tmp_path / "sources.list").write_text(f"deb [trusted=yes] file:{mirror} ./\n")
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "apt.conf").write_text(
        f'Dir::State "{tmp_path}/state"; Dir::State::status "/dev/null"; Dir::Cache "{tmp_path}/cache";\n'
        f'Dir::Etc::sourcelist "{tmp_path}/sources.list"; Dir::Etc::sourceparts "/dev/null";\n'
    )
    monkeypatch.setenv("APT_CONFIG", str(tmp_path / "apt.conf"))
    subprocess.run(["apt-get", "--quiet", "update"], check=True, capture_output=True)
    return mirror


@pytest.fixture
def npm_shelf(shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An npm registry on the loopback interface that holds the shelf's tape."""
    tarball = (shelf.folder / "tape-2.0.0.tgz").read_bytes()

    class Registry(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            base = f"http://127.0.0.1:{self.server.server_address[1]}"  # type: ignore[index]
            dist = {"tarball": f"{base}/tape-2.0.0.tgz", "shasum": hashlib.sha1(tarball).hexdigest()}
            versions = {"2.0.0": {"name": "tape", "version": "2.0.0", "dist": dist}}
            about = {"name": "tape", "dist-tags": {"latest": "2.0.0"}, "versions": versions}
            bodies = {"/tape": json.dumps(about).encode(), "/tape-2.0.0.tgz": tarball}
            body = bodies.get(self.path)
            self.send_response(200 if body else 404)
            self.end_headers()
            self.wfile.write(body or b"{}")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{server.server_address[1]}/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm-cache"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    yield
    server.shutdown()
    server.server_close()
    thread.join()


@needs_apt
def test_apt_brings_the_exact_version(apt_shelf: Path, target: Path) -> None:
    archive = download(Package("apt", "films", "1.0-2"), target)
    assert archive.read_bytes() == (apt_shelf / "films_1.0-2_all.deb").read_bytes()
    assert archive.match(archive_patterns(Package("apt", "films", "1.0-2"))[0])


@needs_apt
@pytest.mark.usefixtures("apt_shelf")
def test_apt_brings_the_version_on_offer_when_the_exact_one_is_gone(target: Path) -> None:
    assert download(Package("apt", "films", "1.0-1"), target).name == "films_1.0-2_all.deb"


@needs_apt
@pytest.mark.usefixtures("apt_shelf")
def test_an_unknown_package_gives_the_reason_of_apt(target: Path) -> None:
    with pytest.raises(FootageError, match=r"apt plays 1 could not be downloaded: E: Unable to locate package plays"):
        download(Package("apt", "plays", "1"), target)


@needs_npm
@pytest.mark.usefixtures("npm_shelf")
def test_npm_brings_the_package(shelf: Shelf, target: Path) -> None:
    archive = download(Package("npm", "tape", "2.0.0"), target)
    assert archive.read_bytes() == (shelf.folder / "tape-2.0.0.tgz").read_bytes()


@needs_npm
@pytest.mark.usefixtures("npm_shelf")
def test_a_version_that_npm_does_not_have_is_named(target: Path) -> None:
    with pytest.raises(FootageError, match=r"npm tape 9\.9\.9 could not be downloaded: npm"):
        download(Package("npm", "tape", "9.9.9"), target)


def test_pip_brings_the_wheel(shelf: Shelf, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf.folder))
    package = Package("pip", "fine-prints", "3.0")
    archive = download(package, target)
    assert archive.read_bytes() == (shelf.folder / "fine_prints-3.0-py3-none-any.whl").read_bytes()
    assert archive.match(archive_patterns(package)[0])


def test_a_wheel_that_pip_cannot_find_is_named(tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(FootageError, match=r"could not be downloaded: ERROR: No matching distribution found"):
        download(Package("pip", "fine-prints", "3.0"), target)


@pytest.mark.parametrize(("manager", "client"), [("apt", "apt-get"), ("npm", "npm")])
def test_a_client_that_is_not_installed_is_named(
    manager: str, client: str, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(FootageError, match=f"{client} is not on PATH"):
        download(Package(manager, "films", "1"), target)  # type: ignore[arg-type]


def test_a_client_that_hangs_is_stopped(tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "npm").write_text("#!/bin/sh\nexec sleep 60\n")
    (tmp_path / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(FootageError, match="npm had not finished after 0 s"):
        download(Package("npm", "tape", "2.0.0"), target, timeout_s=0.2)
