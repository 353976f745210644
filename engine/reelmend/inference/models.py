"""Finds models as data: manifests and the weights that they name, checked by their sha256."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import reelmend
from reelmend.errors import ModelError, NotFoundError, UnknownNameError
from reelmend.manifest import Manifest, Stage, file_sha256, load_manifest

MODELS_VARIABLE = "REELMEND_MODELS"


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A folder with manifests and the one with their weights; often the same."""

    manifests: Path
    weights: Path


def default_folders() -> list[ModelFolder]:
    """Return where models are looked for, first match wins.

    $REELMEND_MODELS (folders separated like PATH), the source tree, the user's data folder, the installed package.
    """
    named = [Path(part) for part in os.environ.get(MODELS_VARIABLE, "").split(os.pathsep) if part]
    data_home = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    folders = [ModelFolder(folder, folder) for folder in named]
    for package in map(Path, reelmend.__path__):
        models = package.parent.parent / "models"
        folders.append(ModelFolder(models / "reelmend_models" / "manifests", models / "weights"))
    folders.append(ModelFolder(data_home / "reelmend" / "models", data_home / "reelmend" / "models"))
    folders += [ModelFolder(Path(package) / "models", Path(package) / "models") for package in reelmend.__path__]
    return folders


@dataclass(frozen=True, slots=True)
class Model:
    """A manifest and where its weights lie."""

    manifest: Manifest
    weights: Path

    def weights_of(self, stage: Stage) -> Path:
        """Return the stage's .onnx file, present and of the recorded sha256. Raises NotFoundError or ModelError."""
        path = self.weights / stage.file
        if not path.is_file():
            raise NotFoundError(f"weights of '{self.manifest.id}' not found at {path}; run 'reelmend doctor'")
        if (found := _sha256_of_unchanged(path, path.stat().st_mtime_ns)) != stage.sha256:
            raise ModelError(
                f"weights of '{self.manifest.id}' at {path} have sha256 {found[:12]}…, the manifest says "
                f"{stage.sha256[:12]}…; restore the file or export the model again"
            )
        return path


@functools.lru_cache(maxsize=256)
def _sha256_of_unchanged(path: Path, _mtime_ns: int) -> str:
    return file_sha256(path)


def _manifest_of(path: Path) -> Manifest:
    try:
        state = path.stat()
    except FileNotFoundError:
        return load_manifest(path)
    return _unchanged_manifest(path, state.st_mtime_ns, state.st_size)


@functools.lru_cache(maxsize=256)
def _unchanged_manifest(path: Path, _mtime_ns: int, _size_bytes: int) -> Manifest:
    return load_manifest(path)


class ModelStore:
    """The models of a list of folders, by id. A broken manifest raises when it is read, not before."""

    def __init__(self, folders: Sequence[ModelFolder]) -> None:
        self._folders = list(folders)

    @classmethod
    def default(cls) -> ModelStore:
        return cls(default_folders())

    def get(self, model_id: str) -> Model:
        """Return the model. Raises UnknownNameError that lists what there is, or ModelError."""
        for found_id, path, weights in self._manifests():
            if found_id == model_id:
                return Model(_manifest_of(path), weights)
        known = ", ".join(sorted({found_id for found_id, _, _ in self._manifests()})) or "none at all"
        raise UnknownNameError(f"no model '{model_id}'; there is {known}. 'reelmend models' lists them")

    def all(self) -> list[Model]:
        """Return every model, the first of each id, sorted by id. Raises ModelError on a broken manifest."""
        first: dict[str, Model] = {}
        for found_id, path, weights in self._manifests():
            if found_id not in first:
                first[found_id] = Model(_manifest_of(path), weights)
        return [first[model_id] for model_id in sorted(first)]

    def _manifests(self) -> Iterator[tuple[str, Path, Path]]:
        for folder in self._folders:
            for path in sorted(folder.manifests.glob("*.toml")):
                yield path.stem, path, folder.weights
