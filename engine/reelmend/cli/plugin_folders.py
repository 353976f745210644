"""Where hosts look for plug-ins, and how the bundle gets there in one step."""

from __future__ import annotations

import json
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from reelmend.bundle import BUNDLE_NAME, find_bundle
from reelmend.errors import ReelmendError

PLUGIN_PATH_VARIABLE = "OFX_PLUGIN_PATH"
SYSTEM_FOLDER = Path("/usr/OFX/Plugins")
ENGINE_FILE = Path("Contents/Resources/engine.json")


class InstallError(ReelmendError):
    """The bundle can't be put into a folder, or taken out of it."""


def user_folder() -> Path:
    """Return this user's own folder for plug-ins, which hosts search only when OFX_PLUGIN_PATH names it."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "OFX" / "Plugins"


def for_everybody(program: Path) -> bool:
    """Say whether any user of this machine may run the program, as named and as it is in the end."""
    ways = {path for name in (program, program.resolve()) for path in (name, *name.parents)}
    return all(path.stat().st_mode & 0o001 for path in ways)


def searched_folders() -> list[Path]:
    """Return the folders that hosts search on Linux: those of OFX_PLUGIN_PATH, then /usr/OFX/Plugins."""
    named = os.environ.get(PLUGIN_PATH_VARIABLE, "").replace(";", os.pathsep).split(os.pathsep)
    return list(dict.fromkeys([*(Path(part) for part in named if part), SYSTEM_FOLDER]))


def installed_bundles() -> list[Path]:
    """Return every installed copy: in the folders that hosts search, and in this user's own."""
    folders = dict.fromkeys([*searched_folders(), user_folder()])
    return [folder / BUNDLE_NAME for folder in folders if (folder / BUNDLE_NAME / "Contents").is_dir()]


def is_searched(folder: Path) -> bool:
    """Say whether hosts started from this environment look into the folder."""
    return folder.resolve() in [searched.resolve() for searched in searched_folders()]


def install_bundle(folder: Path) -> Path:
    """Return the copy of the bundle put into a folder, replacing an older one in one step. Raises ReelmendError.

    The copy knows which Python starts its engine: this one.
    """
    source = find_bundle()
    target = folder / BUNDLE_NAME
    draft = folder / f".{BUNDLE_NAME}.part-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, draft)
        write_engine_file(draft)
        _swap(draft, target)
    except (OSError, shutil.Error) as error:
        raise InstallError(f"{target} can't be installed: {_reason(error)}; {_advice(folder)}") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def uninstall_bundle(target: Path) -> None:
    """Remove an installed copy. Raises InstallError."""
    doomed = target.with_name(f".{BUNDLE_NAME}.gone-{os.getpid()}")
    try:
        target.rename(doomed)
        shutil.rmtree(doomed)
    except OSError as error:
        raise InstallError(f"{target} can't be removed: {_reason(error)}; {_advice(target.parent)}") from None


def write_engine_file(bundle: Path) -> None:
    """Write how the plug-in starts the engine into a bundle."""
    file = bundle / ENGINE_FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"command": [sys.executable, "-m", "reelmend", "serve"]}) + "\n", encoding="utf-8")


def _swap(draft: Path, target: Path) -> None:
    old = target.with_name(f".{BUNDLE_NAME}.old-{os.getpid()}")
    with suppress(FileNotFoundError):
        target.rename(old)  # a running host keeps what it has loaded
    try:
        draft.rename(target)
    except OSError:
        with suppress(FileNotFoundError):
            old.rename(target)
        raise
    if old.is_symlink():
        old.unlink()
    shutil.rmtree(old, ignore_errors=True)


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _advice(folder: Path) -> str:
    if folder == SYSTEM_FOLDER:
        return "run it as root (sudo), or use 'reelmend ofx install --user DIR'"
    return "name a folder that you may write to"
