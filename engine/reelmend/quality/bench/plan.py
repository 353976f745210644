"""What a run of the bench is: which methods on which clips under which damage, how large and how long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from reelmend.errors import BadRequestError
from reelmend.quality.bench.material import ClipEntry, Material
from reelmend.quality.peers import METHODS, Method

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

    @property
    def scenes(self) -> list[tuple[str, ClipEntry]]:
        """The (preset, clip) pairs in the order in which they are run."""
        return list(product(self.presets, self.clips))

    @property
    def cells(self) -> list[Cell]:
        return [Cell(method.name, preset, clip.name) for preset, clip in self.scenes for method in self.methods]


def make_plan(
    material: Material,
    *,
    quick: bool,
    methods: Sequence[str] = (),
    presets: Sequence[str] = (),
    clips: Sequence[str] = (),
    size: Size | None = None,
) -> Plan:
    """Return the plan; empty lists mean all methods, and the presets and clips of the mode.

    Raises BadRequestError for a name that is not there, listing those that are.
    """
    there = {clip.name: clip for clip in material.clips()}
    known_presets = tuple(material.presets())
    mode = "quick" if quick else "full"
    usual_clips = [name for name, clip in there.items() if mode in clip.modes] or list(there)
    quick_presets = [name for name in QUICK_PRESETS if name in known_presets] or list(known_presets)
    return Plan(
        mode=mode,
        size=size or (QUICK if quick else FULL),
        methods=tuple(METHODS[name] for name in chosen("method", methods, METHODS)),
        presets=tuple(chosen("preset", presets, known_presets, quick_presets if quick else None)),
        clips=tuple(there[name] for name in chosen("clip", clips, there, usual_clips)),
    )


def chosen(
    kind: str, wanted: Sequence[str], there: Mapping[str, object] | Sequence[str], default: Iterable[str] | None = None
) -> list[str]:
    """Return the wanted names, each once, or the default ones, or all. Raises BadRequestError."""
    if unknown := [name for name in wanted if name not in there]:
        raise BadRequestError(f"no {kind} '{unknown[0]}'; there is {', '.join(there)}")
    return list(dict.fromkeys(wanted)) or list(there if default is None else default)
