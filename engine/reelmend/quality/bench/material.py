"""Where the bench's clips and damage come from: an installed package that says so, never an import by name.

The engine does not know the package of models and footage. A distribution offers material through the entry point
group `reelmend.bench`; each entry is a function from the footage folder (None: its default) to a `Material`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from reelmend.errors import ReelmendError

GROUP = "reelmend.bench"
DAMAGE, FLICKER, CLEAN, FILM, PLANTED = "damage", "flicker", "clean", "film", "planted"
"""What a preset is for: any restorer; a deflicker; showing that clean clips come to no harm; film without a truth; film
that is its own truth where damage is planted on it."""

OF_LIGHT = ("clean-fade", "clean-ramp", "clean-passer")
"""Clean presets that are there for the deflicker's bench alone."""

LOOKS_BROKEN = ("glitter", "sparks", "rain", "snow", "structures", "lights", "text", "flash", "birds", "eyes")
"""What clean presets for the repair's bench alone have in their names after "clean-"."""

FloatFrame: TypeAlias = NDArray[np.float32]
"""(H, W, 3) R, G, B, 0…1."""


def looks_broken(preset: str) -> bool:
    """Return whether a clean preset shows something that a repair may take for a defect."""
    return preset.removeprefix("clean-").partition("-")[0] in LOOKS_BROKEN


class BenchError(ReelmendError):
    """The bench can't begin or go on; the message says what is missing."""


class ClipEntry(Protocol):
    """A clip that the bench may use. `file` is a movie or sequence; None for one that `Material.render` makes."""

    @property
    def name(self) -> str: ...
    @property
    def file(self) -> Path | None: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def frame_count(self) -> int: ...
    @property
    def licence(self) -> str: ...
    @property
    def attribution(self) -> str: ...
    @property
    def modes(self) -> Sequence[str]:
        """The modes that take the clip by themselves; none for one that must be named.

        "quick", "full"; "deflicker" and "repair": the quick modes of these benches.
        """
        ...

    @property
    def is_film(self) -> bool:
        """Whether it is real film: such clips go with presets of the kinds "film" and "planted", and no others do."""
        ...


class Material(Protocol):
    """Test clips and damage. Everything it gives is the same at every call."""

    def clips(self) -> Sequence[ClipEntry]:
        """Return the clips of the test split. Raises ReelmendError that says how to get them."""
        ...

    def presets(self) -> Sequence[str]: ...

    def kind(self, preset: str) -> str:
        """Return what a preset is for: "damage", "flicker", "clean", "film", "planted", or one bench's own word."""
        ...

    def seed(self, clip: str, preset: str) -> int:
        """Return the damage seed of a clip under a preset, one of the test split's."""
        ...

    def render(self, clip: str, width: int, height: int) -> Iterator[FloatFrame]:
        """Yield the frames of a clip that has no file."""
        ...

    def plate(self, frames: Iterable[FloatFrame], preset: str, seed: int, frame_count: int) -> Iterator[FloatFrame]:
        """Yield each frame as it would be without damage under a preset: as it is, or with what the preset adds."""
        ...

    def damage(
        self, frames: Iterable[FloatFrame], preset: str, seed: int, frame_count: int
    ) -> Iterator[tuple[FloatFrame, Mapping[str, NDArray[np.float32]]]]:
        """Yield each frame damaged, and by class of defect its true matte (H, W) 0…1."""
        ...

    def fingerprint(self) -> str:
        """Return a digest of everything in it that could change a result."""
        ...


def open_material(footage: Path | None = None, named: str = "") -> Material:
    """Return the installed material, or that of "module:function". Raises BenchError when there is none."""
    material: Material = offered(GROUP, "--material", named, "clips and damage")(footage)
    return material


def offered(group: str, option: str, named: str, what: str) -> Any:
    """Return the function named as "module:function", or the first that an installed package offers in the group.

    Raises BenchError that says how to get `what`.
    """
    return _named(named, option) if named else _installed(group, option, what)


def _installed(group: str, option: str, what: str) -> Any:
    found = sorted(entry_points(group=group), key=lambda entry: entry.name)
    if not found:
        raise BenchError(
            f"no {what} for the bench: no installed package offers '{group}'; "
            f"run 'pip install -e .' in the source tree, or name one with {option} MODULE:FUNCTION"
        )
    try:
        return found[0].load()
    except (ImportError, AttributeError) as error:
        raise BenchError(f"what the bench was offered, '{found[0].value}', can't be loaded: {error}") from None


def _named(spelled: str, option: str) -> Any:
    module, _, function = spelled.partition(":")
    try:
        return getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise BenchError(f"{option} {spelled} can't be loaded ({error}); write it as MODULE:FUNCTION") from None
