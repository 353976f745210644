"""Made clips as files: lossless, the same bytes again, kept while they are whole."""

from __future__ import annotations

import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from reelmend_models.training.footage import Footage, FootageError, read_footage
from reelmend_models.training.footage.build import build, plan
from reelmend_models.training.footage.cache import Cache
from reelmend_models.training.footage.catalogue import Catalogue, read_catalogue
from reelmend_models.training.footage.files import PARTIAL_PREFIX
from reelmend_models.training.footage.made.write import Form, write_clip
from reelmend_models.training.footage.manifest import ClipEntry
from reelmend_models.training.footage.writing import write_made
from support.footage_shelf import Shelf

FORMS: tuple[Form, ...] = ("ffv1", "png")
LEVELS = {"ffv1": 255, "png": 65535}


@pytest.fixture
def small_catalogue(shelf: Shelf) -> Catalogue:
    return read_catalogue(shelf.catalogue_file)


@pytest.fixture
def folder(tmp_path: Path, filled_cache: Path, small_catalogue: Catalogue) -> Path:
    """A built folder whose made clips are small and short."""
    rebuild(tmp_path / "footage", filled_cache, small_catalogue)
    return tmp_path / "footage"


def rebuild(folder: Path, cache: Path, catalogue: Catalogue, frames: int = 3) -> Footage:
    wanted = plan(catalogue, False)
    made = tuple((id_, replace(recipe, width=64, height=48, frames=frames)) for id_, recipe in wanted.made)
    build(folder, Cache(cache), replace(wanted, made=made), offline=True)
    return read_footage(folder)


@pytest.mark.parametrize("form", FORMS)
def test_a_written_clip_reads_back_as_it_was_rendered(folder: Path, form: Form) -> None:
    rendered = read_footage(folder)
    expected = {clip.id: list(rendered.frames(clip)) for clip in rendered.clips("test", "made")}
    write_made(folder, form, ["test"])
    footage = read_footage(folder)
    assert expected.keys() == {"made-cloud-1", "made-cloud-2"}
    for id_, frames in expected.items():
        clip = footage.clip(id_)
        assert clip.file is not None
        again = list(footage.frames(clip))
        assert len(again) == len(frames) == 3
        for frame, wanted in zip(again, frames, strict=True):
            np.testing.assert_array_equal(np.round(frame * LEVELS[form]), np.round(wanted * LEVELS[form]))


@pytest.mark.parametrize("form", FORMS)
def test_writing_again_gives_the_same_bytes(folder: Path, form: Form) -> None:
    first = {clip.id: clip.sha256 for clip in write_made(folder, form, ["test"]).clips if clip.kind == "made"}
    footage = read_footage(folder)
    clip = footage.clip("made-cloud-1")
    assert clip.recipe is not None
    made = footage.made(clip)
    sha256 = write_clip((made.frame(i) for i in range(3)), folder / "other" / "made-cloud-1.mkv", form, Fraction(24))
    assert sha256 == first["made-cloud-1"]


def test_only_the_splits_asked_for_are_written(folder: Path) -> None:
    manifest = write_made(folder, "ffv1", ["validation"])
    written = {clip.id for clip in manifest.clips if clip.kind == "made" and clip.file}
    assert written == {"made-river-1", "made-river-2"}
    assert read_footage(folder).manifest == manifest


def test_what_is_written_is_kept_by_writing_again_and_by_building_again(
    folder: Path, filled_cache: Path, small_catalogue: Catalogue
) -> None:
    manifest = write_made(folder, "ffv1", ["test"])
    rewritten: list[str] = []
    write_made(folder, "ffv1", ["test"], before=lambda clip: rewritten.append(clip.id))
    assert rewritten == []
    assert rebuild(folder, filled_cache, small_catalogue).manifest == manifest


def test_another_recipe_lets_the_written_file_go(folder: Path, filled_cache: Path, small_catalogue: Catalogue) -> None:
    write_made(folder, "ffv1", ["test"])
    assert rebuild(folder, filled_cache, small_catalogue, frames=4).clip("made-cloud-1").file is None


@pytest.mark.parametrize("form", FORMS)
def test_a_harmed_file_is_written_again(folder: Path, form: Form) -> None:
    manifest = write_made(folder, form, ["test"])
    clip = next(clip for clip in manifest.clips if clip.id == "made-cloud-2")
    file = folder / str(clip.file)
    (file if file.is_file() else file / "000001.png").write_bytes(b"scribble")
    rewritten: list[str] = []
    again = write_made(folder, form, ["test"], before=lambda clip: rewritten.append(clip.id))
    assert rewritten == ["made-cloud-2"]
    assert again == manifest


def test_a_stopped_writing_keeps_the_clips_that_were_finished(folder: Path) -> None:
    def stop_at_second(clip: ClipEntry) -> None:
        if clip.id == "made-cloud-2":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_made(folder, "ffv1", ["test"], before=stop_at_second)
    footage = read_footage(folder)
    assert footage.clip("made-cloud-1").file == "made/made-cloud-1.mkv"
    assert footage.clip("made-cloud-2").file is None
    assert not list(folder.rglob(f"{PARTIAL_PREFIX}*"))


def test_a_clip_whose_rendering_fails_leaves_no_file(tmp_path: Path) -> None:
    def frames() -> object:
        yield np.zeros((48, 64, 3), np.float32)
        raise FootageError("no more light")

    for form in FORMS:
        with pytest.raises(FootageError, match="no more light"):
            write_clip(frames(), tmp_path / "clip.mkv", form, Fraction(24))  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_ffv1_without_pyav_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(FootageError, match=r"needs PyAV: pip install 'reelmend\[movies\]', or write png"):
        write_clip([np.zeros((48, 64, 3), np.float32)], tmp_path / "clip.mkv", "ffv1", Fraction(24))


def test_part_of_a_clip_is_the_same_rendered_and_read(folder: Path) -> None:
    footage = read_footage(folder)
    rendered = [np.round(f * 65535) for f in footage.frames(footage.clip("made-cloud-1"), 1, 3)]
    write_made(folder, "png", ["test"])
    footage = read_footage(folder)
    read = [np.round(f * 65535) for f in footage.frames(footage.clip("made-cloud-1"), 1, 3)]
    assert len(read) == 2
    np.testing.assert_array_equal(read, rendered)


def test_a_camera_clip_has_no_recipe(folder: Path) -> None:
    footage = read_footage(folder)
    with pytest.raises(FootageError, match="clip 'walk' comes from a camera and has no recipe"):
        footage.made(footage.clip("walk"))
