"""The transport alone: the shim's own client in a program of its own, which moves frames and times itself."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import reelmend
from reelmend.errors import NotFoundError
from reelmend.quality.bench.material import BenchError
from reelmend.quality.bench.speed.rounds import Samples

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

TIMEOUT_S = 300


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


def transport_samples(program: Path, address: str, width: int, height: int, runs: int, warm_up_runs: int) -> Samples:
    """Return the milliseconds of each round by name: frames up and down by each route, and copies of the frame.

    The program lets them take turns itself, in one process, as a host is one: a slot costs more at its first use.
    Raises BenchError with what it said when it fails.
    """
    sizes = ["--size", f"{width}x{height}", "--runs", str(runs), "--warm-up", str(warm_up_runs)]
    try:
        done = subprocess.run(
            [str(program), "--address", address, *sizes], capture_output=True, text=True, timeout=TIMEOUT_S, check=True
        )
    except subprocess.TimeoutExpired:
        raise BenchError(f"{PROGRAM} did not end within {TIMEOUT_S} s") from None
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout or "").strip().splitlines()[-1:]
        raise BenchError(f"{PROGRAM} ended with exit code {error.returncode}: {' '.join(said)}") from None
    found = {row["name"]: list(row["samples_ms"]) for row in json.loads(done.stdout)["rows"]}
    return {name: found[name] for name in NAMES}
