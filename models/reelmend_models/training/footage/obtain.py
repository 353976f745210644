"""The catalogue's files into the cache: what is there already, then packages that lie there, then the clients."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal, TypeAlias

from reelmend_models.training.footage.cache import Cache
from reelmend_models.training.footage.catalogue import Package, Source
from reelmend_models.training.footage.clients import download
from reelmend_models.training.footage.errors import FootageError
from reelmend_models.training.footage.files import PARTIAL_PREFIX

Origin: TypeAlias = Literal["cache", "package", "download", "missing"]


@dataclass(frozen=True)
class Outcome:
    """Where a source's file came from in this build; for a missing one, the reason in one line."""

    source: Source
    origin: Origin
    reason: str = ""


@dataclass(frozen=True)
class Watch:
    """What to call while footage is fetched: before each package, and after each source."""

    package: Callable[[Package], None] = lambda _: None
    source: Callable[[Outcome], None] = lambda _: None


def obtain(sources: Iterable[Source], cache: Cache, offline: bool, watch: Watch) -> list[Outcome]:
    """Return one outcome per source, in the order of their packages; the caller holds the cache's lock."""
    outcomes = []
    for package, group in groupby(sorted(sources, key=lambda s: str(s.package)), key=lambda s: s.package):
        watch.package(package)
        for outcome in _obtain_package(package, list(group), cache, offline):
            watch.source(outcome)
            outcomes.append(outcome)
    return outcomes


def _obtain_package(package: Package, sources: list[Source], cache: Cache, offline: bool) -> list[Outcome]:
    outcomes = [Outcome(source, "cache") for source in sources if cache.has(source)]
    reasons = {source.id: f"{package} is not in the cache" for source in sources if not cache.has(source)}

    def take(archive: Path, origin: Origin) -> None:
        wanted = [source for source in sources if source.id in reasons]
        for source, reason in _unpacked(cache, archive, wanted):
            if reason:
                reasons[source.id] = reason
            else:
                del reasons[source.id]
                outcomes.append(Outcome(source, origin))

    for archive in cache.packages(package) if reasons else ():
        take(archive, "package")
    if reasons and not offline:
        try:
            with tempfile.TemporaryDirectory(prefix=PARTIAL_PREFIX, dir=cache.folder) as folder:
                take(download(package, Path(folder)), "download")
        except FootageError as error:
            reasons = dict.fromkeys(reasons, str(error))
    return outcomes + [Outcome(source, "missing", reasons[source.id]) for source in sources if source.id in reasons]


def _unpacked(cache: Cache, archive: Path, sources: list[Source]) -> list[tuple[Source, str]]:
    try:
        reasons = cache.unpack(archive, sources)
    except FootageError as error:
        return [(source, str(error)) for source in sources]
    return [(source, reasons.get(source.id, "")) for source in sources]
