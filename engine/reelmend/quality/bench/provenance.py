"""Under what circumstances figures were taken: commit, versions, machine."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import reelmend
from reelmend.inference.session import usable_cores
from reelmend.quality.peers.ffmpeg import ffmpeg_version

_PACKAGES = ("numpy", "opencv-python-headless", "onnxruntime", "onnxruntime-gpu", "av")


def provenance(load_before: list[float] | None) -> dict[str, Any]:
    """Return when, with which commit and versions, and on what kind of machine; no names of hosts, users or folders.

    load_before: `load_average()` before the run began: it tells whether the machine was the bench's own.
    """
    return {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        **_commit(),
        "versions": versions(),
        "machine": machine(load_before),
    }


def versions() -> dict[str, str]:
    """Return the versions of everything that takes part and is here."""
    found = {"reelmend": reelmend.__version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return {**found, **({"ffmpeg": ffmpeg_version().removeprefix("ffmpeg ")} if ffmpeg_version() else {})}


def load_average() -> list[float] | None:
    """Return how many processes wanted to run in the last 1, 5 and 15 minutes, None where that isn't told."""
    return [round(value, 2) for value in os.getloadavg()] if hasattr(os, "getloadavg") else None


def machine(load_before: list[float] | None) -> dict[str, Any]:
    """Return processor, usable cores, memory, and how busy it was before the run."""
    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        "processor": _processor(),
        "cores": usable_cores(),
        "memory_gib": _memory_gib(),
        "load_average_before": load_before,
    }


def _commit() -> dict[str, Any]:
    """Return the source tree's commit, and whether engine, models or measures differ from it; None outside of one."""
    folder = Path(__file__).resolve().parents[4]  # this module is run from the source tree, however it was installed
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None or not (folder / "pyproject.toml").is_file():
        return {"commit": None, "commit_dirty": None}
    return {"commit": commit, "commit_dirty": bool(_git(folder, "status", "--porcelain", "--", "engine", "models"))}


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _memory_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, ValueError, OSError):
        return None
