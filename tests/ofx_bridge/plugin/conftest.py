"""The built bundle, copies of it that a test may spoil, and hosts to load it in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import pyopenfx
from reelmend.bundle import find_bundle

from .raw_host import RawHost, RawPlugin, raw_plugin


@pytest.fixture(scope="session")
def bundle_path() -> Path:
    return find_bundle()


@pytest.fixture
def bundle_copy(bundle_path: Path, tmp_path: Path) -> Path:
    """A bundle of the test's own, to spoil."""
    return Path(shutil.copytree(bundle_path, tmp_path / bundle_path.name))


@pytest.fixture
def bundle(bundle_path: Path) -> Iterator[pyopenfx.Bundle]:
    with pyopenfx.load(bundle_path) as loaded:
        yield loaded


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """An address where nobody answers, and a command that starts nothing. Returns the address."""
    monkeypatch.setenv("REELMEND_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("REELMEND_ENGINE_COMMAND", "/bin/false")
    return f"unix:{tmp_path / 'engine.sock'}"


class Stage:
    """Puts the plug-in before raw hosts."""

    def __init__(self, binary: Path, stack: ExitStack) -> None:
        self._binary = binary
        self._stack = stack

    def loaded(self, host: RawHost) -> RawPlugin:
        return self._stack.enter_context(raw_plugin(self._binary, host))

    def started(self, host: RawHost) -> RawPlugin:
        """With an instance."""
        plugin = self.loaded(host)
        plugin.start()
        return plugin


@pytest.fixture
def stage(bundle_copy: Path) -> Iterator[Stage]:
    with ExitStack() as stack:
        yield Stage(next(bundle_copy.glob("Contents/*/*.ofx")), stack)
