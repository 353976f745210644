"""Our effects and OpenCV's denoiser as methods."""

from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from reelmend.effects.catalogue import EFFECTS
from reelmend.effects.repair.repair import Repair
from reelmend.inference.models import MODELS_VARIABLE
from reelmend.quality.bench.material import BenchError
from reelmend.quality.bench.repair.plan import make_repair_plan
from reelmend.quality.bench.repair.planted import WithPlantedFilm
from reelmend.quality.bench.repair.sheets import draw_sheets
from reelmend.quality.peers import METHODS, Method
from reelmend.quality.peers.own_effects import render_effect
from reelmend.quality.sheet import ROW_PX
from support.bench_material import repair_material
from support.repair_models import NoLines, mean_of_neighbours, still_scene, write_repair


def test_every_effect_of_the_engine_is_a_method() -> None:
    assert {f"reelmend-{name}" for name, effect in EFFECTS.items() if effect.default_model} <= set(METHODS)


def test_our_deflicker_steadies_a_flickering_clip_within_8_bits() -> None:
    base = np.random.default_rng(0).uniform(40, 160, (1, 48, 64, 3))
    gains = np.where(np.arange(20) % 2, 0.93, 1.07)[:, None, None, None]
    clip = np.rint(base * gains).astype(np.uint8)
    method = METHODS["reelmend-deflicker"]
    assert method.missing() == ""
    restored = method.restore(clip).frames
    assert restored.dtype == np.uint8
    assert restored.mean(axis=(1, 2, 3)).std() < 0.1 * clip.mean(axis=(1, 2, 3)).std()


def test_variants_of_the_deflicker_answer_otherwise_than_its_defaults_and_run_only_by_name() -> None:
    rng = np.random.default_rng(0)
    stripes = 1.0 + 0.05 * np.sin(0.3 * np.arange(64)[None, :, None, None] + 2.0 * np.arange(16)[:, None, None, None])
    clip = np.rint(rng.uniform(40, 160, (1, 64, 64, 3)) * stripes * rng.uniform(0.9, 1.1, (16, 1, 1, 1))).astype(
        np.uint8
    )
    usual = METHODS["reelmend-deflicker"].restore(clip).frames
    for name in ("reelmend-deflicker-fitted", "reelmend-deflicker-bands"):
        assert not np.array_equal(METHODS[name].restore(clip).frames, usual)
        assert METHODS[name].is_variant


def test_our_version_names_the_model_and_its_weights() -> None:
    assert METHODS["reelmend-deflicker"].version().startswith("model deflicker ")


def test_non_local_means_lowers_noise_and_keeps_the_length() -> None:
    noisy = np.clip(np.random.default_rng(0).normal(120, 3, (3, 32, 32, 3)), 0, 255).astype(np.uint8)
    restored = METHODS["opencv-nlmeans-multi"].restore(noisy).frames
    assert restored.shape == noisy.shape
    assert restored.std() < noisy.std()


def test_the_input_method_hands_back_the_same_pixels_in_a_copy() -> None:
    clip = np.zeros((2, 4, 4, 3), np.uint8)
    restored = METHODS["input"].restore(clip).frames
    assert np.array_equal(restored, clip)
    assert restored is not clip


@pytest.fixture
def designed_repair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The effect "repair" with a detector of dark and bright spots, and a fill from the neighbours."""
    write_repair(tmp_path)
    monkeypatch.setenv(MODELS_VARIABLE, str(tmp_path))
    monkeypatch.setitem(EFFECTS, "repair", Repair(mean_of_neighbours, NoLines))


def test_an_effect_that_finds_defects_tells_matte_classes_and_what_it_touched(designed_repair: None) -> None:
    clean = np.rint(255 * still_scene(7, 96, 64).transpose(0, 2, 3, 1)).astype(np.uint8)
    dirty = clean.copy()
    dirty[3, 20:28, 30:40] = 5
    dirty[4, 40:46, 60:66] = 250
    restored = render_effect("repair", {}, dirty)
    assert restored.matte is not None
    assert restored.classes is not None
    assert restored.touched is not None
    assert (restored.classes["blotch"][3, 20:28, 30:40] >= 128).mean() > 0.9
    assert (restored.classes["hair"][4, 40:46, 60:66] >= 128).mean() > 0.9
    assert not restored.classes["scratch"].any()
    assert np.array_equal(restored.matte, np.maximum.reduce(list(restored.classes.values())))
    assert not restored.touched[restored.matte == 0].any()
    assert restored.touched[3, 20:28, 30:40].all()
    assert np.abs(restored.frames[3, 20:28, 30:40].astype(int) - clean[3, 20:28, 30:40]).mean() < 5
    assert np.array_equal(restored.frames[restored.matte == 0], dirty[restored.matte == 0])


def test_a_contact_sheet_of_film_shows_what_the_repair_found(
    designed_repair: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    material = WithPlantedFilm(repair_material())
    wanted = {"methods": ["input"], "frames": 8, "height": 48}
    plan = make_repair_plan(material, quick=True, presets=["real-film"], **wanted)
    method = Method("reelmend-repair", "", partial(render_effect, "repair", {}), lambda: "")
    (path,) = draw_sheets(plan, material, method, tmp_path / "sheets")
    assert path.name == "old.png"
    assert cv2.imread(str(path)).shape[0] == 8 * ROW_PX
    dirt = make_repair_plan(
        material, quick=True, presets=["repair-dirt"], clips=["one"], methods=["input"], frames=4, height=48
    )
    assert [path.name for path in draw_sheets(dirt, material, method, tmp_path)] == ["repair-dirt-one.png"]
    with pytest.raises(BenchError, match="does not tell what it found"):
        draw_sheets(plan, material, METHODS["input"], tmp_path)
