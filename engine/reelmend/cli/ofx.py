"""`reelmend ofx install | uninstall | status | path`: the node in the folder where hosts look for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from reelmend.bundle import BUNDLE_NAME, find_bundle
from reelmend.cli.bundle_install import install_bundle, uninstall_bundle
from reelmend.cli.host_steps import host_steps, next_steps
from reelmend.cli.installed_node import InstalledNode, installed_nodes
from reelmend.cli.output import CommandResult, JsonFlag
from reelmend.cli.plugin_folders import (
    PLUGIN_PATH_VARIABLE,
    SYSTEM_FOLDER,
    export_line,
    for_everybody,
    installed_bundles,
    is_searched,
    user_folder,
)
from reelmend.errors import BadRequestError, NotFoundError
from reelmend.inference.models import ModelStore

app = typer.Typer(help="Install the OpenFX node for your hosts.", no_args_is_help=True)

SystemFlag = Annotated[bool, typer.Option("--system", help=f"For all users, in {SYSTEM_FOLDER}; needs root.")]
UserFolder = Annotated[Path | None, typer.Option("--user", metavar="DIR", help="In a folder of your own.")]
Bundle = Annotated[
    Path | None, typer.Option("--bundle", metavar="DIR", help="Another build, such as that of 'make portable'.")
]

_ONLY_FOR_YOU = (
    f"other users can't run {sys.executable}, with which the node starts the engine; install reelmend where everybody "
    "may read it, such as /opt, and install the node from there"
)


@app.command()
def install(
    system: SystemFlag = False, folder: UserFolder = None, bundle: Bundle = None, as_json: JsonFlag = False
) -> CommandResult:
    """Copy the node to where hosts look: for all users when that may be written, else to your own folder."""
    chosen = _chosen(system, folder)
    target = install_bundle(_build(bundle), chosen, ModelStore.default())
    export = "" if is_searched(chosen) else export_line(chosen)
    result = {"installed": str(target), "export": export, "steps": host_steps(chosen)}
    lines = (f"installed {target}", *next_steps(chosen, export))
    return CommandResult(result, lines, as_json, warnings=tuple(_warnings(target)))


@app.command()
def uninstall(system: SystemFlag = False, folder: UserFolder = None, as_json: JsonFlag = False) -> CommandResult:
    """Remove the node: from one folder when it is named, else from everywhere it is found."""
    targets = installed_bundles()
    if system or folder is not None:
        targets = [path for path in [_chosen(system, folder) / BUNDLE_NAME] if os.path.lexists(path)]
    if not targets:
        raise NotFoundError("no installed node was found; 'reelmend ofx path' shows where it would be")
    for target in targets:
        uninstall_bundle(target)
    lines = tuple(f"removed {target}" for target in targets)
    return CommandResult({"removed": [str(target) for target in targets]}, lines, as_json)


@app.command()
def status(as_json: JsonFlag = False) -> CommandResult:
    """List the installed copies: whether hosts find them, what starts the engine, and whether they are up to date."""
    nodes = installed_nodes()
    lines = [line for node in nodes for line in _node_lines(node)]
    data = {"installed": [node.as_data() for node in nodes]}
    return CommandResult(data, tuple(lines) or ("not installed; run 'reelmend ofx install'",), as_json)


@app.command()
def path(as_json: JsonFlag = False) -> CommandResult:
    """Print where the node that came with this package lies; with --json also the installed copies."""
    bundle = find_bundle().absolute()
    data = {"bundle": str(bundle), "installed": [str(copy) for copy in installed_bundles()]}
    return CommandResult(data, (str(bundle),), as_json)


def _warnings(target: Path) -> Iterator[str]:
    if target.parent == SYSTEM_FOLDER and not for_everybody(Path(sys.executable)):
        yield _ONLY_FOR_YOU
    for path in installed_bundles():
        if path.resolve() != target.resolve():
            yield f"there is another copy, {path}; a host takes the one that it finds first"


def _node_lines(node: InstalledNode) -> tuple[str, ...]:
    found = "hosts look there" if node.searched else "hosts don't look there"
    lines = (
        f"{node.path}: version {node.version or 'unknown'}, {found}",
        f"  engine  {' '.join(node.engine_command) or 'unknown'}",
        f"  models  {', '.join(node.models) or 'none'}",
    )
    return (*lines, *(f"  {problem}" for problem in node.outdated))


def _build(named: Path | None) -> Path:
    """Return the build to install: the named one, or the package's own. Raises NotFoundError."""
    if named is None:
        return find_bundle()
    if not (named / "Contents").is_dir():
        raise NotFoundError(f"{named} is no bundle; 'make portable' builds build/portable/{BUNDLE_NAME}")
    return named


def _chosen(system: bool, folder: Path | None) -> Path:
    if system and folder is not None:
        raise BadRequestError("--system and --user exclude each other; give one of them")
    if folder == Path():  # --user "$UNSET"
        raise BadRequestError("--user names no folder; give one, such as --user ~/ofx")
    if folder is not None:
        return _nameable(folder.expanduser().absolute())
    return SYSTEM_FOLDER if system or _may_write(SYSTEM_FOLDER) else user_folder()


def _nameable(folder: Path) -> Path:
    """Return the folder. Raises BadRequestError for one that hosts would take for two."""
    if any(separator in str(folder) for separator in ":;"):
        raise BadRequestError(
            f"{folder} can't be named in {PLUGIN_PATH_VARIABLE}, which ':' and ';' divide; use another"
        )
    return folder


def _may_write(folder: Path) -> bool:
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    return os.access(existing, os.W_OK)
