"""Chains, presets and merged truths."""

import os
import subprocess
import sys
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from reelmend_models.damage import (
    PRESETS,
    Chain,
    ClipInfo,
    DamageError,
    Dropout,
    Dust,
    EdgeWave,
    Flicker,
    Grain,
    HeadSwitching,
    Interlacing,
    Scratch,
    Weave,
    class_picture,
    damage_clip,
    preset,
    union_matte,
)
from reelmend_models.damage.merge import DEFECT_CLASSES, merged
from reelmend_models.damage.stage import Truth

Frames = NDArray[np.float32]
GAIN_ONLY = Flicker(gamma_std=0.0, offset_std=0.0)


def test_presets_are_those_that_were_promised() -> None:
    promised = {"silent-1910", "newsreel-1940", "colour-faded-1960", "vhs-1990", "flicker-only", "dirt-only"}
    assert set(PRESETS) == promised


def test_unknown_preset_names_those_there_are() -> None:
    with pytest.raises(DamageError, match="no damage preset 'super8'; there are silent-1910, newsreel-1940"):
        preset("super8")


def test_dirt_only_frame_is_bit_identical_outside_the_union_matte(frames: Frames) -> None:
    damaged, truths = preset("dirt-only").apply(frames, seed=4)
    seen = 0
    for source, result, truth in zip(frames, damaged, truths, strict=True):
        outside = union_matte(truth) == 0.0
        assert source[outside].tobytes() == result[outside].tobytes()
        seen += int((~outside).sum())
    assert seen > 100


def test_flicker_only_gain_reproduces_the_damage(frames: Frames) -> None:
    damaged, truths = Chain((GAIN_ONLY,)).apply(frames, seed=4)
    for source, result, truth in zip(frames, damaged, truths, strict=True):
        assert truth.gain is not None
        assert np.abs(source * truth.gain[:, :, None] - result).max() < 1e-6


def test_another_stage_in_the_chain_leaves_a_stages_draw_as_it_was(frames: Frames) -> None:
    alone = Dust().apply(frames, seed=4)[1]
    between = Chain((Grain(), Scratch(), Dust(), Dropout())).apply(frames, seed=4)[1]
    for one, other in zip(alone, between, strict=True):
        assert one.mattes["dust"].tobytes() == other.mattes["dust"].tobytes()


def test_the_same_stage_twice_damages_twice_and_keeps_both_numbers(frames: Frames) -> None:
    dust = Dust(per_frame=20.0)
    once = dust.apply(frames, seed=4)[1][0]
    twice = Chain((dust, dust)).apply(frames, seed=4)[1][0]
    fresh = (twice.mattes["dust"] > 0.1) & (once.mattes["dust"] == 0.0)
    assert fresh.sum() > 0.3 * (once.mattes["dust"] > 0.1).sum()
    assert (twice.mattes["dust"] >= once.mattes["dust"] - 1e-6).all()
    assert set(twice.values) == {"dust.count", "dust#2.count"}
    assert twice.values["dust.count"] == once.values["dust.count"]


def test_mattes_move_with_the_weave_that_follows(frames: Frames) -> None:
    flat = np.full_like(frames, 0.5)
    chain = Chain((Dust(light_share=1.0, opacity=1.0, light_level=1.0), Weave(drift_px=40.0)))
    damaged, truths = chain.apply(flat, seed=4)
    for result, truth in zip(damaged, truths, strict=True):
        assert truth.displacement is not None
        assert np.abs(truth.displacement).max() > 0.5
        assert np.corrcoef(result[:, :, 0].ravel(), truth.mattes["dust"].ravel())[0, 1] > 0.97


def test_gains_multiply_and_displacements_follow_one_another(frames: Frames) -> None:
    first, second = (Truth(gain=np.full((4, 6), gain, np.float32)) for gain in (1.1, 0.5))
    both = merged(first, second).gain
    assert both is not None
    assert both == pytest.approx(0.55)
    moves = [Truth(displacement=np.full((4, 6, 2), step, np.float32)) for step in (1.0, 0.25)]
    together = merged(*moves).displacement
    assert together is not None
    assert together == pytest.approx(1.25)


def test_displacement_of_a_chain_leads_back_to_the_source() -> None:
    source = cv2.GaussianBlur(np.random.default_rng(0).random((240, 360, 3), dtype=np.float32), (0, 0), 6.0)
    chain = Chain((Weave(drift_px=20.0), EdgeWave(intensity_px=4.0), HeadSwitching(noise=0.0)))
    damaged, truth = chain.plan(ClipInfo(9, 240, 360), 2).apply(source, 5)
    assert truth.displacement is not None
    columns, rows = np.meshgrid(np.arange(360, dtype=np.float32), np.arange(240, dtype=np.float32))
    found = cv2.remap(
        source, columns + truth.displacement[:, :, 0], rows + truth.displacement[:, :, 1], cv2.INTER_CUBIC
    )
    error = np.abs(damaged - found)[10:220, 30:-30]
    assert np.abs(damaged - source)[10:220, 30:-30].max() > 20 * error.max()
    assert error.max() < 5e-3


def test_layers_of_one_class_cover_each_other() -> None:
    layers = [Truth(mattes={"dust": np.full((2, 2), opacity, np.float32)}) for opacity in (0.5, 0.4)]
    assert merged(*layers).mattes["dust"] == pytest.approx(0.7)


def test_union_leaves_out_the_classes_that_are_named() -> None:
    truth = Truth(mattes={"dust": np.full((2, 2), 0.5, np.float32), "interlacing": np.ones((2, 2), np.float32)})
    assert union_matte(truth) == pytest.approx(1.0)
    assert union_matte(truth, without=("interlacing",)) == pytest.approx(0.5)
    with pytest.raises(DamageError, match="no defect class combing; there are dust, blotch"):
        union_matte(truth, without=("combing",))


def test_class_picture_holds_the_number_of_the_strongest_class() -> None:
    dust, hair = np.zeros((2, 3), np.float32), np.zeros((2, 3), np.float32)
    dust[0, :2] = (0.9, 0.3)
    hair[0, 1:] = (0.6, 0.05)
    picture = class_picture(Truth(mattes={"hair": hair, "dust": dust}))
    number = {name: place + 1 for place, name in enumerate(DEFECT_CLASSES)}
    assert picture.tolist() == [[number["dust"], number["hair"], 0], [0, 0, 0]]


def test_truth_without_mattes_has_no_union_or_classes() -> None:
    with pytest.raises(DamageError, match="no mattes"):
        union_matte(Truth())
    with pytest.raises(DamageError, match="no mattes"):
        class_picture(Truth())


def test_another_process_and_another_number_of_threads_give_the_same_bytes() -> None:
    code = (
        "import cv2, hashlib, sys; import numpy as np; from reelmend_models.damage import PRESETS\n"
        "cv2.setNumThreads(int(sys.argv[1]))\n"
        "frames = np.random.default_rng(0).random((2, 270, 480, 3), dtype=np.float32)\n"
        "for chain in PRESETS.values():\n"
        "    print(hashlib.sha256(chain.apply(frames, 5)[0].tobytes()).hexdigest())\n"
    )
    sums = [
        subprocess.run(
            [sys.executable, "-c", code, threads],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for threads in ("1", "2")
    ]
    assert len(sums[0]) == len(PRESETS)
    assert sums[0] == sums[1]


def test_stage_that_looks_ahead_must_come_first() -> None:
    with pytest.raises(DamageError, match="interlacing looks at the next frame, so it must be the chain's first stage"):
        Chain((Dust(), Interlacing())).plan(ClipInfo(1, 8, 8), 1)


def test_chain_of_something_else_is_refused() -> None:
    with pytest.raises(DamageError, match="stage 1 of the chain must be a damage stage, got 'dust'"):
        Chain((Dust(), "dust"))  # type: ignore[arg-type]


def test_chain_within_a_chain_is_the_same_as_its_stages_in_a_row(frames: Frames) -> None:
    nested = Chain((Chain((Dust(), Scratch())), Dust(), HeadSwitching()))
    flat = Chain((Dust(), Scratch(), Dust(), HeadSwitching()))
    assert nested == flat
    damaged, truths = nested.apply(frames, 1)
    assert damaged.tobytes() == flat.apply(frames, 1)[0].tobytes()
    assert set(truths[0].values) == {"dust.count", "scratch.count", "dust#2.count"}


def test_stream_holds_one_frame_ahead_and_no_more(frames: Frames) -> None:
    taken = 0

    def source() -> Iterator[Frames]:
        nonlocal taken
        for frame in frames:
            taken += 1
            yield frame

    for given, _ in enumerate(damage_clip(source(), preset("vhs-1990"), seed=1)):
        assert taken <= given + 2


def test_stream_of_unknown_length_outgrows_its_first_plan_with_the_same_bytes() -> None:
    frames = np.random.default_rng(0).random((1030, 4, 6, 3), dtype=np.float32)
    chain = Chain((Flicker(), Scratch(), Weave()))
    unknown = b"".join(frame.tobytes() for frame, _ in damage_clip(iter(frames), chain, seed=1))
    known = b"".join(frame.tobytes() for frame, _ in damage_clip(iter(frames), chain, seed=1, frame_count=1030))
    assert unknown == known


def test_stream_without_frames_is_empty_and_bad_frames_are_refused(frames: Frames) -> None:
    assert list(damage_clip(iter(()), preset("dirt-only"), seed=1)) == []
    with pytest.raises(DamageError, match=r"frame 1 must be \(96, 160, 3\)"):
        list(damage_clip(iter([frames[0], frames[1][:50]]), preset("dirt-only"), seed=1))
    with pytest.raises(DamageError, match=r"frames must be \(H, W, 3\) float32"):
        list(damage_clip(iter([frames[0, :, :, 0]]), preset("dirt-only"), seed=1))
