"""Fixtures that more than one folder of tests uses."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.clips import ArrayClip, moving_scene, with_flicker
from support.engines import RunningEngine
from support.engines import engine as running_engine

# `make test` builds the test plug-ins beside the node; the host's conftest builds them when they are not there.
TEST_PLUGINS = Path(__file__).parents[1] / "build" / "native" / "test_plugins"
if TEST_PLUGINS.is_dir():
    os.environ.setdefault("REELMEND_TEST_PLUGINS", str(TEST_PLUGINS))

# What runs in the background may start with these ignored, and every process that the tests start would inherit it.
for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture(scope="session")
def shared_engine() -> Iterator[RunningEngine]:
    """One engine for all tests that neither stop nor kill it.

    It waits longer than a whole run takes: between the folders that use it, it may be idle for many minutes.
    """
    with running_engine("--idle-exit", "5400") as engine:
        yield engine


@pytest.fixture
def flickering_clip() -> ArrayClip:
    return ArrayClip(with_flicker(moving_scene(24)))
