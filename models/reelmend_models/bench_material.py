"""What the engine's bench runs on: the footage's test split, one synthetic clip, and the damage presets.

The engine finds this through the entry point group `reelmend.bench`; it never imports this package by name.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

import reelmend_models
from reelmend_models.bench_repair import REPAIR_CLIPS, REPAIR_PLATES, REPAIR_PRESETS, seen
from reelmend_models.bench_scenery import Lighting, Passer
from reelmend_models.damage import PRESETS, Bands, Blotch, Chain, ClipInfo, Flicker, Frame, Grain, damage_clip
from reelmend_models.synthetic_pan import FRAMES, synthetic_pan
from reelmend_models.training.footage import ClipEntry, Footage, Split, read_footage, split_seeds

FOOTAGE_VARIABLE = "REELMEND_FOOTAGE"
DEFAULT_FOOTAGE = Path(".cache/footage/built")
SPLIT: Split = "test"

FILM_VARIABLE = "REELMEND_FILM"
DEFAULT_FILM = Path("../shared/footage")
FILM_LICENCE = "public domain (United States, published before 1931)"

DAMAGE_PRESETS: dict[str, Chain] = {
    "flicker-only": PRESETS["flicker-only"],
    "blotches-only": Chain((Blotch(per_frame=(4.0, 8.0)),)),
    **{name: chain for name, chain in PRESETS.items() if name != "flicker-only"},
}
"""The damage presets, and one of single-frame blotches alone, on about 0.2 % of the pixels."""

LOCAL_FLICKER = Flicker(
    gain_std=(0.0, 0.01), gamma_std=0.0, offset_std=0.0, spatial_std=(0.03, 0.08), outlier_probability=0.0
)
FLICKER_PRESETS: dict[str, Chain] = {
    "flicker-global": Chain((Flicker(spatial_std=0.0),)),
    "flicker-local": Chain((LOCAL_FLICKER,)),
    "flicker-mixed": Chain((Flicker(spatial_std=(0.02, 0.06)),)),
    "flicker-bands": Chain((Bands(),)),
    "flicker-passer": Chain((LOCAL_FLICKER,)),
}
"""Flicker of one kind each; the last before a clip through which somebody walks, whose surroundings have a matte."""

NOTHING = Chain(())
PLATES: dict[str, Chain] = {
    "flicker-passer": Chain((Passer(),)),
    "clean": NOTHING,
    "clean-grain": Chain((Grain(std=(0.02, 0.035)),)),
    "clean-passer": Chain((Passer(),)),
    "clean-fade": Chain((Lighting((0.0, 1.0, 1.0, 1.0, 0.0)),)),
    "clean-ramp": Chain((Lighting((0.6, 0.6, 1.0, 1.0, 0.75)),)),
    **REPAIR_PLATES,
}
"""What a preset adds to the truth itself, before any damage."""

CLEAN_PRESETS: dict[str, Chain] = {name: NOTHING for name in PLATES if name.startswith("clean")}
FILM_PRESET = "real-film"

BENCH_PRESETS: dict[str, Chain] = {
    **DAMAGE_PRESETS,
    **FLICKER_PRESETS,
    **REPAIR_PRESETS,
    **CLEAN_PRESETS,
    FILM_PRESET: NOTHING,
}
"""Every preset that the bench knows."""

KINDS = {
    **dict.fromkeys(DAMAGE_PRESETS, "damage"),
    **dict.fromkeys(FLICKER_PRESETS, "flicker"),
    **dict.fromkeys(REPAIR_PRESETS, "repair"),
    **dict.fromkeys(CLEAN_PRESETS, "clean"),
    FILM_PRESET: "film",
}
"""What each preset is for: any restorer, the deflicker's bench, the repair's; "film" has no truth."""

QUICK_CLIPS = ("cockatoo", "pedestrians", "ocean", "city", "made-stream-1", "made-dogs-park-1")
DEFLICKER_CLIPS = (
    *QUICK_CLIPS,
    *("dog", "made-mountain-path-1"),
    *("night", "cup", "carphone", "made-autumn-hills-1", "made-dogs-window-1", "made-sunset-1", "made-butterfly-1"),
    "made-rain-drops-1",
)
"""Eight clips of the test split and eight of the validation split for the quick mode of the deflicker's bench."""


SYNTHETIC = "synthetic-pan"
"""A clip of known, easy motion beside the test split, asked for by name."""


@dataclass(frozen=True)
class BenchClip:
    """A clip of the test split; `file` is None for one that is rendered."""

    name: str
    file: Path | None
    width: int
    height: int
    frame_count: int
    licence: str
    attribution: str
    modes: tuple[str, ...]
    is_film: bool = False


class FootageMaterial:
    """One split of a built footage folder, real old film where it is provided, and the bench's presets."""

    def __init__(self, folder: Path, film: Path | None = None, split: Split = SPLIT) -> None:
        self._split: Split = split
        self._film = real_film(film) if film else []
        self._footage: Footage = read_footage(folder)
        self._entries: dict[str, ClipEntry] = {clip.id: clip for clip in self._footage.clips(split)}

    def clips(self) -> Sequence[BenchClip]:
        """Return the split's clips in the order of the manifest, the synthetic one, and real film."""
        own = BenchClip(SYNTHETIC, None, 1280, 720, FRAMES, "Apache-2.0", "drawn by this project", modes=())
        return [*(self._clip(entry) for entry in self._entries.values()), own, *self._film]

    def presets(self) -> Sequence[str]:
        """Return the names of the presets."""
        return tuple(BENCH_PRESETS)

    def kind(self, preset: str) -> str:
        """Return "damage", "flicker", "repair", "clean" or "film"."""
        return KINDS[preset]

    def seed(self, clip: str, preset: str) -> int:
        """Return the damage seed, one of the split's, the same for a name at every call."""
        seeds = split_seeds(self._split)
        digest = hashlib.blake2b(f"{clip}/{preset}".encode(), digest_size=8).digest()
        return seeds[int.from_bytes(digest, "little") % len(seeds)]

    def render(self, clip: str, width: int, height: int) -> Iterator[Frame]:
        """Yield the frames of a clip that has no file, rendered at this size."""
        if clip == SYNTHETIC:
            return synthetic_pan(width, height)
        made = self._footage.made(self._entries[clip], width, height)
        return (made.frame(index) for index in range(self._entries[clip].frames))

    def plate(self, frames: Iterable[Frame], preset: str, seed: int, frame_count: int) -> Iterator[Frame]:
        """Yield each frame as it would be without damage: with the grain, light or scenery that the preset adds."""
        camera = seen(frames, preset, seed, frame_count)
        for frame, _ in damage_clip(camera, PLATES.get(preset, NOTHING), seed, frame_count):
            yield frame

    def damage(
        self, frames: Iterable[Frame], preset: str, seed: int, frame_count: int
    ) -> Iterator[tuple[Frame, Mapping[str, NDArray[np.float32]]]]:
        """Yield each frame damaged, and its true mattes by class; of a passer the ring around it, as "around"."""
        ring = preset == "flicker-passer"
        for index, (frame, truth) in enumerate(damage_clip(frames, BENCH_PRESETS[preset], seed, frame_count)):
            info = ClipInfo(frame_count, *frame.shape[:2])
            yield frame, {"around": Passer().plan(info, seed).ring(index)} if ring else truth.mattes

    def fingerprint(self) -> str:
        """Return a digest of the clips' rows, the damage and the code that makes them."""
        root = Path(next(iter(reelmend_models.__path__)))
        code = sorted(
            [
                *root.glob("damage/*.py"),
                *root.glob("training/footage/made/*.py"),
                root / "synthetic_pan.py",
                *root.glob("scenery/*.py"),
                *(root / name for name in ("bench_material.py", "bench_repair.py", "bench_scenery.py")),
            ]
        )
        whole = hashlib.blake2b(digest_size=16)
        for entry in self._entries.values():
            made_of = entry.sha256 if entry.kind == "camera" else repr(entry.recipe)
            whole.update(f"{entry.id} {made_of}".encode())
        for film in self._film:
            whole.update(f"{film.name} {film.frame_count} {film.width}".encode())
        for file in code:
            whole.update(file.read_bytes())
        return whole.hexdigest()

    def _clip(self, entry: ClipEntry) -> BenchClip:
        return BenchClip(
            name=entry.id,
            file=self._footage.folder / entry.file if entry.kind == "camera" and entry.file else None,
            width=entry.width,
            height=entry.height,
            frame_count=entry.frames,
            licence=entry.licence,
            attribution=entry.attribution,
            modes=(
                "full",
                *(("quick",) if entry.id in QUICK_CLIPS else ()),
                *(("deflicker",) if entry.id in DEFLICKER_CLIPS else ()),
                *(("repair",) if entry.id in REPAIR_CLIPS else ()),
            ),
        )


def material(folder: Path | None = None) -> FootageMaterial:
    """Return the material of a built footage folder, $REELMEND_FOOTAGE or .cache/footage/built unless given.

    Real film is taken from $REELMEND_FILM or ../shared/footage, where it is there. Raises FootageError, with the
    command that builds it, when there is no footage.
    """
    return _of_split(folder, SPLIT)


def validation_material(folder: Path | None = None) -> FootageMaterial:
    """Return the same of the validation split, to tune and choose by: the test split is for judging alone.

    `reelmend bench deflicker --material reelmend_models.bench_material:validation_material`.
    """
    return _of_split(folder, "validation")


def _of_split(folder: Path | None, split: Split) -> FootageMaterial:
    film = Path(os.environ.get(FILM_VARIABLE) or DEFAULT_FILM)
    return FootageMaterial(folder or Path(os.environ.get(FOOTAGE_VARIABLE) or DEFAULT_FOOTAGE), film, split)


def real_film(folder: Path) -> list[BenchClip]:
    """Return the PNG sequences in a folder's sub-folders, by name; none where there is no folder."""
    found = []
    for place in sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []:
        pictures = sorted(place.glob("*.png"))
        if pictures:
            first = cv2.imread(str(pictures[0]))
            height, width = (0, 0) if first is None else first.shape[:2]
            attribution = "real film; see README.md in its folder"
            modes = ("quick", "full", "deflicker", "repair")
            found.append(
                BenchClip(
                    place.name, place, width, height, len(pictures), FILM_LICENCE, attribution, modes, is_film=True
                )
            )
    return found
