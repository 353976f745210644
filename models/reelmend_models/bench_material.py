"""What the engine's bench runs on: the footage's test split, one synthetic clip, and the damage presets.

The engine finds this through the entry point group `reelmend.bench`; it never imports this package by name.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import reelmend_models
from reelmend_models.damage import PRESETS, Blotch, Chain, Frame, damage_clip
from reelmend_models.synthetic_pan import FRAMES, synthetic_pan
from reelmend_models.training.footage import ClipEntry, Footage, Split, read_footage, split_seeds

FOOTAGE_VARIABLE = "REELMEND_FOOTAGE"
DEFAULT_FOOTAGE = Path(".cache/footage/built")
SPLIT: Split = "test"

BENCH_PRESETS: dict[str, Chain] = {
    "flicker-only": PRESETS["flicker-only"],
    "blotches-only": Chain((Blotch(per_frame=(4.0, 8.0)),)),
    **{name: chain for name, chain in PRESETS.items() if name != "flicker-only"},
}
"""The damage presets, and one of single-frame blotches alone, on about 0.2 % of the pixels."""

QUICK_CLIPS = ("cockatoo", "pedestrians", "ocean", "city", "made-stream-1", "made-dogs-park-1")


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


class FootageMaterial:
    """The test split of a built footage folder, and the bench's presets."""

    def __init__(self, folder: Path) -> None:
        self._footage: Footage = read_footage(folder)
        self._entries: dict[str, ClipEntry] = {clip.id: clip for clip in self._footage.clips(SPLIT)}

    def clips(self) -> Sequence[BenchClip]:
        """Return the test clips in the order of the manifest, and the synthetic one."""
        own = BenchClip(SYNTHETIC, None, 1280, 720, FRAMES, "Apache-2.0", "drawn by this project", modes=())
        return [*(self._clip(entry) for entry in self._entries.values()), own]

    def presets(self) -> Sequence[str]:
        """Return the names of the presets."""
        return tuple(BENCH_PRESETS)

    def seed(self, clip: str, preset: str) -> int:
        """Return the damage seed, one of the test split's, the same for a name at every call."""
        seeds = split_seeds(SPLIT)
        digest = hashlib.blake2b(f"{clip}/{preset}".encode(), digest_size=8).digest()
        return seeds[int.from_bytes(digest, "little") % len(seeds)]

    def render(self, clip: str, width: int, height: int) -> Iterator[Frame]:
        """Yield the frames of a clip that has no file, rendered at this size."""
        if clip == SYNTHETIC:
            return synthetic_pan(width, height)
        made = self._footage.made(self._entries[clip], width, height)
        return (made.frame(index) for index in range(self._entries[clip].frames))

    def damage(
        self, frames: Iterable[Frame], preset: str, seed: int, frame_count: int
    ) -> Iterator[tuple[Frame, Mapping[str, NDArray[np.float32]]]]:
        """Yield each frame damaged, and its true mattes by class."""
        for frame, truth in damage_clip(frames, BENCH_PRESETS[preset], seed, frame_count):
            yield frame, truth.mattes

    def fingerprint(self) -> str:
        """Return a digest of the test clips' rows, the damage and the code that makes them."""
        root = Path(next(iter(reelmend_models.__path__)))
        code = sorted(
            [
                *root.glob("damage/*.py"),
                *root.glob("training/footage/made/*.py"),
                root / "synthetic_pan.py",
                Path(__file__),
            ]
        )
        whole = hashlib.blake2b(digest_size=16)
        for entry in self._entries.values():
            made_of = entry.sha256 if entry.kind == "camera" else repr(entry.recipe)
            whole.update(f"{entry.id} {made_of}".encode())
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
            modes=("quick", "full") if entry.id in QUICK_CLIPS else ("full",),
        )


def material(folder: Path | None = None) -> FootageMaterial:
    """Return the material of a built footage folder, $REELMEND_FOOTAGE or .cache/footage/built unless given.

    Raises FootageError, with the command that builds it, when there is none.
    """
    return FootageMaterial(folder or Path(os.environ.get(FOOTAGE_VARIABLE) or DEFAULT_FOOTAGE))
