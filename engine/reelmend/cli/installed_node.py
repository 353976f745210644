"""What an installed copy of the node says about itself, and whether it is what would be installed today."""

from __future__ import annotations

import json
import plistlib
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from reelmend.bundle import find_bundle
from reelmend.cli.bundle_install import ENGINE_FILE, MODELS_FILE, model_list
from reelmend.cli.plugin_folders import installed_bundles, is_searched
from reelmend.errors import ModelError, NotFoundError
from reelmend.inference.models import ModelStore


@dataclass(frozen=True, slots=True)
class InstalledNode:
    """An installed copy. What can't be read of it is empty; `outdated` says in words what differs from today."""

    path: Path
    searched: bool
    version: str
    engine_command: tuple[str, ...]
    models: tuple[str, ...]
    outdated: tuple[str, ...]

    def as_data(self) -> dict[str, Any]:
        return {**asdict(self), "path": str(self.path)}


def installed_nodes() -> list[InstalledNode]:
    """Return every installed copy, in the order in which hosts search."""
    return [read_node(path) for path in installed_bundles()]


def read_node(bundle: Path) -> InstalledNode:
    """Return what a copy says of itself."""
    return InstalledNode(
        path=bundle,
        searched=is_searched(bundle.parent),
        version=_version(bundle),
        engine_command=tuple(map(str, _json(bundle / ENGINE_FILE).get("command", ()))),
        models=tuple(str(model.get("id")) for model in _models(bundle)),
        outdated=tuple(_outdated(bundle)),
    )


def _outdated(bundle: Path) -> list[str]:
    problems = []
    with suppress(NotFoundError):
        if (today := _version(find_bundle())) != (version := _version(bundle)):
            problems.append(f"its version is {version or 'unknown'}, this package's {today or 'unknown'}")
    with suppress(ModelError):  # a broken manifest is told by the models' own check
        if _models(bundle) != model_list(ModelStore.default()):
            problems.append("its list of models is not today's")
    return [f"{problem}; run 'reelmend ofx install' again" for problem in problems]


def _version(bundle: Path) -> str:
    try:
        return str(plistlib.loads((bundle / "Contents" / "Info.plist").read_bytes())["CFBundleVersion"])
    except (OSError, ValueError, KeyError, plistlib.InvalidFileException):
        return ""


def _models(bundle: Path) -> list[dict[str, Any]]:
    listed = _json(bundle / MODELS_FILE).get("models", [])
    return [model for model in listed if isinstance(model, dict)] if isinstance(listed, list) else []


def _json(file: Path) -> dict[str, Any]:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}
