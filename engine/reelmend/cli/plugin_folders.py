"""Where hosts look for plug-ins, and which copies of the node lie there."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from reelmend.bundle import BUNDLE_NAME

PLUGIN_PATH_VARIABLE = "OFX_PLUGIN_PATH"
SYSTEM_FOLDER = Path("/usr/OFX/Plugins")


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


def export_line(folder: Path) -> str:
    """Return the shell line that makes hosts search a folder beside those they search already."""
    others = f'"${{{PLUGIN_PATH_VARIABLE}:+:${PLUGIN_PATH_VARIABLE}}}"'
    return f"export {PLUGIN_PATH_VARIABLE}={shlex.quote(str(folder.absolute()))}{others}"
