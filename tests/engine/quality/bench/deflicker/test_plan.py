"""What the deflicker's bench takes by itself, and that film and test clips never meet."""

from pathlib import Path

import numpy as np
import pytest

from reelmend.errors import BadRequestError
from reelmend.quality import MEASURES
from reelmend.quality.bench.clip_files import make_scene
from reelmend.quality.bench.deflicker.plan import BANDS, METHODS, OURS, make_deflicker_plan
from reelmend.quality.bench.deflicker.plan import MEASURES as WANTED
from reelmend.quality.bench.plan import Plan, Size, make_plan
from reelmend.quality.bench.quality_run import run_cells
from reelmend.quality.bench.store import Store
from support.bench_material import SmallClip, SmallMaterial

PRESETS = ("spots", "flicker-global", "clean", "clean-dim", "real-film")


@pytest.fixture
def material() -> SmallMaterial:
    film = SmallClip("old", is_film=True)
    return SmallMaterial((SmallClip("one"), SmallClip("two", modes=("full",)), film), PRESETS)


def test_by_itself_it_takes_its_modes_clips_and_only_its_own_presets(material: SmallMaterial) -> None:
    for quick, clips in ((True, ["one", "old"]), (False, ["one", "two", "old"])):
        plan = make_deflicker_plan(material, quick=quick)
        assert [clip.name for clip in plan.clips] == clips
        assert plan.presets == PRESETS[1:]
        assert tuple(method.name for method in plan.methods) == METHODS
    assert OURS in METHODS
    assert set(WANTED) <= set(MEASURES)


def test_scenes_that_only_look_broken_are_the_repairs() -> None:
    material = SmallMaterial((SmallClip("one"),), ("flicker-global", "clean", "clean-rain", "clean-fade"))
    assert make_deflicker_plan(material, quick=True).presets == ("flicker-global", "clean", "clean-fade")


def test_film_goes_with_its_own_preset_and_no_other_clip_does(material: SmallMaterial) -> None:
    plan = make_deflicker_plan(material, quick=False)
    assert {clip.name for preset, clip in plan.scenes if preset == "real-film"} == {"old"}
    assert {clip.name for preset, clip in plan.scenes if preset != "real-film"} == {"one", "two"}
    assert "old" not in [clip.name for clip in make_deflicker_plan(material, quick=True, presets=["clean"]).clips]


def test_the_mode_for_bands_is_run_on_bands_alone_unless_it_is_named() -> None:
    presets = ("flicker-local", "flicker-bands")
    material = SmallMaterial((SmallClip("one"),), presets)
    by_itself = make_deflicker_plan(material, quick=True, presets=presets).cells
    assert {cell.preset for cell in by_itself if cell.method == BANDS} == {"flicker-bands"}
    assert len(by_itself) == 2 * len(METHODS) - 1
    named = make_deflicker_plan(material, quick=True, presets=presets, methods=[BANDS])
    assert {cell.preset for cell in named.cells} == {"flicker-local", "flicker-bands"}


def test_a_clip_and_a_preset_that_do_not_go_together_are_refused(material: SmallMaterial) -> None:
    with pytest.raises(BadRequestError, match="no clip of one goes with real-film"):
        make_deflicker_plan(material, quick=True, presets=["real-film"], clips=["one"])
    with pytest.raises(BadRequestError, match="no preset of flicker"):
        make_deflicker_plan(SmallMaterial(), quick=True)


def test_the_general_bench_leaves_the_deflickers_presets_and_film_alone(material: SmallMaterial) -> None:
    plan = make_plan(material, quick=False)
    assert not any(method.is_variant for method in plan.methods)
    assert (plan.presets, [clip.name for clip in plan.clips]) == (("spots",), ["one", "two"])


def test_a_clean_scene_is_its_own_truth_with_what_its_preset_adds(material: SmallMaterial) -> None:
    as_it_is, dim = (make_scene(material, SmallClip("one"), name, Size(12, 48)) for name in ("clean", "clean-dim"))
    for scene in (as_it_is, dim):
        assert np.array_equal(np.asarray(scene.source), np.asarray(scene.truth))
    assert np.asarray(dim.source).mean() == pytest.approx(0.5 * np.asarray(as_it_is.source).mean(), rel=0.01)


def test_cells_hold_the_wanted_measures_and_film_says_what_it_lacks(material: SmallMaterial, tmp_path: Path) -> None:
    size = {"frames": 12, "height": 48}
    plan: Plan = make_deflicker_plan(material, quick=False, methods=["input", "windowed-log-gain"], **size)
    pieces = run_cells(plan, material, Store(tmp_path, "a"))
    assert len(pieces) == 2 * (3 * 2 + 1)
    assert all([row["measure"] for row in piece["rows"]] == ["ran", *WANTED] for piece in pieces)
    (film,) = [piece for piece in pieces if (piece["preset"], piece["method"]) == ("real-film", "windowed-log-gain")]
    told = {row["measure"]: row for row in film["rows"]}
    assert told["psnr"]["value"] is None
    assert "needs the truth" in told["psnr"]["note"]
    assert told["flicker_energy_global"]["value"] >= 0.0
    assert told["high_frequency_kept"]["value"] == pytest.approx(1.0, abs=0.05)
