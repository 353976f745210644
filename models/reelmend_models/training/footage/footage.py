"""A built footage folder: its clips by id, split or kind, and their frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from reelmend_models.training.footage.catalogue import Split
from reelmend_models.training.footage.errors import FootageError
from reelmend_models.training.footage.made.clip import MadeClip
from reelmend_models.training.footage.manifest import ClipEntry, Kind, Manifest, read_manifest
from reelmend_models.training.footage.movies import movie_frames, png_frames


@dataclass(frozen=True)
class Footage:
    """A folder and its manifest."""

    folder: Path
    manifest: Manifest

    def clips(self, split: Split | None = None, kind: Kind | None = None) -> tuple[ClipEntry, ...]:
        """Return the clips of a split and a kind, None for any, in the manifest's order."""
        return tuple(clip for clip in self.manifest.clips if split in (None, clip.split) and kind in (None, clip.kind))

    def clip(self, id_: str) -> ClipEntry:
        """Return the clip of that id. Raises FootageError, with the reason where the clip could not be fetched."""
        for clip in self.manifest.clips:
            if clip.id == id_:
                return clip
        reasons = [missing.reason for missing in self.manifest.missing if missing.id == id_]
        why = f": {reasons[0]}" if reasons else "; 'list' shows the names"
        raise FootageError(f"clip {id_!r} is not in {self.folder}{why}")

    def replaced(self, clip: ClipEntry) -> Footage:
        """Return the footage with this clip in the place of the one of its id."""
        clips = tuple(clip if clip.id == other.id else other for other in self.manifest.clips)
        return Footage(self.folder, self.manifest.model_copy(update={"clips": clips}))

    def photos(self) -> dict[str, Path]:
        """Return the photographs' files by id."""
        return {photo.id: self.folder / photo.file for photo in self.manifest.photos}

    def made(self, clip: ClipEntry, width: int | None = None, height: int | None = None) -> MadeClip:
        """Return a made clip for frames in any order, rendered at its own size or at another one."""
        if clip.recipe is None:
            raise FootageError(f"clip {clip.id!r} comes from a camera and has no recipe")
        return MadeClip(clip.recipe.resized(width or clip.width, height or clip.height), self.photos())

    def frames(self, clip: ClipEntry, start: int = 0, stop: int | None = None) -> Iterator[npt.NDArray[np.float32]]:
        """Give the frames start … stop - 1 of a clip, (H, W, 3) float32 RGB display values in 0–1.

        A made clip that was not written is rendered. Raises FootageError when a file is broken.
        """
        if clip.file is None:
            made = self.made(clip)
            last = clip.frames if stop is None else min(stop, clip.frames)
            yield from (made.frame(index) for index in range(start, last))
        else:
            file = self.folder / clip.file
            yield from (png_frames if file.is_dir() else movie_frames)(file, clip.frames, start, stop)


def read_footage(folder: Path) -> Footage:
    """Return the footage of a built folder. Raises FootageError when it was not built."""
    return Footage(folder, read_manifest(folder))
