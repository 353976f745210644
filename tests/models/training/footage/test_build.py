"""Building a footage folder: whole, resumable, offline from its cache, and only with the recorded files."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from reelmend_models.training.footage import FootageError, read_footage
from reelmend_models.training.footage.build import Report, build, plan
from reelmend_models.training.footage.cache import Cache
from reelmend_models.training.footage.catalogue import Catalogue, read_catalogue
from reelmend_models.training.footage.files import PARTIAL_PREFIX, disk_bytes, locked, sha256_of
from reelmend_models.training.footage.obtain import Outcome, Watch
from support.footage_shelf import FRAMES, Shelf, deb, photo_bytes


@pytest.fixture
def catalogue(shelf: Shelf) -> Catalogue:
    return read_catalogue(shelf.catalogue_file)


def built(
    folder: Path, cache: Path, catalogue: Catalogue, *, quick: bool = False, watch: Watch | None = None
) -> Report:
    return build(folder, Cache(cache), plan(catalogue, quick), offline=True, watch=watch)


def test_a_folder_is_built_from_packages_that_lie_in_the_cache(
    tmp_path: Path, filled_cache: Path, catalogue: Catalogue
) -> None:
    report = built(tmp_path / "footage", filled_cache, catalogue)
    assert report.missing == ()
    for source in catalogue.sources:
        folder = "clips" if source in catalogue.clips else "photos"
        assert sha256_of(tmp_path / "footage" / folder / source.file_name) == source.sha256
    footage = read_footage(tmp_path / "footage")
    assert [clip.id for clip in footage.clips(kind="camera")] == ["ball", "walk"]
    assert {clip.id for clip in footage.clips("test")} == {"walk", "made-cloud-1", "made-cloud-2"}


def test_the_manifest_says_whose_a_clip_is_and_where_it_came_from(
    tmp_path: Path, filled_cache: Path, catalogue: Catalogue
) -> None:
    built(tmp_path, filled_cache, catalogue)
    ball = read_footage(tmp_path).clip("ball")
    assert (ball.manager, ball.package, ball.version) == ("apt", "films", "1.0-1")
    assert (ball.licence, ball.basis, ball.attribution) == ("CC0-1.0", "file", "© nobody")
    assert (ball.width, ball.height, ball.frames, ball.frames_per_second, ball.cuts) == (96, 64, FRAMES, 25, (4,))
    assert ball.file == "clips/ball.avi"


def test_camera_frames_are_float_rgb_and_any_part_can_be_read(
    tmp_path: Path, filled_cache: Path, catalogue: Catalogue
) -> None:
    built(tmp_path, filled_cache, catalogue)
    footage = read_footage(tmp_path)
    frames = list(footage.frames(footage.clip("walk")))
    part = list(footage.frames(footage.clip("walk"), 3, 5))
    assert len(frames) == FRAMES
    assert frames[0].shape == (64, 96, 3)
    assert frames[0].dtype == "float32"
    assert 0 <= frames[0].min() < frames[0].max() <= 1
    assert frames[0][:, :, 0].mean() > frames[0][:, :, 2].mean() + 0.2
    assert [frame.tobytes() for frame in part] == [frame.tobytes() for frame in frames[3:5]]


def test_a_movie_that_ends_early_is_an_error(tmp_path: Path, filled_cache: Path, catalogue: Catalogue) -> None:
    built(tmp_path, filled_cache, catalogue)
    footage = read_footage(tmp_path)
    longer = footage.clip("walk").model_copy(update={"frames": FRAMES + 5})
    with pytest.raises(
        FootageError, match=rf"walk\.avi ends at frame {FRAMES} of {FRAMES + 5}; build the footage again"
    ):
        list(footage.frames(longer))


def test_without_packages_everything_is_missing_and_the_manifest_says_so(tmp_path: Path, catalogue: Catalogue) -> None:
    report = built(tmp_path / "footage", tmp_path / "empty", catalogue)
    assert len(report.missing) == len(catalogue.sources)
    manifest = read_footage(tmp_path / "footage").manifest
    assert manifest.clips == ()
    assert {row.id: row.reason for row in manifest.missing}["walk"] == "npm tape 2.0.0 is not in the cache"


def test_a_missing_clip_is_asked_for_in_vain_with_the_reason(tmp_path: Path, catalogue: Catalogue) -> None:
    built(tmp_path / "footage", tmp_path / "empty", catalogue)
    with pytest.raises(FootageError, match=r"clip 'walk' is not in .*: npm tape 2\.0\.0 is not in the cache"):
        read_footage(tmp_path / "footage").clip("walk")


def test_one_missing_package_leaves_the_rest(tmp_path: Path, filled_cache: Path, catalogue: Catalogue) -> None:
    (filled_cache / "films_1.0-1_all.deb").unlink()
    report = built(tmp_path / "footage", filled_cache, catalogue)
    assert {outcome.source.id for outcome in report.missing} == {"ball", "tree", "house"}
    assert {clip.id for clip in report.manifest.clips} == {
        "walk", "made-river-1", "made-river-2", "made-cloud-1", "made-cloud-2",
    }  # fmt: skip


def test_a_second_build_touches_no_file_and_writes_the_same_manifest(
    tmp_path: Path, filled_cache: Path, catalogue: Catalogue
) -> None:
    folder = tmp_path / "footage"
    first = built(folder, filled_cache, catalogue)
    text = first.file.read_bytes()
    before = {file: file.stat().st_mtime_ns for file in folder.rglob("*.png")}
    second = built(folder, filled_cache, catalogue)
    assert {outcome.origin for outcome in first.outcomes} == {"package"}
    assert {outcome.origin for outcome in second.outcomes} == {"cache"}
    assert second.file.read_bytes() == text
    assert {file: file.stat().st_mtime_ns for file in folder.rglob("*.png")} == before


def test_the_built_folder_takes_no_disk_beside_its_cache(
    tmp_path: Path, filled_cache: Path, catalogue: Catalogue
) -> None:
    report = built(tmp_path / "footage", filled_cache, catalogue)
    assert report.disk_bytes == disk_bytes(filled_cache) + report.file.stat().st_size


def test_a_harmed_file_is_replaced(tmp_path: Path, filled_cache: Path, catalogue: Catalogue) -> None:
    report = built(tmp_path / "footage", filled_cache, catalogue)
    tree = tmp_path / "footage" / "photos" / "tree.png"
    tree.write_bytes(b"scribble")
    again = built(tmp_path / "footage", filled_cache, catalogue)
    assert sha256_of(tree) == next(photo.sha256 for photo in catalogue.photos if photo.id == "tree")
    assert again.manifest == report.manifest


def test_a_file_that_is_not_the_recorded_one_is_not_taken(tmp_path: Path, catalogue: Catalogue) -> None:
    cache = tmp_path / "packages"
    cache.mkdir()
    deb(cache, "films", "1.0-1", {"usr/share/films/tree.png": photo_bytes(99)})
    report = built(tmp_path / "footage", cache, catalogue)
    reasons = {outcome.source.id: outcome.reason for outcome in report.missing}
    assert reasons["tree"].endswith("films_1.0-1_all.deb is not the recorded file (its sha256 differs)")
    assert reasons["house"] == "films_1.0-1_all.deb holds no usr/share/films/house.png"
    assert not (tmp_path / "footage" / "photos" / "tree.png").exists()


def test_another_version_is_taken_when_its_file_is_the_recorded_one(tmp_path: Path, catalogue: Catalogue) -> None:
    cache = tmp_path / "packages"
    cache.mkdir()
    deb(cache, "films", "1.0-1+deb12u1", {"usr/share/films/tree.png": photo_bytes(0)})
    report = built(tmp_path / "footage", cache, catalogue)
    assert {photo.id for photo in report.manifest.photos} == {"tree"}


def test_a_broken_package_is_a_reason_and_no_crash(tmp_path: Path, filled_cache: Path, catalogue: Catalogue) -> None:
    (filled_cache / "tape-2.0.0.tgz").write_bytes(b"not a tarball")
    report = built(tmp_path / "footage", filled_cache, catalogue)
    assert {outcome.source.id for outcome in report.missing} == {"walk", "river"}
    assert "is broken" in report.missing[0].reason


def test_a_stopped_build_leaves_nothing_half_done_and_goes_on(
    tmp_path: Path, filled_cache: Path, catalogue: Catalogue
) -> None:
    def stop(outcome: Outcome) -> None:
        raise KeyboardInterrupt

    folder = tmp_path / "footage"
    with pytest.raises(KeyboardInterrupt):
        built(folder, filled_cache, catalogue, watch=Watch(source=stop))
    assert not (folder / "footage.json").exists()
    assert not list(tmp_path.rglob(f"{PARTIAL_PREFIX}*"))
    report = built(folder, filled_cache, catalogue)
    assert report.missing == ()
    assert {outcome.origin for outcome in report.outcomes} == {"cache", "package"}


def test_what_a_killed_build_left_is_cleared(tmp_path: Path, filled_cache: Path, catalogue: Catalogue) -> None:
    left = filled_cache / f"{PARTIAL_PREFIX}old"
    left.mkdir()
    (left / "half.deb").write_bytes(b"half")
    built(tmp_path / "footage", filled_cache, catalogue)
    assert not left.exists()


def test_a_second_build_waits_for_the_first_and_says_so(
    tmp_path: Path, filled_cache: Path, catalogue: Catalogue
) -> None:
    lines: list[str] = []
    said = threading.Event()

    def say(line: str) -> None:
        lines.append(line)
        said.set()

    with locked(filled_cache, say):
        wanted = plan(catalogue, False)
        thread = threading.Thread(
            target=build, args=(tmp_path / "footage", Cache(filled_cache), wanted), kwargs={"offline": True, "say": say}
        )
        thread.start()
        assert said.wait(20)
        assert not (tmp_path / "footage" / "footage.json").exists()
    thread.join(20)
    assert lines == [f"another build is using {filled_cache}; waiting for it"]
    assert read_footage(tmp_path / "footage").manifest.missing == ()


def test_the_quick_subset_has_the_same_clips_as_the_whole(
    tmp_path: Path, filled_cache: Path, catalogue: Catalogue
) -> None:
    whole = {clip.id: clip for clip in built(tmp_path / "whole", filled_cache, catalogue).manifest.clips}
    quick = built(tmp_path / "quick", filled_cache, catalogue, quick=True).manifest
    assert [clip.id for clip in quick.clips] == ["ball", "made-tree-1"]
    assert all(whole[clip.id] == clip for clip in quick.clips)
    assert {clip.id for clip in whole.values() if clip.quick} == {"ball", "made-tree-1"}
    assert {photo.id for photo in quick.photos} == {"tree", "house"}


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path, filled_cache: Path, catalogue: Catalogue) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FootageError, match=r"file.* cannot be written: "):
        built(tmp_path / "file" / "footage", filled_cache, catalogue)


@pytest.mark.parametrize("text", ["{", "{}", '{"format": 2, "quick": false, "clips": [], "photos": [], "missing": []}'])
def test_a_broken_manifest_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "footage.json").write_text(text)
    with pytest.raises(FootageError, match=r"footage\.json cannot be read: .*build the folder again"):
        read_footage(tmp_path)


def test_a_folder_that_was_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    with pytest.raises(
        FootageError, match=r"no footage\.json in .*; run 'python -m reelmend_models\.training\.footage build"
    ):
        read_footage(tmp_path)
