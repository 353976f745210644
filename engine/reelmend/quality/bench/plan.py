"""What a run of the bench is: which methods on which clips under which damage, how large and how long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from reelmend.errors import BadRequestError
from reelmend.quality.bench.material import DAMAGE, FILM, PLANTED, ClipEntry, Material
from reelmend.quality.peers import METHODS, Method
from reelmend.quality.registry import MEASURES

QUICK_PRESETS = ("flicker-only", "blotches-only", "dirt-only")


@dataclass(frozen=True)
class Size:
    """How much of each clip is measured: its first `frames`, at `height` rows unless it has fewer."""

    frames: int
    height: int


QUICK = Size(frames=48, height=360)
FULL = Size(frames=96, height=480)


@dataclass(frozen=True)
class Cell:
    """One method on one clip under one preset."""

    method: str
    preset: str
    clip: str


@dataclass(frozen=True)
class Plan:
    """A run: every method on every preset and clip."""

    mode: str
    size: Size
    methods: tuple[Method, ...]
    presets: tuple[str, ...]
    clips: tuple[ClipEntry, ...]
    film_presets: frozenset[str] = frozenset()
    measures: tuple[str, ...] = tuple(MEASURES)
    kept_to: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Methods that are run under some presets alone."""

    @property
    def scenes(self) -> list[tuple[str, ClipEntry]]:
        """The (preset, clip) pairs in the order in which they are run: film goes with its own presets."""
        pairs = product(self.presets, self.clips)
        return [(preset, clip) for preset, clip in pairs if clip.is_film == (preset in self.film_presets)]

    @property
    def cells(self) -> list[Cell]:
        return [
            Cell(method.name, preset, clip.name)
            for preset, clip in self.scenes
            for method in self.methods_under(preset)
        ]

    def methods_under(self, preset: str) -> list[Method]:
        """Return the methods that are run under a preset."""
        return [method for method in self.methods if preset in self.kept_to.get(method.name, self.presets)]


def make_plan(
    material: Material,
    *,
    quick: bool,
    methods: Sequence[str] = (),
    presets: Sequence[str] = (),
    clips: Sequence[str] = (),
    size: Size | None = None,
    usual_methods: Sequence[str] = (),
    usual_presets: Sequence[str] = (),
    measures: Sequence[str] = (),
    kept_to: Mapping[str, Sequence[str]] | None = None,
) -> Plan:
    """Return the plan; empty lists mean all methods but variants, all measures, and the presets and clips of the mode.

    usual_methods, usual_presets: what empty lists mean instead. kept_to: presets by method, which hold unless methods
    are named. Raises BadRequestError for a name that is not there, listing those that are, and where no clip goes with
    any of the presets.
    """
    there = {clip.name: clip for clip in material.clips()}
    known_presets = tuple(material.presets())
    mode = "quick" if quick else "full"
    usual_clips = [name for name, clip in there.items() if mode in clip.modes] or list(there)
    film = frozenset(name for name in known_presets if material.kind(name) in (FILM, PLANTED))
    taken_presets = chosen("preset", presets, known_presets, usual_presets or _usual_presets(material, quick))
    taken_clips = [there[name] for name in chosen("clip", clips, there, usual_clips)]
    plan = Plan(
        mode=mode,
        size=size or (QUICK if quick else FULL),
        methods=tuple(METHODS[name] for name in chosen("method", methods, METHODS, usual_methods or _usual_methods())),
        presets=tuple(taken_presets),
        clips=tuple(clip for clip in taken_clips if any(clip.is_film == (name in film) for name in taken_presets)),
        film_presets=film,
        measures=tuple(measures or MEASURES),
        kept_to={} if methods else (kept_to or {}),
    )
    if not plan.scenes:
        names = ", ".join(clip.name for clip in taken_clips)
        raise BadRequestError(f"no clip of {names} goes with {', '.join(taken_presets)}: one is real film, one is not")
    return plan


def _usual_methods() -> list[str]:
    return [name for name, method in METHODS.items() if not method.is_variant]


def _usual_presets(material: Material, quick: bool) -> list[str]:
    """Return the damage presets, in quick mode few of them: what is for the deflicker alone has a bench of its own."""
    damage = [name for name in material.presets() if material.kind(name) == DAMAGE]
    few = [name for name in QUICK_PRESETS if name in damage] if quick else []
    return few or damage


def chosen(
    kind: str, wanted: Sequence[str], there: Mapping[str, object] | Sequence[str], default: Iterable[str] | None = None
) -> list[str]:
    """Return the wanted names, each once, or the default ones, or all. Raises BadRequestError."""
    if unknown := [name for name in wanted if name not in there]:
        raise BadRequestError(f"no {kind} '{unknown[0]}'; there is {', '.join(there)}")
    return list(dict.fromkeys(wanted)) or list(there if default is None else default)
