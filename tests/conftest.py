"""Fixtures that more than one folder of tests uses."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.clips import ArrayClip, moving_scene, with_flicker
from support.engines import RunningEngine
from support.engines import engine as running_engine

# `make test` builds the C++ tests beside the plug-in; each folder's own conftest builds them when they are not there.
NATIVE_BUILD = Path(__file__).parents[1] / "build" / "native"
for variable, built in (
    ("REELMEND_TEST_PLUGINS", NATIVE_BUILD / "test_plugins"),
    ("REELMEND_TRANSPORT_BUILD", NATIVE_BUILD),
):
    if built.is_dir():
        os.environ.setdefault(variable, str(built))


@pytest.fixture(scope="session")
def shared_engine() -> Iterator[RunningEngine]:
    """One engine for all tests that neither stop nor kill it."""
    with running_engine() as engine:
        yield engine


@pytest.fixture
def flickering_clip() -> ArrayClip:
    return ArrayClip(with_flicker(moving_scene(24)))
