"""Made clips of a built folder, written as files beside the camera clips."""

from __future__ import annotations

from collections.abc import Callable, Collection
from fractions import Fraction
from pathlib import Path

from reelmend_models.training.footage.catalogue import Split
from reelmend_models.training.footage.errors import FootageError
from reelmend_models.training.footage.files import locked
from reelmend_models.training.footage.footage import read_footage
from reelmend_models.training.footage.made.clip import made_clip
from reelmend_models.training.footage.made.write import Form, write_clip, written_name, written_sha256
from reelmend_models.training.footage.manifest import ClipEntry, Manifest


def write_made(
    folder: Path,
    form: Form,
    splits: Collection[Split],
    *,
    before: Callable[[ClipEntry], None] = lambda _: None,
    say: Callable[[str], None] = lambda _: None,
) -> Manifest:
    """Return the manifest after the made clips of those splits were written; those already there unharmed are kept.

    before: called with each clip that is to be written. The manifest is written after every clip, so that a stopped run
    goes on where it was. Raises FootageError when a file cannot be written.
    """
    try:
        with locked(folder, say):
            footage = read_footage(folder)
            for clip in footage.clips(kind="made"):
                name = written_name(clip.id, form)
                if clip.recipe is None or clip.split not in splits or is_written(folder, clip, name):
                    continue
                before(clip)
                frames = made_clip(clip.recipe, footage.photos())
                sha256 = write_clip(frames, folder / name, form, Fraction(clip.fps))
                footage = footage.replaced(clip.model_copy(update={"file": name, "sha256": sha256}))
                footage.manifest.write(folder)
            return footage.manifest
    except OSError as error:
        raise FootageError(f"{error.filename or folder} cannot be written: {error.strerror or error}") from error


def is_written(folder: Path, clip: ClipEntry, name: str | None = None) -> bool:
    """Return whether the clip's file, of that name when one is given, lies in the folder with the content it had."""
    if clip.file is None or name not in (None, clip.file):
        return False
    file = folder / clip.file
    return file.exists() and written_sha256(file) == clip.sha256
