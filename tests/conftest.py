"""Fixtures that more than one folder of tests uses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.clips import ArrayClip, moving_scene, with_flicker
from support.engines import RunningEngine
from support.engines import engine as running_engine


@pytest.fixture(scope="session")
def shared_engine() -> Iterator[RunningEngine]:
    """One engine for all tests that neither stop nor kill it."""
    with running_engine() as engine:
        yield engine


@pytest.fixture
def flickering_clip() -> ArrayClip:
    return ArrayClip(with_flicker(moving_scene(24)))
