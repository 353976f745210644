"""footage.json: what was built, whose it is, and what could not be had."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from reelmend_models.training.footage.catalogue import Basis, Clip, Photo, Source, Split
from reelmend_models.training.footage.errors import FootageError
from reelmend_models.training.footage.files import write_whole
from reelmend_models.training.footage.made.recipe import Recipe

MANIFEST_NAME = "footage.json"
Kind = Literal["camera", "made"]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PhotoEntry(_Row):
    """A photograph that is there; file is relative to the manifest's folder."""

    id: str
    split: Split
    file: str
    sha256: str
    bytes: int
    width: int
    height: int
    package: str
    version: str
    manager: str
    path: str
    licence: str
    basis: Basis
    attribution: str
    shows: str


class ClipEntry(_Row):
    """A clip that is there.

    file: relative to the manifest's folder; None for a made clip that is rendered on demand, as is then sha256.
    fps: exact, as "24" or "30000/1001". cuts: the frames that begin a new shot. package, version: of a camera clip; a
    made clip has a recipe instead, and its photographs' licences and attributions joined. quick: in the quick subset.
    """

    id: str
    kind: Kind
    split: Split
    file: str | None
    sha256: str | None
    width: int
    height: int
    frames: int
    fps: str
    cuts: tuple[int, ...]
    manager: str | None = None
    package: str | None = None
    version: str | None = None
    path: str | None = None
    licence: str
    basis: Basis
    attribution: str
    shows: str
    quick: bool
    recipe: Recipe | None = None

    @property
    def frames_per_second(self) -> Fraction:
        """Return fps as a number."""
        return Fraction(self.fps)


class MissingEntry(_Row):
    """A clip or photograph that could not be had, and why."""

    id: str
    split: Split
    package: str
    reason: str


class Manifest(_Row):
    """The content of footage.json. format rises when a reader must change."""

    format: Literal[1] = 1
    quick: bool
    clips: tuple[ClipEntry, ...]
    photos: tuple[PhotoEntry, ...]
    missing: tuple[MissingEntry, ...]

    def write(self, folder: Path) -> Path:
        """Return the path of the manifest written into the folder; same content, same bytes."""
        file = folder / MANIFEST_NAME
        write_whole(file, (self.model_dump_json(indent=1) + "\n").encode())
        return file


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a built folder.

    Raises FootageError when there is none, or it is not one.
    """
    file = folder / MANIFEST_NAME
    try:
        return Manifest.model_validate_json(file.read_bytes())
    except FileNotFoundError as error:
        raise FootageError(
            f"no {MANIFEST_NAME} in {folder}; run 'python -m reelmend_models.training.footage build {folder}'"
        ) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise FootageError(f"{file} cannot be read: {where}: {first['msg']}; build the folder again") from error
    except OSError as error:
        raise FootageError(f"{file} cannot be read: {error.strerror}; build the folder again") from error


def camera_entry(clip: Clip, quick: bool) -> ClipEntry:
    """Return the row of a camera clip."""
    return ClipEntry(
        kind="camera",
        file=f"clips/{clip.file_name}",
        frames=clip.frames,
        fps=str(clip.fps),
        cuts=clip.cuts,
        quick=quick,
        **_origin(clip),
    )


def photo_entry(photo: Photo) -> PhotoEntry:
    """Return the row of a photograph."""
    return PhotoEntry(file=f"photos/{photo.file_name}", bytes=photo.bytes, **_origin(photo))


def made_entry(id_: str, recipe: Recipe, photos: dict[str, Photo], quick: bool) -> ClipEntry:
    """Return the row of a made clip that has not been written: photographs by id."""
    used = [photos[name] for name in recipe.photos]
    return ClipEntry(
        id=id_,
        kind="made",
        split=used[0].split,
        file=None,
        sha256=None,
        width=recipe.width,
        height=recipe.height,
        frames=recipe.frames,
        fps=recipe.fps,
        cuts=(),
        licence=" AND ".join(sorted({photo.licence for photo in used})),
        basis="package" if any(photo.basis == "package" for photo in used) else "file",
        attribution="; ".join(dict.fromkeys(photo.attribution for photo in used)),
        shows=f"{used[0].shows}, with synthetic motion",
        quick=quick,
        recipe=recipe,
    )


def _origin(source: Source) -> dict[str, Any]:
    names = ("id", "split", "sha256", "width", "height", "path", "licence", "basis", "attribution", "shows")
    package = source.package
    return {
        **{name: getattr(source, name) for name in names},
        "manager": package.manager,
        "package": package.name,
        "version": package.version,
    }
