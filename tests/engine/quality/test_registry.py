"""The list of measures, and what it says of a restoration whose figures are known."""

import json
import math

import cv2
import numpy as np
import pytest

from reelmend import quality
from reelmend.quality import MEASURES, Direction, Need, QualityError, Restoration, Scene, take

FRAMES, HEIGHT, WIDTH = 16, 72, 96


@pytest.fixture(scope="module")
def scene() -> Scene:
    """A pan with flicker and one blotch per frame, with truth and mattes of two classes."""
    rng = np.random.default_rng(0)
    wide = rng.uniform(0, 1, (HEIGHT, WIDTH + 2 * FRAMES, 3)).astype(np.float32)
    wide = cv2.normalize(cv2.GaussianBlur(wide, (0, 0), 2), None, 0.2, 0.7, cv2.NORM_MINMAX)
    truth = np.stack([wide[:, 2 * t : 2 * t + WIDTH] for t in range(FRAMES)])
    blotch = np.zeros((FRAMES, HEIGHT, WIDTH), np.float32)
    scratch = np.zeros_like(blotch)
    scratch[:, :, 40] = 1.0
    for t in range(FRAMES):
        blotch[t, 3 * t : 3 * t + 5, 10:15] = 1.0
    gain = np.exp(rng.normal(0, 0.05, FRAMES)).astype(np.float32).reshape(-1, 1, 1, 1)
    source = np.where(np.maximum(blotch, scratch)[..., None] > 0, np.float32(0.95), truth * gain)
    return Scene(source, truth, matte_per_class={"blotch": blotch, "scratch": scratch})


def values(readings: list[quality.Reading]) -> dict[str, float | None]:
    return {reading.measure: reading.value for reading in readings}


def test_every_measure_gives_a_finite_reading_when_all_is_known(scene: Scene) -> None:
    restored = np.where(scene.matte[..., None] > 0, scene.truth, scene.source)
    classes = {"scratch": scene.matte_per_class["scratch"]}
    readings = take(Restoration(scene, restored, scene.matte, classes))
    missing = {r.measure: r.note for r in readings if r.value is None and r.measure != "vmaf"}
    assert missing == {}
    assert all(r.value is None or math.isfinite(r.value) for r in readings)
    json.dumps([r.__dict__ for r in readings], allow_nan=False)


def test_repair_of_dirt_alone_shows_in_the_dirt_measures_alone(scene: Scene) -> None:
    restored = np.where(scene.matte[..., None] > 0, scene.truth, scene.source)
    before = values(take(Restoration(scene, scene.source)))
    after = values(take(Restoration(scene, restored, scene.matte)))
    assert after["psnr_inside"] == 100.0
    assert before["psnr_inside"] < 15
    assert after["harm"] == before["harm"] == 0.0
    assert after["bit_identical_outside"] == after["bit_identical_outside_own_matte"] == 1.0
    assert after["matte_iou"] == after["class_recall.blotch"] == after["class_recall.scratch"] == 1.0
    assert after["flicker_residual_global"] > 0.03


def test_truth_as_restoration_is_best_at_every_full_reference_measure(scene: Scene) -> None:
    best = values(take(Restoration(scene, scene.truth, scene.matte)))
    assert best["psnr"] == best["psnr_outside"] == 100.0
    assert best["ssim"] == pytest.approx(1.0)
    assert best["flicker_residual_global"] == best["flicker_residual_local"] == best["drift"] == 0.0
    assert best["temporal_difference_error"] == best["harm"] == 0.0


def test_registry_says_the_same_as_the_functions(scene: Scene) -> None:
    source, truth = scene.source, scene.truth
    read = values(take(Restoration(scene, source, scene.matte)))
    assert read["psnr"] == quality.psnr(source, truth)
    assert read["flicker_residual_global"] == pytest.approx(quality.flicker_residual_global(source, truth), rel=1e-12)
    assert read["flicker_residual_local"] == pytest.approx(quality.flicker_residual_local(source, truth), rel=1e-12)
    assert read["drift"] == pytest.approx(quality.drift(source, truth), rel=1e-12)
    assert read["flicker_energy_global"] == pytest.approx(quality.flicker_energy_global(source, scene.timeline))
    assert read["temporal_difference_error"] == quality.temporal_difference_error(source, truth)
    assert read["warp_error_dis"] == quality.warp_error_dis(source, quality.flow_steps_dis(truth), scene.timeline)


@pytest.mark.parametrize("measure", MEASURES.values(), ids=lambda measure: measure.name)
def test_measure_with_unmet_needs_says_what_it_needs(measure: quality.Measure, scene: Scene) -> None:
    (reading,) = take(Restoration(Scene(scene.source[:1]), scene.source[:1]), [measure])
    if measure.needs:
        assert reading.value is None
        for need in measure.needs:
            assert need.value in reading.note
    else:
        assert reading.value is not None or reading.note == "no frame was altered"


def test_real_film_without_truth_still_gets_the_no_reference_measures(scene: Scene) -> None:
    read = values(take(Restoration(Scene(scene.source), scene.source)))
    assert {name for name, value in read.items() if value is not None} == {
        "grain_kept", "flicker_std_global", "flicker_energy_global", "flicker_energy_local", "warp_error_dis",
        "luma_moved", "luma_moved_worst", "high_frequency_kept", "changed",
    }  # fmt: skip


def test_directions_agree_with_blur_of_the_truth(scene: Scene) -> None:
    rng = np.random.default_rng(9)
    worse = scene.truth * np.exp(rng.normal(0, 0.1, FRAMES)).astype(np.float32).reshape(-1, 1, 1, 1)
    worse = np.stack([cv2.GaussianBlur(frame, (0, 0), 1.5) for frame in worse])
    good, bad = (values(take(Restoration(scene, clip, scene.matte))) for clip in (scene.truth, worse))
    names = ["psnr", "ssim", "psnr_outside", "harm", "temporal_difference_error", "flicker_residual_local", "drift"]
    for name in [*names, "flicker_residual_global", "flicker_std_global", "flicker_energy_global", "warp_error_dis"]:
        higher = MEASURES[name].direction is Direction.HIGHER
        assert (good[name] > bad[name]) == higher, name


def test_clips_of_another_length_or_size_are_refused_at_birth(scene: Scene) -> None:
    with pytest.raises(QualityError, match="truth has 9 frames, source has 16"):
        Scene(scene.source, scene.truth[:9])
    with pytest.raises(QualityError, match=r"restored frame 0 is \(72, 50\)"):
        Restoration(scene, scene.source[:, :, :50])
    with pytest.raises(QualityError, match="found matte has 3 frames"):
        Restoration(scene, scene.source, scene.matte[:3])
    with pytest.raises(QualityError, match="true matte of class 'dust'"):
        Scene(scene.source, matte_per_class={"dust": scene.matte[:, :9]})
    with pytest.raises(QualityError, match="source has no frames"):
        Scene(scene.source[:0])


def test_black_clips_give_readings_or_reasons_but_no_error() -> None:
    black = np.zeros((8, 48, 64, 3), np.uint8)
    readings = take(Restoration(Scene(black, black, np.zeros((8, 48, 64), bool)), black, np.zeros((8, 48, 64), bool)))
    assert all(math.isfinite(r.value) if r.value is not None else r.note for r in readings)
    assert values(readings)["flicker_residual_local"] == 0.0


@pytest.mark.parametrize("measure", MEASURES.values(), ids=lambda measure: measure.name)
def test_definition_of_a_measure_states_range_direction_and_source(measure: quality.Measure) -> None:
    text = " ".join((measure.definition.__doc__ or "").split())
    direction = {Direction.HIGHER: "higher is", Direction.LOWER: "lower is", Direction.ONE: "best at 1"}
    assert "Range" in text
    assert direction[measure.direction] in text
    assert "Source" in text or "Definition: " in text
    assert measure.summary.startswith("Return")


def test_every_need_is_some_measures_need_and_names_are_keys() -> None:
    assert all(name == measure.name for name, measure in MEASURES.items())
    assert {need for measure in MEASURES.values() for need in measure.needs} == set(Need)


def test_own_matte_and_true_matte_are_told_apart(scene: Scene) -> None:
    wide = np.stack([cv2.dilate(plane, np.ones((5, 5), np.uint8)) for plane in scene.matte])
    restored = np.where(wide[..., None] > 0, scene.truth, scene.source)
    read = values(take(Restoration(scene, restored, {"blotch": wide})))
    assert read["bit_identical_outside_own_matte"] == 1.0
    assert read["bit_identical_outside"] < 1.0
    assert read["matte_precision"] < 1.0
    assert read["class_recall.scratch"] == 0.0


def test_class_mattes_of_different_types_join_by_their_share_of_full_scale(scene: Scene) -> None:
    coded = np.zeros(scene.matte.shape, np.uint8)
    coded[:, 5:9, 60:64] = 255
    joined = Scene(scene.source, matte_per_class={"coded": coded, "soft": 0.4 * scene.matte}).matte
    np.testing.assert_allclose(joined, np.maximum(coded / 255, 0.4 * scene.matte), atol=1e-6)


def test_empty_mapping_of_found_mattes_counts_as_nothing_found(scene: Scene) -> None:
    read = values(take(Restoration(scene, scene.source, {})))
    assert read["matte_recall"] == read["class_recall.blotch"] == 0.0
    assert read["bit_identical_outside_own_matte"] == 1.0
