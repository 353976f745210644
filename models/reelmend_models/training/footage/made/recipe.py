"""The recipe of a clip made from photographs: few words, from which every pixel follows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from reelmend_models.training.footage.catalogue import Catalogue, Photo
from reelmend_models.training.footage.errors import FootageError

# Clips per photograph in the fixed set; more can be had by recipes of other seeds.
CLIPS_PER_PHOTO = 2
# Rises when the same recipe would give other pixels, so that clips written before are written again.
RENDERER = 1
# Photographs beside the background, from which objects and near layers are cut.
_INSERTS = 2


@dataclass(frozen=True)
class Recipe:
    """What a made clip is made of.

    background, inserts: ids of photographs; the motion, the objects and the light follow from the seed alone, in units
    of the frame's height, so that the same scene can be rendered at any size.
    """

    background: str
    inserts: tuple[str, ...]
    seed: int
    width: int = 1280
    height: int = 720
    frames: int = 48
    fps: str = "24"
    renderer: int = RENDERER

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise FootageError(f"seed must be at least 0, got {self.seed}")
        if min(self.width, self.height) < 16 or self.frames < 1:
            raise FootageError(
                f"a made clip needs 16×16 pixels and one frame at least, got {self.width}×{self.height}, {self.frames}"
            )

    @property
    def photos(self) -> tuple[str, ...]:
        """Return the ids of all photographs that the clip needs, each once."""
        return tuple(dict.fromkeys((self.background, *self.inserts)))

    def resized(self, width: int, height: int) -> Recipe:
        """Return the recipe of the same scene at another frame size."""
        return replace(self, width=width, height=height)


def recipes(catalogue: Catalogue) -> Iterator[tuple[str, Recipe]]:
    """Give the fixed set of made clips, (id, recipe) each, CLIPS_PER_PHOTO per photograph.

    Inserts come from the split of the background, and the seed from the split's seeds.
    """
    for photo in catalogue.photos:
        mates = [other for other in catalogue.photos if other.split == photo.split and other is not photo]
        for number in range(1, CLIPS_PER_PHOTO + 1):
            id_ = f"made-{photo.id}-{number}"
            seeds = catalogue.seeds[photo.split].numbers
            seed = seeds[_number_from(id_) % len(seeds)]
            yield id_, Recipe(photo.id, _inserts(id_, mates), seed)


def quick_recipes(catalogue: Catalogue) -> Iterator[tuple[str, Recipe]]:
    """Give the made clips of the quick subset: the first one of each photograph that it names."""
    for id_, recipe in recipes(catalogue):
        if recipe.background in catalogue.quick and id_.endswith("-1"):
            yield id_, recipe


def _inserts(id_: str, mates: list[Photo]) -> tuple[str, ...]:
    ranked = sorted(mates, key=lambda mate: _number_from(f"{id_}/{mate.id}"))
    return tuple(mate.id for mate in ranked[:_INSERTS])


def _number_from(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
