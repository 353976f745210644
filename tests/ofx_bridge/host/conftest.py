"""The test plug-ins, loaded in the real host."""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import pyopenfx as ofx
from pyopenfx.bundle import architectures

REPOSITORY = Path(__file__).resolve().parents[3]
SOURCES = Path(__file__).resolve().parent / "plugins"
INCLUDE = REPOSITORY / "ofx_bridge" / "abi" / "include"
AVERAGE = "org.reelmend.test.TemporalAverage"
MISBEHAVIOUR = "org.reelmend.test.Misbehaviour"
LAWLESS = "org.reelmend.test.Lawless"
ANY_FORMAT = "org.reelmend.test.AnyFormat"


@pytest.fixture(scope="session")
def plugins_dir() -> Path:
    """The folder of the test plug-ins: REELMEND_TEST_PLUGINS, or build/host_tests, built here when out of date."""
    given = os.environ.get("REELMEND_TEST_PLUGINS")
    return Path(given) if given else built_plugins(REPOSITORY / "build" / "host_tests")


def built_plugins(folder: Path) -> Path:
    """Compile the test plug-ins into `folder` unless they are newer than their sources; one process at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    bundle = folder / "HostTests.ofx.bundle" / "Contents" / architectures()[0] / "HostTests.ofx"
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        build(
            bundle,
            [
                SOURCES / f"{name}.cpp"
                for name in ("exports", "temporal_average", "misbehaviour", "any_format", "lawless", "suites")
            ],
        )
        build(folder / "NoExports.ofx", [SOURCES / "no_exports.cpp"])
        build(folder / "Broken.ofx", [SOURCES / "broken.cpp"])
    return folder


def build(target: Path, sources: list[Path]) -> None:
    newest = max(path.stat().st_mtime for path in [*sources, SOURCES / "suites.h"])
    if target.is_file() and target.stat().st_mtime > newest:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    # Without -fno-gnu-unique glibc would never unmap them.
    options = ["-std=c++17", "-O1", "-fPIC", "-shared", "-fno-gnu-unique", "-fvisibility=hidden", "-pthread"]
    command = [os.environ.get("CXX", "g++"), *options, f"-I{INCLUDE}", *map(str, sources), "-o", str(target)]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        pytest.fail(f"test plug-ins do not compile: {result.stderr[:2000]}")


@pytest.fixture(scope="session")
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
