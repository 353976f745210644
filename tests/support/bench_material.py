"""Small clips and damage for the bench's tests, made here: nothing is fetched and nothing is random."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reelmend.quality.bench.timed_method import procedural_clip

WIDTH, HEIGHT, FRAMES = 64, 48, 12
KINDS = {
    "repair-dirt": "repair",
    "clean-structures": "clean",
    "clean-rain": "clean",
    "clean-eyes": "clean",
    "clean-fade": "clean",
    "flicker-global": "flicker",
    "flicker-local": "flicker",
    "flicker-mixed": "flicker",
    "clean": "clean",
    "clean-dim": "clean",
    "real-film": "film",
}


@dataclass(frozen=True)
class SmallClip:
    name: str
    file: Path | None = None
    width: int = WIDTH
    height: int = HEIGHT
    frame_count: int = FRAMES
    licence: str = "CC0-1.0"
    attribution: str = "made by the test"
    modes: tuple[str, ...] = ("quick", "full", "deflicker", "repair")
    is_film: bool = False


class SmallMaterial:
    """Two clips; "flicker" scales light by a known gain, "spots" paints a known square black, "broken" raises.
    "repair-dirt" paints spots as well, "repair-scratches" and "repair-faint" a line that stands at one column.

    `presets` may name more: those that begin with "flicker" flicker, of the others nothing is damaged; "clean-dim"
    halves the light of the truth.
    """

    def __init__(
        self,
        clips: Sequence[SmallClip] = (SmallClip("one"), SmallClip("two")),
        presets: Sequence[str] = ("flicker", "spots", "broken"),
    ) -> None:
        self._clips, self._presets = clips, presets

    def clips(self) -> Sequence[SmallClip]:
        return self._clips

    def presets(self) -> Sequence[str]:
        return self._presets

    def seed(self, clip: str, preset: str) -> int:
        return len(clip) + len(preset)

    def render(self, clip: str, width: int, height: int) -> Iterator[NDArray[np.float32]]:
        for frame in procedural_clip(FRAMES, width, height, seed=len(clip) + ord(clip[0])):
            yield frame.astype(np.float32) / np.float32(255.0)

    def kind(self, preset: str) -> str:
        return KINDS.get(preset, "damage")

    def plate(
        self, frames: Iterable[NDArray[np.float32]], preset: str, seed: int, frame_count: int
    ) -> Iterator[NDArray[np.float32]]:
        for frame in frames:
            yield frame * np.float32(0.5) if preset == "clean-dim" else frame

    def damage(
        self, frames: Iterable[NDArray[np.float32]], preset: str, seed: int, frame_count: int
    ) -> Iterator[tuple[NDArray[np.float32], Mapping[str, NDArray[np.float32]]]]:
        for index, frame in enumerate(frames):
            if preset == "broken":
                raise ValueError("this preset can't be drawn")
            if preset.startswith("flicker"):
                yield frame * np.float32(0.9 if index % 2 else 1.1), {}
                continue
            if preset in ("repair-scratches", "repair-faint"):
                damaged, matte = frame.copy(), np.zeros(frame.shape[:2], np.float32)
                damaged[:, 20:22] += 0.3
                matte[:, 20:22] = 1.0
                yield damaged, {"scratch": matte}
                continue
            if preset not in ("spots", "repair-dirt"):
                yield frame, {}
                continue
            damaged, matte = frame.copy(), np.zeros(frame.shape[:2], np.float32)
            corner = 4 + 9 * (index % 4)
            damaged[corner : corner + 6, corner : corner + 6] = 0.0
            matte[corner : corner + 6, corner : corner + 6] = 1.0
            yield damaged, {"blotch": matte}

    def fingerprint(self) -> str:
        return "small"


def material(_footage: Path | None = None) -> SmallMaterial:
    return SmallMaterial()


def deflicker_material(_footage: Path | None = None) -> SmallMaterial:
    return SmallMaterial(presets=("flicker-global", "flicker-local", "clean", "spots"))


def repair_material(_footage: Path | None = None) -> SmallMaterial:
    """Two clips that have rows enough for a repair, a film, and presets of dirt, scratches and clean clips."""
    large = {"width": 640, "height": 480}
    clips = (SmallClip("one", **large), SmallClip("two", **large), SmallClip("old", **large, is_film=True))
    presets = (
        "flicker-global",
        "repair-dirt",
        "repair-scratches",
        "clean",
        "clean-rain",
        "clean-eyes",
        "clean-fade",
        "real-film",
    )
    return SmallMaterial(clips, presets)
