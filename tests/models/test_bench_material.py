"""The bench's material: the test split and no other, seeds of the test split, damage with its truth."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from reelmend_models.bench_material import (
    BENCH_PRESETS,
    DAMAGE_PRESETS,
    DEFAULT_FOOTAGE,
    FLICKER_PRESETS,
    FOOTAGE_VARIABLE,
    KINDS,
    PLATES,
    SYNTHETIC,
    FootageMaterial,
    material,
    real_film,
    validation_material,
)
from reelmend_models.bench_repair import REPAIR_PRESETS
from reelmend_models.damage import PRESETS
from reelmend_models.synthetic_pan import synthetic_pan
from reelmend_models.training.footage import FootageError, read_footage, split_seeds

REPOSITORY = Path(__file__).parents[2]
BUILT = REPOSITORY / DEFAULT_FOOTAGE
built = pytest.mark.skipif(not (BUILT / "footage.json").exists(), reason="the footage is not built here")


def test_footage_that_is_not_built_is_named_with_the_command_that_builds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FootageError, match="footage build"):
        material(tmp_path)
    monkeypatch.setenv(FOOTAGE_VARIABLE, str(tmp_path / "elsewhere"))
    with pytest.raises(FootageError, match="elsewhere"):
        material()


def test_every_damage_preset_is_a_preset_of_the_bench() -> None:
    assert set(PRESETS) | {"blotches-only"} == set(DAMAGE_PRESETS)
    assert set(DAMAGE_PRESETS) < set(BENCH_PRESETS) == set(KINDS)


@built
def test_only_clips_of_the_test_split_are_used() -> None:
    found = FootageMaterial(BUILT)
    footage = read_footage(BUILT)
    assert [clip.name for clip in found.clips()] == [*(clip.id for clip in footage.clips("test")), SYNTHETIC]
    assert all(clip.licence and clip.attribution for clip in found.clips())
    assert len([clip for clip in found.clips() if "quick" in clip.modes]) >= 4
    assert [clip.name for clip in found.clips() if "full" not in clip.modes] == [SYNTHETIC]


@built
def test_what_is_tuned_by_shares_neither_clips_nor_seeds_with_what_is_judged_by() -> None:
    tuned, judged = validation_material(BUILT), material(BUILT)
    own = [{clip.name for clip in found.clips() if not clip.is_film} - {SYNTHETIC} for found in (tuned, judged)]
    assert own[0]
    assert own[1]
    assert not own[0] & own[1]
    assert tuned.seed("city", "flicker-only") in split_seeds("validation")


@built
def test_seeds_are_of_the_test_split_and_differ_by_clip_and_preset() -> None:
    found = FootageMaterial(BUILT)
    seeds = {found.seed(clip.name, preset) for clip in found.clips() for preset in found.presets()}
    assert len(seeds) == len(found.clips()) * len(found.presets())
    assert all(seed in split_seeds("test") for seed in seeds)


@built
def test_damage_comes_with_its_mattes_and_blotches_cover_about_a_five_hundredth() -> None:
    found = FootageMaterial(BUILT)
    frames = [np.full((360, 640, 3), 0.4, np.float32)] * 24
    shares = []
    for damaged, mattes in found.damage(frames, "blotches-only", found.seed("city", "blotches-only"), 24):
        assert set(mattes) == {"blotch"}
        assert np.array_equal(damaged[mattes["blotch"] == 0], frames[0][mattes["blotch"] == 0])
        shares.append((mattes["blotch"] > 0.1).mean())
    assert 0.0005 < np.mean(shares) < 0.006


@built
def test_a_made_clip_is_rendered_at_the_size_that_is_asked_for() -> None:
    found = FootageMaterial(BUILT)
    made = next(clip for clip in found.clips() if clip.file is None)
    assert next(iter(found.render(made.name, 160, 90))).shape == (90, 160, 3)


def test_the_synthetic_pan_is_the_same_every_time_and_its_light_swings_by_15_percent() -> None:
    first, second = (list(synthetic_pan(128, 72, frames=20)) for _ in range(2))
    assert np.array_equal(first, second)
    means = np.array([frame.mean() for frame in first])
    assert means.argmax() in range(7, 14)
    assert 1.08 < means.max() / means[0] < 1.2


@built
def test_the_fingerprint_stays_while_nothing_changes() -> None:
    assert FootageMaterial(BUILT).fingerprint() == FootageMaterial(BUILT).fingerprint()


@built
def test_the_fingerprint_reads_all_code_that_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    found, read, as_it_is = FootageMaterial(BUILT), set(), Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda file: read.add(file.name) or as_it_is(file))
    found.fingerprint()
    drawing = [*(REPOSITORY / "models/reelmend_models").glob("scenery/*.py"), *REPOSITORY.glob("models/*/damage/*.py")]
    assert len(drawing) > 40
    assert {file.name for file in drawing} | {"bench_repair.py", "bench_material.py", "bench_scenery.py"} <= read


def damaged(preset: str, count: int = 24) -> tuple[np.ndarray, np.ndarray, list[dict[str, np.ndarray]]]:
    """Return plates, damaged frames and mattes of a grey clip under a preset."""
    found = FootageMaterial.__new__(FootageMaterial)
    grey = [np.full((72, 128, 3), 0.5, np.float32)] * count
    plates = list(found.plate(grey, preset, 3, count))
    pairs = list(found.damage(plates, preset, 3, count))
    return np.stack(plates), np.stack([frame for frame, _ in pairs]), [dict(mattes) for _, mattes in pairs]


@pytest.mark.parametrize("preset", [name for name, kind in KINDS.items() if kind in ("clean", "film")])
def test_a_clean_preset_damages_nothing(preset: str) -> None:
    plates, source, _ = damaged(preset)
    assert np.array_equal(plates, source)
    assert (plates != 0.5).any() == (preset in PLATES and preset != "clean")


@pytest.mark.parametrize("preset", REPAIR_PRESETS)
def test_a_repair_preset_damages_what_its_mattes_say_and_nothing_else(preset: str) -> None:
    plates, source, mattes = damaged(preset)
    assert KINDS[preset] == "repair"
    for plate, frame, by_class in zip(plates, source, mattes, strict=True):
        assert set(by_class) <= {"dust", "blotch", "hair", "scratch"}
        covered = np.max(list(by_class.values()), axis=0)
        assert np.array_equal(plate[covered == 0.0], frame[covered == 0.0])
        assert (plate[covered > 0.5] != frame[covered > 0.5]).any(axis=1).mean() > 0.9


def test_dirt_of_the_repairs_bench_covers_three_tenths_of_a_per_cent() -> None:
    found = FootageMaterial.__new__(FootageMaterial)
    grey = [np.full((540, 960, 3), 0.4, np.float32)] * 4
    shares = []
    for seed in range(12):
        for _, mattes in found.damage(grey, "repair-dirt", seed, 4):
            assert set(mattes) == {"dust", "blotch", "hair"}
            shares.append((np.max(list(mattes.values()), axis=0) > 0.1).mean())
    assert 0.002 < np.mean(shares) < 0.004


def test_a_faint_scratch_is_as_strong_as_the_grain_beside_it() -> None:
    plates, source, mattes = damaged("repair-faint", 8)
    core = np.stack([matte["scratch"] for matte in mattes]) > 0.9
    assert core.sum() > 100
    strength = np.abs((source - plates)[..., 0][core]).mean()
    assert strength / plates[..., 0].std() == pytest.approx(1.0, abs=0.15)


def test_standing_scratches_stand_for_the_whole_clip() -> None:
    _, _, mattes = damaged("repair-scratches")
    everywhere = np.stack([matte["scratch"] for matte in mattes]).max(axis=1) > 0.1
    columns = [
        set(np.flatnonzero(cv2.dilate(row[None].astype(np.uint8), np.ones((1, 9), np.uint8))[0])) for row in everywhere
    ]
    assert all(one & other for one in columns for other in columns)


@pytest.mark.parametrize(("preset", "moves"), [("clean-structures", True), ("clean-structures-standing", False)])
def test_structures_move_as_their_scene_does(preset: str, moves: bool) -> None:
    found = FootageMaterial.__new__(FootageMaterial)
    texture = np.random.default_rng(0).uniform(0.1, 0.9, (90, 160, 1)).astype(np.float32).repeat(3, axis=2)
    clip = [texture, *[np.zeros_like(texture)] * 29]
    first, later = (list(found.plate(clip, preset, 3, 30))[index].mean(axis=2) for index in (0, 25))
    assert later.mean() > 0.2
    alike = (np.abs(first - later) < 0.06).mean()
    assert alike < 0.4 if moves else alike > 0.4


@built
def test_the_repairs_quick_mode_has_eight_clips_of_each_split_that_judges() -> None:
    for found in (material(BUILT), validation_material(BUILT)):
        chosen = [clip for clip in found.clips() if "repair" in clip.modes and not clip.is_film]
        assert len(chosen) == 8
        assert all(clip.height >= 400 for clip in chosen)


@pytest.mark.parametrize("preset", FLICKER_PRESETS)
def test_a_flicker_preset_moves_light_and_nothing_else(preset: str) -> None:
    plates, source, mattes = damaged(preset)
    ratio = source / plates
    assert 0.005 < np.log(ratio).std() < 0.2
    assert np.abs(np.diff(ratio, axis=1)).max() < 0.03
    assert all(set(matte) <= {"around"} for matte in mattes)


def test_global_flicker_is_the_same_everywhere_and_local_flicker_has_little_of_it() -> None:
    everywhere, local = (damaged(preset)[1] for preset in ("flicker-global", "flicker-local"))
    assert everywhere.std(axis=(1, 2, 3)).max() < 1e-6
    means = np.log(local.mean(axis=(1, 2, 3)))
    assert means.std() < 0.3 * np.log(local).std()


def test_somebody_walks_by_and_his_surroundings_are_known() -> None:
    plates, _, mattes = damaged("flicker-passer")
    covered = np.abs(plates - 0.5).max(axis=3) > 0.1
    around = np.stack([matte["around"] for matte in mattes]) > 0
    assert 0.05 < covered.mean() < 0.4
    assert not (covered & around).any()
    assert (np.diff(covered.astype(int), axis=0) != 0).any(axis=(1, 2)).all()
    near = np.stack([cv2.dilate(frame.astype(np.uint8), np.ones((13, 13), np.uint8)) for frame in covered])
    assert (near[around] > 0).mean() > 0.98


def test_fades_end_in_black_and_ramps_do_not() -> None:
    fade, ramp = (damaged(preset)[0].mean(axis=(1, 2, 3)) for preset in ("clean-fade", "clean-ramp"))
    assert fade[[0, -1]].max() < 1e-6
    assert fade.max() == pytest.approx(0.5)
    assert ramp.min() > 0.25
    assert np.ptp(ramp) > 0.15


def test_real_film_is_found_by_folder_and_its_absence_is_no_error(tmp_path: Path) -> None:
    assert real_film(tmp_path / "nowhere") == []
    (tmp_path / "some_film").mkdir()
    (tmp_path / "no_pictures").mkdir()
    for number in (1, 2):
        cv2.imwrite(str(tmp_path / "some_film" / f"{number:05d}.png"), np.zeros((36, 48, 3), np.uint8))
    (film,) = real_film(tmp_path)
    assert (film.name, film.width, film.height, film.frame_count, film.is_film) == ("some_film", 48, 36, 2, True)
