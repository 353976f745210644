"""What the footage is made of: the rows of catalogue.toml, typed and checked when they are read."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, Literal, TypeAlias, get_args

from reelmend_models.training.footage.errors import FootageError

Manager: TypeAlias = Literal["apt", "npm", "pip"]
Split: TypeAlias = Literal["training", "validation", "test"]
Basis: TypeAlias = Literal["file", "package"]

SPLITS: tuple[Split, ...] = get_args(Split)
CATALOGUE_FILE = Path(__file__).with_name("catalogue.toml")
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Package:
    """A package at its exact version, in the words of its package manager."""

    manager: Manager
    name: str
    version: str

    def __post_init__(self) -> None:
        _one_of("manager", self.manager, get_args(Manager))

    def __str__(self) -> str:
        return f"{self.manager} {self.name} {self.version}"


@dataclass(frozen=True)
class Source:
    """A file in a package, whose it is, and the split that it stands in.

    path: inside the package; ending in .gz, the file is used gunzipped. sha256, bytes, width and height are of the file
    as it is used.
    basis: "file" where the licence names this file, "package" where it is the licence of the whole package.
    """

    id: str
    split: Split
    package: Package
    path: str
    sha256: str
    bytes: int
    width: int
    height: int
    licence: str
    basis: Basis
    attribution: str
    shows: str

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise FootageError(f"id must be lower-case words joined by '-', got {self.id!r}")
        if not _SHA256.fullmatch(self.sha256):
            raise FootageError(f"sha256 of {self.id} must be 64 hexadecimal digits, got {self.sha256!r}")
        path = PurePosixPath(self.path)
        if path.is_absolute() or ".." in path.parts:
            raise FootageError(f"path of {self.id} must stay inside the package, got {self.path!r}")
        _one_of(f"split of {self.id}", self.split, SPLITS)
        _one_of(f"basis of {self.id}", self.basis, get_args(Basis))

    @property
    def file_name(self) -> str:
        """Return the name under which the file is kept: the id, with the suffix of the file as used."""
        return self.id + PurePosixPath(self.path.removesuffix(".gz")).suffix.lower()


@dataclass(frozen=True)
class Clip(Source):
    """A movie from a camera. fps is exact; cuts are the frames that begin a new shot."""

    frames: int
    fps: Fraction
    cuts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Photo(Source):
    """A photograph, from which clips are made."""


@dataclass(frozen=True)
class SeedRange:
    """The seeds of a split: first_seed and the seeds - 1 after it."""

    first_seed: int
    seeds: int

    @property
    def numbers(self) -> range:
        """Return the seeds themselves."""
        return range(self.first_seed, self.first_seed + self.seeds)


@dataclass(frozen=True)
class Catalogue:
    """Every clip and photo, the seeds of each split, and the ids of the quick subset.

    Raises FootageError when an id or a file stands twice, or two splits share a seed: nothing may be in two splits.
    """

    clips: tuple[Clip, ...]
    photos: tuple[Photo, ...]
    seeds: dict[Split, SeedRange]
    quick: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        sources = self.sources
        _no_repeats("id", (source.id for source in sources))
        _no_repeats("sha256", (source.sha256 for source in sources))
        if unknown := self.quick - {source.id for source in sources}:
            raise FootageError(f"the quick subset names unknown ids: {', '.join(sorted(unknown))}")
        ranges = sorted((self.seeds[split].numbers for split in SPLITS), key=lambda numbers: numbers.start)
        if any(before.stop > after.start for before, after in itertools.pairwise(ranges)):
            raise FootageError("two splits share seeds; every split needs a range of its own")

    @property
    def sources(self) -> tuple[Source, ...]:
        """Return the clips, then the photos."""
        return (*self.clips, *self.photos)

    def only(self, ids: Iterable[str]) -> Catalogue:
        """Return the catalogue with these ids alone."""
        kept = frozenset(ids)
        clips = tuple(clip for clip in self.clips if clip.id in kept)
        photos = tuple(photo for photo in self.photos if photo.id in kept)
        return Catalogue(clips, photos, self.seeds, self.quick & kept)


def read_catalogue(file: Path = CATALOGUE_FILE) -> Catalogue:
    """Return the catalogue of a TOML file.

    Raises FootageError when a row misses a field, has one too many, or disagrees with another row.
    """
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        packages = {key: Package(**row) for key, row in table["packages"].items()}
        return Catalogue(
            clips=tuple(_clip(row, packages) for row in table.get("clips", ())),
            photos=tuple(Photo(**_with_package(row, packages)) for row in table.get("photos", ())),
            seeds={split: SeedRange(**table["splits"][split]) for split in SPLITS},
            quick=frozenset(id_ for ids in table.get("quick", {}).values() for id_ in ids),
        )
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise FootageError(f"catalogue {file} cannot be read: {type(error).__name__}: {error}") from error


@cache
def shipped_catalogue() -> Catalogue:
    """Return the catalogue that comes with this package, read once."""
    return read_catalogue()


def split_seeds(split: Split) -> range:
    """Return the seeds of a split, for damage and for motion; no seed is in two splits."""
    _one_of("split", split, SPLITS)
    return shipped_catalogue().seeds[split].numbers


def split_of_seed(seed: int) -> Split | None:
    """Return the split that a seed belongs to, None when it belongs to none."""
    return next((split for split in SPLITS if seed in split_seeds(split)), None)


def _clip(row: dict[str, Any], packages: dict[str, Package]) -> Clip:
    values = _with_package(row, packages)
    return Clip(**{**values, "fps": Fraction(values["fps"]), "cuts": tuple(values.get("cuts", ()))})


def _with_package(row: dict[str, Any], packages: dict[str, Package]) -> dict[str, Any]:
    return {**row, "package": packages[row["package"]]}


def _one_of(what: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise FootageError(f"{what} must be one of {', '.join(allowed)}, got {value!r}")


def _no_repeats(what: str, values: Iterable[str]) -> None:
    if repeated := [value for value, count in Counter(values).items() if count > 1]:
        raise FootageError(f"{what} stands twice in the catalogue: {', '.join(repeated)}")
