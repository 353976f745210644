"""The transport alone: the shim's own client in a program of its own, which moves frames and times itself."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import reelmend
from reelmend.errors import NotFoundError
from reelmend.quality.bench.material import BenchError

PROGRAM = "transport_speed"
PROGRAM_VARIABLE = "REELMEND_TRANSPORT_SPEED"
NAMES = (
    "transport-memcpy",
    "digest",
    "digest-and-proxy",
    "pack",
    "pack-halves",
    "unpack",
    "control",
    "shared-memory-up",
    "shared-memory-down",
    "chunks-up",
    "chunks-down",
)
"""Up: packed into a slot or into chunks, taken by the engine, answered. Down: written by the engine, and unpacked."""

TIMEOUT_S = 120


def find_program(bundle: Path) -> Path:
    """Return $REELMEND_TRANSPORT_SPEED, or the program beside the bundle or package. Raises NotFoundError."""
    if named := os.environ.get(PROGRAM_VARIABLE):
        if not Path(named).is_file():
            raise NotFoundError(f"{PROGRAM_VARIABLE} names {named}, where there is no program; build it or unset it")
        return Path(named)
    for folder in (bundle.parent, *(Path(package) for package in reelmend.__path__)):
        for found in (folder / "bin" / PROGRAM, folder / "ofx_bridge" / "transport" / PROGRAM):
            if found.is_file() and os.access(found, os.X_OK):
                return found
    raise NotFoundError(f"'{PROGRAM}' was not built with this package; run 'make setup' again")


class Transport:
    """A few frames up and down by each route, and as many copies of the frame in the same program: their medians."""

    def __init__(self, program: Path, address: str, width: int, height: int, runs: int) -> None:
        size = f"{width}x{height}"
        self._command = [str(program), "--address", address, "--size", size, "--runs", str(runs), "--json"]

    def take(self) -> Mapping[str, float]:
        try:
            done = subprocess.run(self._command, capture_output=True, text=True, timeout=TIMEOUT_S, check=True)
        except subprocess.CalledProcessError as error:
            said = (error.stderr or error.stdout or "").strip().splitlines()[-1:]
            raise BenchError(f"{PROGRAM} ended with exit code {error.returncode}: {' '.join(said)}") from None
        found = json.loads(done.stdout)
        return {name: float(found[name]) for name in NAMES}

    def close(self) -> None: ...
