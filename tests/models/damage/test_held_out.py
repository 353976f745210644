"""Defects held out for tests: of the classes that training knows, with outlines and insides that it does not."""

import ast
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

import reelmend_models
from reelmend_models.damage import DEFECT_CLASSES, PRESETS, Chain, ClipInfo, DamageError
from reelmend_models.damage.held_out import HELD_OUT, DryingMarks, Flakes, Grit, Lint, Mould, Splinters
from reelmend_models.damage.held_out_shapes import clump, mould, polygon, ring, splinter
from reelmend_models.damage.textured import TexturedParticles

HD = ClipInfo(400, 720, 960)
GREY = np.full((720, 960, 3), 0.5, np.float32)


def drawn(stage: TexturedParticles, seed: int = 3) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return a frame with many defects of a stage, and their matte."""
    many = replace(stage, per_frame=40.0, count_shape=50.0)
    frame, truth = many.plan(HD, seed).apply(GREY, 0)
    return frame, truth.mattes[stage.matte_class]


def test_the_mattes_are_of_the_classes_that_repair_knows() -> None:
    assert {stage.matte_class for stage in HELD_OUT} == {"blotch", "dust", "hair"}
    assert {stage.matte_class for stage in HELD_OUT} < set(DEFECT_CLASSES)
    assert len({stage.name for stage in HELD_OUT}) == len(HELD_OUT)


def test_no_preset_and_no_training_draws_them() -> None:
    kinds = {type(stage) for stage in HELD_OUT}
    assert not any(type(stage) in kinds for chain in PRESETS.values() for stage in chain.stages)
    training = Path(next(iter(reelmend_models.__path__))) / "training"
    for file in training.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            named = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            named += [name.name for name in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            assert not any("held_out" in name or name in {kind.__name__ for kind in kinds} for name in named), file


def test_together_they_cover_a_quarter_of_a_per_cent() -> None:
    covered = []
    for seed in range(25):
        plan = Chain(HELD_OUT).plan(HD, seed)
        mattes = plan.apply(GREY, seed)[1].mattes
        covered.append(np.mean(np.max(list(mattes.values()), axis=0) > 0.1))
    assert 0.0015 < np.mean(covered) < 0.004


@pytest.mark.parametrize("stage", HELD_OUT, ids=lambda stage: stage.name)
def test_a_defect_is_not_of_one_grey(stage: TexturedParticles) -> None:
    frame, matte = drawn(replace(stage, opacity=1.0, texture=0.3, light_share=0.0, dark_level=0.05))
    inside = frame[..., 0][matte > 0.95]
    assert len(inside) > 50
    assert inside.std() > 0.02
    assert np.ptp(inside) > 0.1


def test_the_rim_of_a_flake_is_lighter_than_its_middle() -> None:
    patch, relief = Flakes().shape(np.random.default_rng(3), 20.0, 1.0, 0.2)
    deep = cv2.distanceTransform((patch > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    assert relief[(deep > 0) & (deep < 2.0)].mean() > 3.0 * relief[deep > 8.0].mean()


def test_flakes_have_straight_sides() -> None:
    for seed in range(8):
        patch = polygon(np.random.default_rng(seed), 30.0, 0.5, (4, 9))
        outline = cv2.findContours((patch > 0.5).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0][0]
        assert 3 <= len(cv2.approxPolyDP(outline, 2.5, True)) <= 9


def test_drying_marks_are_rings_around_a_fainter_inside() -> None:
    for seed in range(8):
        patch = ring(np.random.default_rng(seed), 20.0, 1.0)
        middle = patch[patch.shape[0] // 2 - 3 :, patch.shape[1] // 2 - 3 :][:6, :6].mean()
        assert middle < 0.5 * patch.max()
        assert patch.max() > 0.6


def test_a_splinter_fills_little_of_its_hull_and_mould_is_of_many_pieces() -> None:
    solid, pieces = [], []
    for seed in range(12):
        star = (splinter(np.random.default_rng(seed), 12.0, 0.4) > 0.5).astype(np.uint8)
        points = np.argwhere(star)[:, None].astype(np.int32)
        solid.append(star.sum() / max(1.0, cv2.contourArea(cv2.convexHull(points))))
        pieces.append(
            cv2.connectedComponents((mould(np.random.default_rng(seed), 14.0, 0.4) > 0.4).astype(np.uint8))[0]
        )
    assert np.median(solid) < 0.55
    assert np.median(pieces) > 5


def test_lint_is_of_thin_fibres() -> None:
    for seed in range(6):
        tangle = (clump(np.random.default_rng(seed), 12.0, 0.4) > 0.3).astype(np.uint8)
        assert tangle.sum() > 60
        assert cv2.distanceTransform(tangle, cv2.DIST_L2, 3).max() < 6.0


def test_grit_is_small_and_has_a_lit_side() -> None:
    _, matte = drawn(Grit())
    assert np.median(cv2.connectedComponentsWithStats((matte > 0.1).astype(np.uint8))[2][1:, 4]) < 30
    patch, relief = Grit().shape(np.random.default_rng(1), 6.0, 0.5, 0.4)
    assert np.ptp(relief[patch > 0.5]) > 0.15


@pytest.mark.parametrize("stage", [DryingMarks(), Lint(), Mould(), Splinters()], ids=lambda stage: stage.name)
def test_patches_end_within_their_border(stage: TexturedParticles) -> None:
    for seed in range(8):
        patch, relief = stage.shape(np.random.default_rng(seed), 9.0, 0.8, 0.2)
        assert patch.shape == relief.shape
        assert patch.shape[0] % 2 == 1
        assert max(edge.max() for edge in (patch[0], patch[-1], patch[:, 0], patch[:, -1])) < 0.5


def test_settings_out_of_range_are_named() -> None:
    with pytest.raises(DamageError, match=r"Flakes\.texture must lie in 0…1"):
        Flakes(texture=(0.0, 2.0))
