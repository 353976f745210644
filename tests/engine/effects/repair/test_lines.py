"""Standing line scratches are found by their line and their staying; masts and posts are not."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reelmend.effects.repair.lines import StandingLines
from reelmend.inference.models import Model
from reelmend_models.definitions.repair.lines_judge import Judge
from reelmend_models.export.repair_lines import lines_graphs
from reelmend_models.training.repair.weights import load_weights
from support.fill_workbench import FillBench, fill_model
from support.line_scenes import FRAMES, GRAIN, ROWS, Grey, grainy, likelihood, scene, with_mast, with_scratch

SURE, WEAK = 0.62, 0.27
"""The likelihoods that start a detection and that it reaches over, with the sensitivity at its middle."""
MIDDLE = FRAMES // 2


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    randomness = torch.Generator().manual_seed(1)
    return fill_model(lines_graphs(load_weights(Judge(), "lines"), randomness), tmp_path_factory.mktemp("lines"))


def found_rows(plane: Grey, middles: np.ndarray, reach: int = 1) -> float:
    """Return the share of rows in which the line is found, within a pixel; 0 where nothing starts it."""
    if plane.max() < SURE:
        return 0.0
    columns = np.rint(middles).astype(int)
    return float(np.mean([plane[row, at - reach : at + reach + 1].max() >= WEAK for row, at in enumerate(columns)]))


def found_elsewhere(plane: Grey, middles: np.ndarray) -> int:
    """Return how many pixels are found more than 6 columns away from the line."""
    away = np.abs(np.arange(plane.shape[1])[None, :] - middles[:, None])
    return int(((plane >= WEAK) & (away > 6)).sum())


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("pan_px", [1.0, 3.0])
def test_a_scratch_of_one_deviation_of_the_grain_is_found(model: Model, pan_px: float, sign: int) -> None:
    clip, middles = with_scratch(scene(pan_px), 200.3, sign * GRAIN)
    plane = likelihood(FillBench(model, grainy(clip)))
    assert found_rows(plane, middles[MIDDLE]) > 0.9
    assert found_elsewhere(plane, middles[MIDDLE]) == 0


@pytest.mark.parametrize("sign", [1, -1])
def test_a_scratch_is_found_before_a_camera_that_stands(model: Model, sign: int) -> None:
    clip, middles = with_scratch(scene(0.0), 200.3, sign * 3 * GRAIN, drift_px=0.2)
    plane = likelihood(FillBench(model, grainy(clip)))
    assert found_rows(plane, middles[MIDDLE]) > 0.9
    assert found_elsewhere(plane, middles[MIDDLE]) == 0


@pytest.mark.parametrize("pan_px", [0.0, 1.5, 6.0])
@pytest.mark.parametrize("width_px", [2.0, 4.0, 9.0])
def test_a_mast_is_none_whether_the_camera_pans_or_stands(model: Model, pan_px: float, width_px: float) -> None:
    clip = with_mast(scene(pan_px), 240.0, pan_px, width_px)
    assert likelihood(FillBench(model, grainy(clip))).max() < SURE


def test_a_scratch_is_found_beside_a_mast_that_moves_by(model: Model) -> None:
    clip, middles = with_scratch(with_mast(scene(4.0), 300.0, 4.0), 150.0, 0.05)
    plane = likelihood(FillBench(model, grainy(clip)))
    assert found_rows(plane, middles[MIDDLE]) > 0.9
    assert found_elsewhere(plane, middles[MIDDLE]) == 0


def test_a_drifting_scratch_is_followed(model: Model) -> None:
    clip, middles = with_scratch(scene(3.0), 180.0, 0.06, drift_px=0.7)
    bench = FillBench(model, grainy(clip))
    for frame in (MIDDLE - 3, MIDDLE, MIDDLE + 3):
        workbench, looks = bench.looks(frame, 6)
        best = max(StandingLines(workbench, looks, looks.window).lines(), key=lambda line: line.confidence)
        assert best.confidence > SURE
        assert np.abs(best.columns - middles[frame]).mean() < 0.5


def test_fades_and_flicker_make_no_difference(model: Model) -> None:
    clip, middles = with_scratch(scene(3.0), 200.0, 0.05)
    light = np.linspace(0.4, 1.0, FRAMES) * np.exp(np.random.default_rng(4).normal(0, 0.06, FRAMES))
    plane = likelihood(FillBench(model, grainy(clip * light[:, None, None].astype(np.float32))))
    assert found_rows(plane, middles[MIDDLE]) > 0.9
    assert found_elsewhere(plane, middles[MIDDLE]) == 0


def test_only_the_part_where_the_scratch_is_seen_is_covered(model: Model) -> None:
    clip = scene(3.0)
    scratched, middles = with_scratch(clip, 200.0, 0.08)
    half = np.where(np.arange(ROWS)[None, :, None] < ROWS // 2, scratched, clip).astype(np.float32)
    plane = likelihood(FillBench(model, grainy(half)))
    assert found_rows(plane[: ROWS // 2 - 18], middles[MIDDLE, : ROWS // 2 - 18]) > 0.9
    assert plane[ROWS // 2 + 18 :].max() < WEAK


def test_a_clean_moving_scene_holds_none(model: Model) -> None:
    bench = FillBench(model, grainy(scene(2.0)))
    assert max(likelihood(bench, frame).max() for frame in range(0, FRAMES, 3)) < WEAK


def test_a_frame_asked_cold_gives_the_bits_of_a_sequential_run(model: Model) -> None:
    clip, _ = with_scratch(scene(3.0), 200.3, GRAIN)
    planes = grainy(clip)
    bench = FillBench(model, planes)
    in_order = [likelihood(bench, frame) for frame in range(FRAMES)]
    backwards = FillBench(model, planes, threads=1)
    for frame in (FRAMES - 1, MIDDLE, 0):
        np.testing.assert_array_equal(likelihood(backwards, frame), in_order[frame])
    np.testing.assert_array_equal(likelihood(FillBench(model, planes), MIDDLE), in_order[MIDDLE])


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (2, 3), (17, 31), (100, 64)])
@pytest.mark.parametrize("frames", [1, 4])
def test_any_size_and_any_number_of_frames_will_do(model: Model, size: tuple[int, int], frames: int) -> None:
    rng = np.random.default_rng(6)
    bench = FillBench(model, [rng.random((3, *size), dtype=np.float32) for _ in range(frames)])
    plane = likelihood(bench, 0)
    assert plane.shape == size
    assert np.isfinite(plane).all()
    assert 0 <= plane.min() <= plane.max() <= 1


def test_pixels_are_asked_for_once(model: Model) -> None:
    clip, _ = with_scratch(scene(3.0), 200.3, GRAIN)
    bench = FillBench(model, grainy(clip))
    workbench, looks = bench.looks(MIDDLE, 6)
    lines = StandingLines(workbench, looks, looks.window)
    assert [ref.frame for ref in lines.lacks()] == list(range(FRAMES))
    lines.likelihood()
    workbench, looks = bench.looks(MIDDLE, 6)
    assert not StandingLines(workbench, looks, looks.window).lacks()


def test_frames_beyond_the_reach_of_the_judge_are_not_asked_for(model: Model) -> None:
    bench = FillBench(model, grainy(scene(1.0, frames=19)))
    workbench, looks = bench.looks(9, 9)
    assert [ref.frame for ref in StandingLines(workbench, looks, looks.window).lacks()] == list(range(3, 16))
