"""The footage folder: fetched files under their ids, and the manifest beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reelmend_models.training.footage.cache import Cache
from reelmend_models.training.footage.catalogue import Catalogue, Clip, Source
from reelmend_models.training.footage.errors import FootageError
from reelmend_models.training.footage.files import disk_bytes, holds, locked, place
from reelmend_models.training.footage.made.recipe import Recipe, quick_recipes, recipes
from reelmend_models.training.footage.manifest import (
    ClipEntry,
    Manifest,
    MissingEntry,
    camera_entry,
    made_entry,
    photo_entry,
    read_manifest,
)
from reelmend_models.training.footage.obtain import Outcome, Watch, obtain
from reelmend_models.training.footage.writing import is_written


@dataclass(frozen=True)
class Plan:
    """What a build is to bring: sources from the catalogue, and the made clips that go with them.

    quick: only the quick subset is wanted; quick_ids: the clips in it, marked as such in any build.
    """

    catalogue: Catalogue
    made: tuple[tuple[str, Recipe], ...]
    quick: bool
    quick_ids: frozenset[str]


@dataclass(frozen=True)
class Report:
    """What a build brought: the manifest and its file, one outcome per source, the bytes on disk, cache included."""

    manifest: Manifest
    file: Path
    outcomes: tuple[Outcome, ...]
    disk_bytes: int

    @property
    def missing(self) -> tuple[Outcome, ...]:
        """Return the outcomes of the sources that could not be had."""
        return tuple(outcome for outcome in self.outcomes if outcome.origin == "missing")


def plan(catalogue: Catalogue, quick: bool) -> Plan:
    """Return what a build is to bring; the quick subset is a part of the whole, with the same ids and content."""
    quick_made = tuple(quick_recipes(catalogue))
    quick_ids = frozenset(clip.id for clip in catalogue.clips) & catalogue.quick | {id_ for id_, _ in quick_made}
    if not quick:
        return Plan(catalogue, tuple(recipes(catalogue)), quick, quick_ids)
    needed = {photo for _, recipe in quick_made for photo in recipe.photos}
    return Plan(catalogue.only(catalogue.quick | needed), quick_made, quick, quick_ids)


def build(
    folder: Path,
    cache: Cache,
    wanted: Plan,
    *,
    offline: bool = False,
    watch: Watch | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Report:
    """Return the report of a build that filled the folder and wrote its manifest.

    Files already there are kept when their sha256 is right, so that a build that was stopped goes on where it was.
    offline: use the cache alone. A source that cannot be had is no error: it stands under `missing`.
    Raises FootageError when the folder or the cache cannot be written to.
    """
    try:
        with locked(folder, say), locked(cache.folder, say):
            outcomes = obtain(wanted.catalogue.sources, cache, offline, watch or Watch())
            ready = [outcome.source for outcome in outcomes if outcome.origin != "missing"]
            for source in ready:
                _put(folder, cache, source)
            manifest = _manifest(wanted, outcomes, _written_before(folder))
            file = manifest.write(folder)
        return Report(manifest, file, tuple(outcomes), disk_bytes(folder, cache.folder))
    except OSError as error:
        raise FootageError(f"{error.filename or folder} cannot be written: {error.strerror or error}") from error


def _put(folder: Path, cache: Cache, source: Source) -> None:
    target = folder / ("clips" if isinstance(source, Clip) else "photos") / source.file_name
    if not holds(target, source.sha256):
        place(cache.file_of(source), target)


def _manifest(wanted: Plan, outcomes: list[Outcome], written: dict[str, ClipEntry]) -> Manifest:
    ready = {outcome.source.id for outcome in outcomes if outcome.origin != "missing"}
    photos = {photo.id: photo for photo in wanted.catalogue.photos if photo.id in ready}
    camera = [camera_entry(clip, clip.id in wanted.quick_ids) for clip in wanted.catalogue.clips if clip.id in ready]
    made = [
        _kept(made_entry(id_, recipe, photos, id_ in wanted.quick_ids), written)
        for id_, recipe in wanted.made
        if photos.keys() >= set(recipe.photos)
    ]
    missing = [
        MissingEntry(id=o.source.id, split=o.source.split, package=str(o.source.package), reason=o.reason)
        for o in outcomes
        if o.origin == "missing"
    ]
    return Manifest(
        quick=wanted.quick,
        clips=(*camera, *made),
        photos=tuple(photo_entry(photo) for photo in photos.values()),
        missing=tuple(missing),
    )


def _written_before(folder: Path) -> dict[str, ClipEntry]:
    """Return the made clips that a former build wrote as files, by id, where those are unharmed."""
    try:
        clips = read_manifest(folder).clips
    except FootageError:
        return {}
    return {clip.id: clip for clip in clips if clip.kind == "made" and is_written(folder, clip)}


def _kept(clip: ClipEntry, written: dict[str, ClipEntry]) -> ClipEntry:
    before = written.get(clip.id)
    if before is None or before.recipe != clip.recipe:
        return clip
    return clip.model_copy(update={"file": before.file, "sha256": before.sha256})
