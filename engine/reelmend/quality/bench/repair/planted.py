"""Real film with planted dirt: the film itself is the truth, but for the defects that it has already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from reelmend.quality.bench.material import PLANTED, ClipEntry, FloatFrame, Material

DIRT = "repair-dirt"
PLANTED_FILM = "planted-film"


class WithPlantedFilm:
    """A material and one preset more, "planted-film": the dirt of "repair-dirt" on real film."""

    def __init__(self, material: Material) -> None:
        self._material = material

    def clips(self) -> Sequence[ClipEntry]:
        return self._material.clips()

    def presets(self) -> Sequence[str]:
        """Return the material's presets, and "planted-film" where there are film and dirt."""
        names = self._material.presets()
        there = DIRT in names and any(clip.is_film for clip in self._material.clips())
        return (*names, PLANTED_FILM) if there else names

    def kind(self, preset: str) -> str:
        return PLANTED if preset == PLANTED_FILM else self._material.kind(preset)

    def seed(self, clip: str, preset: str) -> int:
        return self._material.seed(clip, _damage_of(preset))

    def render(self, clip: str, width: int, height: int) -> Iterator[FloatFrame]:
        return self._material.render(clip, width, height)

    def plate(self, frames: Iterable[FloatFrame], preset: str, seed: int, frame_count: int) -> Iterator[FloatFrame]:
        return self._material.plate(frames, _damage_of(preset), seed, frame_count)

    def damage(
        self, frames: Iterable[FloatFrame], preset: str, seed: int, frame_count: int
    ) -> Iterator[tuple[FloatFrame, Mapping[str, NDArray[np.float32]]]]:
        return self._material.damage(frames, _damage_of(preset), seed, frame_count)

    def fingerprint(self) -> str:
        return self._material.fingerprint()


def _damage_of(preset: str) -> str:
    return DIRT if preset == PLANTED_FILM else preset
