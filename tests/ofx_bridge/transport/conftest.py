"""The transport's command-line probe, built from this checkout, and what it says."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

ROOT = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("REELMEND_TRANSPORT_BUILD", ROOT / "build" / "transport"))
BUILT_WITH_THE_PROJECT = ROOT / "build" / "native" / "tests" / "ofx_bridge" / "transport"


@dataclass
class Probe:
    """Runs transport_probe."""

    program: Path
    folder: Path

    def run(self, *arguments: object, env: dict[str, str] | None = None, timeout_s: float = 60) -> list[dict[str, Any]]:
        """Return the lines that one run printed."""
        done = subprocess.run(
            [self.program, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            env=env and os.environ | env,
        )
        assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def info(self, address: str, *options: object, **more: Any) -> dict[str, Any]:
        return self.run("info", "--address", address, *options, **more)[0]

    def render_arguments(self, address: str, frames: npt.NDArray[np.float32], options: Sequence[object]) -> list[str]:
        """The arguments that render `frames`, (N, H, W, 4); results go to `self.folder`."""
        path = self.folder / "frames.f32"
        np.ascontiguousarray(frames, dtype=np.float32).tofile(path)
        _count, height, width, _ = frames.shape
        fixed = ["--address", address, "--frames", path, "--size", f"{width}x{height}", "--out", self.folder]
        return ["render", *map(str, [*fixed, *options])]

    def render(
        self, address: str, frames: npt.NDArray[np.float32], *options: object, **more: Any
    ) -> list[dict[str, Any]]:
        return self.run(*self.render_arguments(address, frames, options), **more)

    def result(self, frame: int, shape: tuple[int, int, int]) -> npt.NDArray[np.float32]:
        """The (C, H, W) pixels that the last render of this frame gave."""
        return np.fromfile(self.folder / f"{frame}.f32", np.float32).reshape(shape)


@pytest.fixture(scope="session")
def transport_build() -> Path:
    """The folder with the built test programs: the project's own build, or one of the transport alone."""
    if ready := os.environ.get("REELMEND_TRANSPORT_BUILT"):
        return Path(ready)
    if "REELMEND_TRANSPORT_BUILD" not in os.environ and (BUILT_WITH_THE_PROJECT / "transport_probe").exists():
        return BUILT_WITH_THE_PROJECT
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (BUILD / "CMakeCache.txt").exists():
            source = ROOT / "ofx_bridge" / "transport"
            subprocess.run(["cmake", "-S", source, "-B", BUILD], check=True, capture_output=True)
        built = subprocess.run(["cmake", "--build", BUILD, "-j2"], capture_output=True, text=True, check=False)
        assert built.returncode == 0, built.stdout[-3000:] + built.stderr[-3000:]
    return BUILD / "tests"


@pytest.fixture
def probe(transport_build: Path, tmp_path: Path) -> Probe:
    return Probe(transport_build / "transport_probe", tmp_path)
