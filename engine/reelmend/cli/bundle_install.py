"""How the bundle gets into a folder in one step, and out of it again."""

from __future__ import annotations

import ctypes
import json
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from reelmend.bundle import BUNDLE_NAME
from reelmend.cli.plugin_folders import SYSTEM_FOLDER
from reelmend.effects.panel import PANEL_FORMAT, panel_json
from reelmend.errors import ReelmendError
from reelmend.inference.models import ModelStore

RESOURCES = Path("Contents/Resources")
ENGINE_FILE = RESOURCES / "engine.json"
MODELS_FILE = RESOURCES / "models.json"
PANEL_FILE = RESOURCES / "effects.json"
MODELS_FORMAT = 1

_LIBRARY_FOLDERS = {"x86_64": "Linux-x86-64", "aarch64": "Linux-aarch64"}
# Hosts that search folders all the way down leave out what begins with "@" (OpenFX, "Packaging").
_DRAFT = re.compile(r"@Reelmend\.(?:new|old)-(\d+)")
_AT_CURRENT_FOLDER, _RENAME_EXCHANGE = -100, 2


class InstallError(ReelmendError):
    """The bundle can't be put into a folder, or taken out of it."""


def install_bundle(source: Path, folder: Path, models: ModelStore) -> Path:
    """Return the copy of `source` put into a folder, with what starts the engine and which models there are.

    The copy is made under another name, that hosts don't look at, and takes the place of an older one in one step. A
    host that has loaded the older one keeps it until it closes it. Raises ReelmendError.
    """
    _require_binary(source)
    target = folder / BUNDLE_NAME
    draft = folder / f"@Reelmend.new-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _clear_leftovers(folder)
        shutil.copytree(source, draft)
        write_engine_file(draft)
        write_model_files(draft, models)
        _hand_over(draft, for_all=folder == SYSTEM_FOLDER)
        _put_in_place(draft, target)
    except (OSError, shutil.Error) as error:
        raise InstallError(f"{target} can't be installed: {_reason(error)}; {_advice(folder)}") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def uninstall_bundle(target: Path) -> None:
    """Remove an installed copy; hosts that have loaded it keep it until they close it. Raises InstallError."""
    doomed = target.with_name(f"@Reelmend.old-{os.getpid()}")
    try:
        target.rename(doomed)
        doomed.unlink() if doomed.is_symlink() else shutil.rmtree(doomed)
    except OSError as error:
        raise InstallError(f"{target} can't be removed: {_reason(error)}; {_advice(target.parent)}") from None


def write_engine_file(bundle: Path) -> None:
    """Write how the plug-in starts the engine into a bundle: with this very Python."""
    _write_json(bundle / ENGINE_FILE, {"command": [sys.executable, "-m", "reelmend", "serve"]})


def write_model_files(bundle: Path, models: ModelStore) -> None:
    """Write this machine's models into a bundle: as a list, and as the panel that offers them.

    A bundle of another version keeps the panel that it came with. Raises ModelError for a broken manifest.
    """
    _write_json(bundle / MODELS_FILE, {"format": MODELS_FORMAT, "models": model_list(models)})
    panel = bundle / PANEL_FILE
    if panel.is_file() and json.loads(panel.read_text(encoding="utf-8")).get("format") == PANEL_FORMAT:
        panel.write_text(panel_json(models), encoding="utf-8")


def model_list(models: ModelStore) -> list[dict[str, Any]]:
    """Return what the bundle says of each model, sorted by id."""
    return [
        {
            "id": model.manifest.id,
            "version": model.manifest.version,
            "effect": model.manifest.effect,
            "task": model.manifest.task,
            "licence": model.manifest.licence,
            "weights_sha256": model.manifest.weights_sha256,
        }
        for model in models.all()
    ]


def binaries(bundle: Path) -> dict[str, Path]:
    """Return the bundle's binaries for Linux by the name of their folder."""
    found = {name: bundle / "Contents" / name / "Reelmend.ofx" for name in _LIBRARY_FOLDERS.values()}
    return {name: path for name, path in found.items() if path.is_file()}


def _require_binary(source: Path) -> None:
    machine, found = platform.machine(), binaries(source)
    if _LIBRARY_FOLDERS.get(machine) not in found:
        there = f"it is for {', '.join(found)}" if found else "it holds none at all"
        raise InstallError(
            f"{source} holds no plug-in for this machine ({machine}); {there}; build it with 'make setup'"
        )


def _hand_over(bundle: Path, *, for_all: bool) -> None:
    """Bring a bundle to the disk, so that a power cut can't leave an empty file under its final name."""
    for path in _entries(bundle):
        if for_all:
            path.chmod(0o755 if path.is_dir() or path.suffix == ".ofx" else 0o644)
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _entries(bundle: Path) -> Iterator[Path]:
    yield from (path for path in bundle.rglob("*") if not path.is_symlink())
    yield bundle


def _put_in_place(draft: Path, target: Path) -> None:
    """Leave the draft under the target's name, and what stood there, if anything, nowhere."""
    for _attempt in range(2):  # another installation may put its copy there between the two steps
        if _exchange(draft, target):
            _discard(draft)
            return
        with suppress(OSError):
            draft.rename(target)
            return
    old = target.with_name(f"@Reelmend.old-{os.getpid()}")  # where names can't be exchanged, there is a moment of none
    with suppress(FileNotFoundError):
        target.rename(old)
    try:
        draft.rename(target)
    except OSError:
        with suppress(FileNotFoundError):
            old.rename(target)
        raise
    _discard(old)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two names in one step, as Linux can on most file systems. Return False when it can't, or one is missing."""
    try:
        renameat2 = ctypes.CDLL(None).renameat2
    except AttributeError:
        return False
    names = os.fsencode(one), os.fsencode(other)
    return bool(renameat2(_AT_CURRENT_FOLDER, names[0], _AT_CURRENT_FOLDER, names[1], _RENAME_EXCHANGE) == 0)


def _discard(path: Path) -> None:
    if path.is_symlink():
        path.unlink()
    shutil.rmtree(path, ignore_errors=True)


def _clear_leftovers(folder: Path) -> None:
    """Remove what installations left that were killed halfway."""
    for path in folder.glob("@Reelmend.*"):
        match = _DRAFT.fullmatch(path.name)
        if match and not Path("/proc", match[1]).exists():
            _discard(path)


def _write_json(file: Path, data: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _advice(folder: Path) -> str:
    if folder == SYSTEM_FOLDER:
        return "run it as root (sudo), or use 'reelmend ofx install --user DIR'"
    return "name a folder that you may write to"
