"""What the repair's bench takes by itself, and film with dirt planted on it."""

from pathlib import Path

import numpy as np
import pytest

from reelmend.errors import BadRequestError
from reelmend.quality import MEASURES
from reelmend.quality.bench.clip_files import make_scene
from reelmend.quality.bench.material import CLEAN, FILM, PLANTED
from reelmend.quality.bench.plan import Size
from reelmend.quality.bench.quality_run import run_cells
from reelmend.quality.bench.repair.plan import MEASURES as WANTED
from reelmend.quality.bench.repair.plan import METHODS, SCRATCH_PEER_TOLD, make_repair_plan
from reelmend.quality.bench.repair.planted import PLANTED_FILM, WithPlantedFilm
from reelmend.quality.bench.store import Store
from reelmend.quality.peers import METHODS as KNOWN
from support.bench_material import SmallClip, SmallMaterial, repair_material

SMALL = Size(frames=12, height=48)
PEERS = [name for name in METHODS if name in KNOWN]


@pytest.fixture
def material() -> WithPlantedFilm:
    return WithPlantedFilm(repair_material())


def plan_of(material: WithPlantedFilm, **wanted: list[str]):
    return make_repair_plan(material, quick=True, methods=wanted.pop("methods", PEERS), **wanted)


def test_by_itself_it_takes_dirt_then_what_only_looks_like_it_then_film(material: WithPlantedFilm) -> None:
    plan = plan_of(material)
    assert plan.presets == ("repair-dirt", "repair-scratches", "clean", "clean-rain", "real-film", PLANTED_FILM)
    assert "clean-eyes" in make_repair_plan(material, quick=False, methods=PEERS).presets
    assert [clip.name for clip in plan.clips] == ["one", "two", "old"]
    assert {clip.name for preset, clip in plan.scenes if preset in ("real-film", PLANTED_FILM)} == {"old"}
    assert {clip.name for preset, clip in plan.scenes if preset == "repair-dirt"} == {"one", "two"}
    assert set(WANTED) - {"class_recall", "class_defect_recall"} <= set(MEASURES)


def test_clips_of_few_rows_are_taken_only_when_they_are_named() -> None:
    few = (SmallClip("small"), SmallClip("large", width=640, height=480))
    material = WithPlantedFilm(SmallMaterial(few, ("repair-dirt",)))
    assert [clip.name for clip in plan_of(material).clips] == ["large"]
    assert [clip.name for clip in plan_of(material, clips=["small"]).clips] == ["small"]


def test_a_material_without_dirt_is_refused() -> None:
    with pytest.raises(BadRequestError, match="no preset of dirt or scratches"):
        make_repair_plan(WithPlantedFilm(SmallMaterial()), quick=True)


def test_planting_is_a_kind_of_its_own_and_needs_film_and_dirt(material: WithPlantedFilm) -> None:
    assert material.kind(PLANTED_FILM) == PLANTED
    assert (material.kind("real-film"), material.kind("clean")) == (FILM, CLEAN)
    assert PLANTED_FILM not in WithPlantedFilm(SmallMaterial((SmallClip("one"),), ("repair-dirt",))).presets()
    assert PLANTED_FILM not in WithPlantedFilm(SmallMaterial((SmallClip("old", is_film=True),), ("spots",))).presets()


def test_planted_film_is_its_own_truth_and_has_the_planted_mattes(material: WithPlantedFilm) -> None:
    film = material.clips()[2]
    bare, planted = (make_scene(material, film, preset, SMALL) for preset in ("real-film", PLANTED_FILM))
    assert bare.truth is None
    assert np.array_equal(np.asarray(planted.truth), np.asarray(bare.source))
    dirty = np.any(np.asarray(planted.source) != np.asarray(planted.truth), axis=-1)
    assert dirty.any()
    assert not dirty[np.asarray(planted.matte) == 0].any()


def test_duplicated_frames_of_film_are_left_out_where_dirt_is_planted(material: WithPlantedFilm) -> None:
    film = material.clips()[2]
    frames = np.asarray(make_scene(material, film, "real-film", SMALL).source)
    doubled = np.repeat(frames, [1, 1, 1, 1, 2, 1, 1, 1, 2, 1, 1, 1], axis=0)
    assert len(make_scene(material, film, PLANTED_FILM, SMALL, doubled).source) == 12
    assert len(make_scene(material, film, "real-film", SMALL, doubled).source) == 14


def test_peers_run_where_they_are_worth_it_and_the_told_one_knows_the_scratches(
    material: WithPlantedFilm, tmp_path: Path
) -> None:
    plan = make_repair_plan(material, quick=True, presets=["repair-scratches"], frames=12, height=48, methods=PEERS)
    pieces = {piece["method"]: piece for piece in run_cells(plan, material, Store(tmp_path, "a"))}
    told = {row["measure"]: row["value"] for row in pieces[SCRATCH_PEER_TOLD]["rows"]}
    assert (told["matte_precision"], told["class_recall.scratch"], told["harm"]) == (1.0, 1.0, 0.0)
    assert told["false_scratches"] == 0.0
    assert told["bit_identical_outside_own_matte"] == 1.0
