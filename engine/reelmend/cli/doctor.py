"""`reelmend doctor`: what works, what is missing, and the one command that mends it."""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from rich.console import RenderableType
from rich.text import Text

import reelmend
from reelmend.addresses import ensure_private_dir, runtime_dir
from reelmend.bundle import find_bundle
from reelmend.cli.bundle_install import ENGINE_FILE
from reelmend.cli.installed_node import read_node
from reelmend.cli.node_check import NodeError, check_node
from reelmend.cli.output import CommandResult, JsonFlag
from reelmend.cli.plugin_folders import export_line, installed_bundles, is_searched
from reelmend.errors import NotFoundError, ReelmendError
from reelmend.inference.models import ModelStore
from reelmend.inference.session import import_onnxruntime

State = Literal["ok", "missing", "broken"]

_CPU, _GPU, _MOVIES = "'reelmend[cpu]'", "'reelmend[gpu]'", "'reelmend[movies]'"
_OLDEST_PYTHON = (3, 11)
_SHARED_MEMORY = Path("/dev/shm")
_SHARED_MEMORY_BYTES = 256 << 20  # a window of 1080p frames in flight
_ENGINE_ANSWERS_WITHIN_S = 60
_COLOURS = {"ok": "green", "missing": "yellow", "broken": "red"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: its state, what was seen, and the command that mends it ("" when all is well).

    Things that are not `needed` may be missing: rendering images on the command line works without them.
    """

    name: str
    state: State
    seen: str
    mend: str = ""
    needed: bool = True

    @property
    def fails(self) -> bool:
        return self.state == "broken" or (self.needed and self.state == "missing")


def doctor(as_json: JsonFlag = False) -> CommandResult:
    """Check everything that reelmend needs; exit with 1 when something needed is missing or broken."""
    findings = [_guarded(check) for check in CHECKS]
    failed = [finding for finding in findings if finding.fails]
    data = {"ok": not failed, "checks": [{**asdict(finding), "fails": finding.fails} for finding in findings]}
    mends = [f"  {finding.mend}" for finding in findings if finding.mend]
    advice = ("To mend:", *mends) if mends else ("All is well.",)
    lines: tuple[RenderableType, ...] = (*map(_line, findings), *advice)
    return CommandResult(data, lines, as_json, exit_code=1 if failed else 0)


def check_python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < _OLDEST_PYTHON:
        return Finding("python", "broken", f"{version} at {sys.executable}", "apt-get install python3.11")
    return Finding("python", "ok", f"{version} at {sys.executable}")


def check_onnxruntime() -> Finding:
    """Look for exactly one of the two packages, which overwrite each other's files."""
    name = "onnxruntime"
    packages = [package for package in ("onnxruntime", "onnxruntime-gpu") if _version(package)]
    if not packages:
        return Finding(name, "missing", "not installed", _pip(_CPU))
    if len(packages) == 2:
        both = f"{sys.executable} -m pip uninstall -y onnxruntime onnxruntime-gpu"
        return Finding(name, "broken", "both packages are installed, over each other", f"{both} && {_pip(_GPU)}")
    providers = import_onnxruntime().get_available_providers()
    seen = f"{packages[0]} {_version(packages[0])}: {', '.join(providers)}"
    if packages[0] == "onnxruntime-gpu" and "CUDAExecutionProvider" not in providers:
        return Finding(name, "broken", seen, f"{sys.executable} -m pip install --force-reinstall onnxruntime-gpu")
    return Finding(name, "ok", seen)


def check_pyav() -> Finding:
    return _check_module("movies (PyAV)", "av", _MOVIES, needed=False)


def check_openimageio() -> Finding:
    return _check_module("images (OpenImageIO)", "OpenImageIO", "OpenImageIO", needed=True)


def check_models() -> Finding:
    """Load every manifest, and compare the weights with the sha256 that it states."""
    name = "models"
    try:
        models = ModelStore.default().all()
        for model in models:
            for stage in model.manifest.stages:
                model.weights_of(stage)
    except ReelmendError as error:
        return Finding(name, "broken", str(error), _build_again())
    if not models:
        return Finding(name, "missing", "no manifest was found", _build_again())
    return Finding(name, "ok", "weights are whole: " + ", ".join(model.manifest.id for model in models))


def check_bundle() -> Finding:
    try:
        return Finding("node built", "ok", str(find_bundle()), needed=False)
    except ReelmendError as error:
        return Finding("node built", "missing", str(error), _build_again(), needed=False)


def check_installed() -> Finding:
    name = "node installed"
    copies = installed_bundles()
    if not copies:
        return Finding(name, "missing", "in no folder that hosts search", _own("ofx install"), needed=False)
    if not any(is_searched(copy.parent) for copy in copies):
        return Finding(name, "missing", f"{copies[0]}, where hosts don't look", export_line(copies[0].parent), False)
    return Finding(name, "ok", ", ".join(map(str, copies)), needed=False)


def check_up_to_date() -> Finding:
    """Compare what install wrote into the copies with what it would write today."""
    name = "node up to date"
    outdated = [f"{copy}: {problem}" for copy in installed_bundles() for problem in read_node(copy).outdated]
    if outdated:
        return Finding(name, "broken", outdated[0].partition("; run")[0], _own("ofx install"), needed=False)
    seen = "as today's install would write it" if installed_bundles() else "none is installed"
    return Finding(name, "ok", seen, needed=False)


def check_node_loads() -> Finding:
    """Load every copy in a host of its own; without any, the one that was built."""
    name = "node loads"
    if importlib.util.find_spec("pyopenfx._host") is None:
        return Finding(name, "missing", "no pyopenfx to load it in", _build_again(), needed=False)
    copies = installed_bundles()
    try:
        found = [f"{', '.join(check_node(copy))} from {copy}" for copy in copies or [find_bundle()]]
    except NodeError as error:
        return Finding(name, "broken", str(error), _own("ofx install") if copies else _build_again())
    except NotFoundError as error:
        return Finding(name, "missing", str(error), _build_again(), needed=False)
    return Finding(name, "ok", "; ".join(found))


def check_engine_command() -> Finding:
    """Start what the installed node would start, only to ask its version."""
    name = "engine command"
    copies = installed_bundles()
    if not copies:
        seen, found = "reelmend on the PATH", shutil.which("reelmend")
        command = [found] if found else [sys.executable, "-m", "reelmend"]
    else:
        seen = str(copies[0] / ENGINE_FILE)
        try:
            command = json.loads((copies[0] / ENGINE_FILE).read_text(encoding="utf-8"))["command"][:-1]
        except (OSError, ValueError, KeyError, TypeError) as error:
            return Finding(name, "broken", f"{seen}: {error}", _own("ofx install"))
    try:
        answer = subprocess.run(
            [*command, "--version"], capture_output=True, text=True, timeout=_ENGINE_ANSWERS_WITHIN_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding(name, "broken", f"{seen}: {error}", _own("ofx install"))
    if answer.returncode != 0:
        last = (answer.stderr.strip().splitlines() or [f"exit code {answer.returncode}"])[-1]
        return Finding(name, "broken", f"{' '.join(command)}: {last}", _own("ofx install"))
    return Finding(name, "ok", f"{' '.join(command)} → {answer.stdout.strip()}")


def check_runtime_dir() -> Finding:
    """Look whether the engine's socket can stand in a folder that nobody else can enter."""
    folder = runtime_dir()
    try:
        ensure_private_dir(folder)
    except ReelmendError as error:
        return Finding("runtime folder", "broken", str(error), f"chmod 700 {folder}")
    return Finding("runtime folder", "ok", f"{folder}, mode 0700")


def check_shared_memory() -> Finding:
    name = "shared memory"
    if not _SHARED_MEMORY.is_dir() or not os.access(_SHARED_MEMORY, os.W_OK):
        return Finding(
            name, "missing", f"{_SHARED_MEMORY} can't be written to; frames go through the socket", "", False
        )
    space = os.statvfs(_SHARED_MEMORY)
    free_bytes = space.f_bavail * space.f_frsize
    seen = f"{free_bytes >> 20} MiB free in {_SHARED_MEMORY}"
    if free_bytes < _SHARED_MEMORY_BYTES:
        return Finding(name, "broken", seen, f"mount -o remount,size=2G {_SHARED_MEMORY}", needed=False)
    return Finding(name, "ok", seen, needed=False)


def check_nghttp2() -> Finding:
    """Load the library through which the node speaks to the engine."""
    library = "libnghttp2.so.14"
    try:
        ctypes.CDLL(library)
    except OSError:
        return Finding(
            "nghttp2", "missing", f"{library} can't be loaded", "apt-get install libnghttp2-14", needed=False
        )
    return Finding("nghttp2", "ok", library, needed=False)


CHECKS: tuple[Callable[[], Finding], ...] = (
    check_python,
    check_onnxruntime,
    check_openimageio,
    check_pyav,
    check_models,
    check_bundle,
    check_installed,
    check_up_to_date,
    check_node_loads,
    check_engine_command,
    check_runtime_dir,
    check_shared_memory,
    check_nghttp2,
)


def _guarded(check: Callable[[], Finding]) -> Finding:
    """Return the finding; a check that fails itself is a finding too."""
    try:
        return check()
    except Exception as error:
        name = check.__name__.removeprefix("check_")
        return Finding(name, "broken", f"{type(error).__name__}: {error}", _build_again())


def _check_module(name: str, module: str, requirement: str, *, needed: bool) -> Finding:
    if not _version(module):
        return Finding(name, "missing", "not installed", _pip(requirement), needed)
    try:
        importlib.import_module(module)
    except Exception as error:
        mend = f"{sys.executable} -m pip install --force-reinstall {module}"
        return Finding(name, "broken", f"{module} can't be loaded: {error}", mend, needed)
    return Finding(name, "ok", f"{module} {_version(module)}", needed=needed)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _own(arguments: str) -> str:
    """Return a command of this very installation, as short as the shell can find it."""
    script = Path(sys.executable).with_name("reelmend")
    if shutil.which("reelmend") == str(script):
        return f"reelmend {arguments}"
    return f"{script} {arguments}" if script.exists() else f"{sys.executable} -m reelmend {arguments}"


def _pip(requirement: str) -> str:
    return f"{sys.executable} -m pip install {requirement}"


def _build_again() -> str:
    """Return what builds and installs this package anew: make in a checkout, pip elsewhere."""
    checkout = Path(reelmend.__path__[0]).parent.parent
    if (checkout / "Makefile").is_file():
        return f"make -C {checkout} setup"
    return _pip("--force-reinstall --no-deps reelmend")


def _line(finding: Finding) -> Text:
    """Return a finding as one line, which keeps paths whole however narrow the terminal."""
    optional = " (optional)" if finding.state != "ok" and not finding.fails else ""
    return Text.assemble(
        (f"{finding.state + optional:<18} ", _COLOURS[finding.state]), f"{finding.name:<22} ", finding.seen
    )
