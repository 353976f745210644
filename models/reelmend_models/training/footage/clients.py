"""Packages through the ordinary clients of their managers: downloaded, never installed, no root needed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from reelmend_models.training.footage.catalogue import Package
from reelmend_models.training.footage.errors import FootageError

# A client that has not finished by then hangs; the largest package takes seconds on a good line, minutes on a bad one.
TIMEOUT_S = 900.0


def download(package: Package, folder: Path, timeout_s: float = TIMEOUT_S) -> Path:
    """Return the package's archive, downloaded into the folder, which must be empty.

    The exact version is asked for first. Debian's mirrors keep one version only, so apt is then asked for the one on
    offer: the caller compares the sha256 of the files and takes them only when they are the same.
    Raises FootageError with the client's own reason when nothing could be had.
    """
    reasons = []
    for command in _commands(package):
        reason = _run(command, folder, timeout_s)
        archives = [file for file in folder.iterdir() if file.suffix in (".deb", ".tgz", ".whl")]
        if reason is None and len(archives) == 1:
            return archives[0]
        reasons.append(reason or f"{Path(command[0]).name} ended well but left {len(archives)} packages")
    raise FootageError(f"{package} could not be downloaded: {reasons[0]}")


def archive_patterns(package: Package) -> tuple[str, ...]:
    """Return the file names that its client gives the package, as glob patterns; any version for apt."""
    if package.manager == "apt":
        return (f"{package.name}_*.deb",)
    if package.manager == "npm":
        return (f"{package.name.removeprefix('@').replace('/', '-')}-{package.version}.tgz",)
    return (f"{package.name.replace('-', '_')}-{package.version}-*.whl",)


def _commands(package: Package) -> list[list[str]]:
    name, version = package.name, package.version
    if package.manager == "apt":
        client = [_on_path("apt-get"), "--quiet", "download"]
        return [[*client, f"{name}={version}"], [*client, name]]
    if package.manager == "npm":
        return [[_on_path("npm"), "pack", "--ignore-scripts", "--loglevel=error", f"{name}@{version}"]]
    pip = [sys.executable, "-m", "pip"] if importlib.util.find_spec("pip") else [_on_path("pip")]
    # A source package would run its set-up code; a wheel is only unpacked.
    return [[*pip, "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest=.", f"{name}=={version}"]]


def _on_path(client: str) -> str:
    found = shutil.which(client)
    if found is None:
        raise FootageError(f"{client} is not on PATH")
    return found


def _run(command: list[str], folder: Path, timeout_s: float) -> str | None:
    """Return None when the command ended well, else its reason in one line."""
    try:
        ended = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            timeout=timeout_s,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{Path(command[0]).name} had not finished after {timeout_s:.0f} s"
    except OSError as error:
        return str(error)
    if ended.returncode == 0:
        return None
    lines = [line.strip() for line in ended.stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("E:", "ERROR:", "npm ERR!", "npm error"))]
    return (errors or lines or [f"exit status {ended.returncode}"])[-1]
