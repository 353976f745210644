"""The test plug-ins, loaded in the real host."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import pyopenfx as ofx

REPOSITORY = Path(__file__).resolve().parents[3]
AVERAGE = "org.reelmend.test.TemporalAverage"
MISBEHAVIOUR = "org.reelmend.test.Misbehaviour"


def plugins_folder() -> Path:
    """Return the folder of the built test plug-ins: REELMEND_TEST_PLUGINS, or the newest one below build/."""
    if given := os.environ.get("REELMEND_TEST_PLUGINS"):
        return Path(given)
    built = sorted(REPOSITORY.glob("build/**/test_plugins"), key=lambda folder: folder.stat().st_mtime)
    if not built:
        pytest.fail("no test plug-ins; build with CMake into build/ or set REELMEND_TEST_PLUGINS to their folder")
    return built[-1]


@pytest.fixture
def plugins_dir() -> Path:
    return plugins_folder()


@pytest.fixture
def bundle_path(plugins_dir: Path) -> Path:
    return plugins_dir / "HostTests.ofx.bundle"


@pytest.fixture
def bundle(bundle_path: Path) -> Iterator[ofx.Bundle]:
    with ofx.load(bundle_path) as loaded:
        yield loaded


@pytest.fixture
def ramp() -> NDArray[np.float32]:
    """Ten frames 7 high and 5 wide whose every value is different, and which are upside-down different too."""
    return (np.arange(10 * 7 * 5 * 4, dtype=np.float32) / 100).reshape(10, 7, 5, 4)


@pytest.fixture
def settings() -> ofx.InstanceSettings:
    return ofx.InstanceSettings(size=(5, 7), frames=(0, 9))


@pytest.fixture
def average(bundle: ofx.Bundle, settings: ofx.InstanceSettings, ramp: NDArray[np.float32]) -> Iterator[ofx.Instance]:
    with bundle.plugin(AVERAGE).create(settings) as instance:
        instance.set_source(ramp)
        yield instance


@pytest.fixture
def misbehaving(
    bundle: ofx.Bundle, settings: ofx.InstanceSettings, ramp: NDArray[np.float32]
) -> Iterator[ofx.Instance]:
    with bundle.plugin(MISBEHAVIOUR).create(settings) as instance:
        instance.set_source(ramp)
        yield instance
