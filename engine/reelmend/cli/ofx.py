"""`reelmend ofx install | uninstall | path`: the node in the folder where hosts look for it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from reelmend.bundle import BUNDLE_NAME, find_bundle
from reelmend.cli.output import CommandResult, JsonFlag
from reelmend.cli.plugin_folders import (
    PLUGIN_PATH_VARIABLE,
    SYSTEM_FOLDER,
    for_everybody,
    install_bundle,
    installed_bundles,
    is_searched,
    uninstall_bundle,
    user_folder,
)
from reelmend.errors import BadRequestError, NotFoundError

app = typer.Typer(help="Install the OpenFX node for your hosts.", no_args_is_help=True)

SystemFlag = Annotated[bool, typer.Option("--system", help=f"For all users, in {SYSTEM_FOLDER}; needs root.")]
UserFolder = Annotated[Path | None, typer.Option("--user", metavar="DIR", help="In a folder of your own.")]

_ONLY_FOR_YOU = (
    f"other users can't run {sys.executable}, with which the node starts the engine; install reelmend where everybody "
    "may read it, such as /opt, and install the node from there"
)
_NEXT_STEPS = (
    "Next, restart the host; then",
    "  Resolve  Color page, Effects, Reelmend, Deflicker",
    "  Nuke     Tab, Deflicker",
    "  Natron   Tab, Deflicker",
    "  MLT      melt shot.mp4 -filter openfx.org.reelmend.Deflicker",
)


@app.command()
def install(system: SystemFlag = False, folder: UserFolder = None, as_json: JsonFlag = False) -> CommandResult:
    """Copy the node to where hosts look: for all users when that may be written, else to your own folder."""
    chosen = _chosen(system, folder)
    target = install_bundle(chosen)
    export = "" if is_searched(chosen) else export_line(chosen)
    lines = [f"installed {target}"]
    if export:
        lines += ["Hosts find it there when they are started with this line in the shell (or in ~/.profile):"]
        lines += [f"  {export}"]
    warnings = (_ONLY_FOR_YOU,) if chosen == SYSTEM_FOLDER and not for_everybody(Path(sys.executable)) else ()
    result = {"installed": str(target), "export": export}
    return CommandResult(result, (*lines, *_NEXT_STEPS), as_json, warnings=warnings)


@app.command()
def uninstall(system: SystemFlag = False, folder: UserFolder = None, as_json: JsonFlag = False) -> CommandResult:
    """Remove the node: from one folder when it is named, else from everywhere it is found."""
    targets = installed_bundles()
    if system or folder is not None:
        targets = [path for path in [_chosen(system, folder) / BUNDLE_NAME] if path.exists()]
    if not targets:
        raise NotFoundError("no installed node was found; 'reelmend ofx path' shows where it would be")
    for target in targets:
        uninstall_bundle(target)
    lines = tuple(f"removed {target}" for target in targets)
    return CommandResult({"removed": [str(target) for target in targets]}, lines, as_json)


@app.command()
def path(as_json: JsonFlag = False) -> CommandResult:
    """Print where the node that came with this package lies; with --json also the installed copies."""
    bundle = find_bundle().absolute()
    data = {"bundle": str(bundle), "installed": [str(copy) for copy in installed_bundles()]}
    return CommandResult(data, (str(bundle),), as_json)


def export_line(folder: Path) -> str:
    """Return the shell line that makes hosts search a folder beside those they search already."""
    return f'export {PLUGIN_PATH_VARIABLE}="{folder.absolute()}${{{PLUGIN_PATH_VARIABLE}:+:${PLUGIN_PATH_VARIABLE}}}"'


def _chosen(system: bool, folder: Path | None) -> Path:
    if system and folder is not None:
        raise BadRequestError("--system and --user exclude each other; give one of them")
    if folder is not None:
        return folder.expanduser().absolute()
    return SYSTEM_FOLDER if system or _may_write(SYSTEM_FOLDER) else user_folder()


def _may_write(folder: Path) -> bool:
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    return os.access(existing, os.W_OK)
