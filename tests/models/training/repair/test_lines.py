"""Scenes with scratches and upright structures are pure functions of their number; the judge learns from them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reelmend.effects.repair import lines as engine
from reelmend.motion import flow_between, texture_of
from reelmend_models.definitions.repair.lines_features import FEATURES
from reelmend_models.definitions.repair.lines_judge import looked_at
from reelmend_models.training.footage import split_seeds
from reelmend_models.training.repair.lines import LineJudge
from reelmend_models.training.repair.lines_samples import MIDDLE, SceneLook, coarse_flow, labels, ribs_of
from reelmend_models.training.repair.lines_scenes import FRAMES, Material, Scene, scene_of, with_scratches
from reelmend_models.training.repair.lines_structures import drawn_structure, structures_of
from reelmend_models.training.repair.part import Settings
from reelmend_models.training.repair.stills import Origin, heap_of_leaves

SETTINGS = Settings(steps=4, seed=split_seeds("training")[0], batch=64, coarse_share=0.0)


@pytest.fixture(scope="module")
def material() -> Material:
    stills = [heap_of_leaves(np.random.default_rng(number), 256)[..., 0] for number in range(3)]
    return Material("training", stills, [], [Origin("heaps of leaves", "Apache-2.0", "drawn", "")])


def test_a_scene_of_a_number_is_the_same_whenever_it_is_drawn(material: Material) -> None:
    first = scene_of(material, 4)
    scene_of(material, 5)
    again = scene_of(material, 4)
    for name in ("luma", "scratches", "opacities"):
        assert np.array_equal(getattr(first, name), getattr(again, name)), name
    assert first.luma.shape[0] == FRAMES
    assert not np.array_equal(first.luma[0], scene_of(material, 5).luma[0])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_scratches_lie_where_the_truth_says(seed: int) -> None:
    flat = np.full((FRAMES, 120, 160), 0.5, np.float32)
    scratched, columns, opacities = with_scratches(np.random.default_rng(seed), flat)
    assert columns.shape == opacities.shape == (len(columns), FRAMES, 120)
    away = np.abs(np.arange(160)[None, None, None, :] - columns[..., None]).min(axis=0)
    changed = np.abs(scratched - flat)
    assert changed[away > 5].max(initial=0.0) == 0
    strongest = opacities.mean(axis=(1, 2)).argmax()
    inside = (columns[strongest] > 2) & (columns[strongest] < 157)
    frame, row = np.nonzero(inside)
    there = changed[frame, row, np.rint(columns[strongest][inside]).astype(int)]
    assert there.mean() > 0.15 * opacities[strongest][inside].mean()


def test_structures_move_with_the_scene() -> None:
    rng = np.random.default_rng(5)
    structure = structures_of(rng, 90, 120)[0]
    dark = np.zeros((90, 120), np.float32)
    at_rest, moved = (drawn_structure(dark.copy(), structure, np.array(step)) for step in ((0.0, 0.0), (7.0, 0.0)))
    shift = round(7.0 * structure.nearness)
    if structure.nearness == 1.0:
        np.testing.assert_allclose(moved[:, shift:], at_rest[:, :-shift], atol=1e-4)
    assert not np.array_equal(moved, at_rest)


@pytest.mark.parametrize("size", [(54, 96), (720, 640), (900, 512), (40, 3)])
def test_training_and_engine_see_the_same_ribs_and_motion(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(7)
    luma = rng.random(size, dtype=np.float32)
    np.testing.assert_array_equal(ribs_of(luma), engine.ribs_of(luma))
    flow = flow_between(texture_of(luma), texture_of(np.roll(luma, 2, 1)))
    np.testing.assert_array_equal(coarse_flow(flow), engine.coarse_flow(flow))


def test_a_planted_line_is_labelled_and_no_other() -> None:
    rng = np.random.default_rng(8)
    luma = (0.5 + 0.01 * rng.standard_normal((FRAMES, 200, 160))).astype(np.float32)
    luma[:, :, 70] += 0.05
    path = np.full((1, FRAMES, 200), 70.0)
    look = SceneLook(luma)
    followed, _ = looked_at(*look.inputs(MIDDLE, 0, FRAMES - 1))
    label = labels(followed, Scene(luma, path, np.full_like(path, 0.1)), 160)
    assert label[0] == 1
    assert (label[1:] <= 0).all()


def test_the_judge_learns_and_its_batches_follow_from_settings_and_step(material: Material) -> None:
    part = LineJudge(SETTINGS, lambda: material, lambda: material, scenes=(3, 2))
    features, truth = part.batch(2)
    assert features.shape == (64, FEATURES)
    assert set(truth.tolist()) <= {0.0, 1.0}
    again = LineJudge(SETTINGS, lambda: material, lambda: material, scenes=(3, 2)).batch(2)
    assert torch.equal(features, again[0])
    torch.manual_seed(1)
    net = part.net()
    optimiser = torch.optim.Adam(net.parameters(), 3e-3)
    before = dict(part.validated(net))
    for step in range(60):
        optimiser.zero_grad()
        part.loss(net, part.batch(step)).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    after = part.validated(net)
    assert after["loss"] < 0.6 * before["loss"]
    assert part.origins[0].name == "heaps of leaves"
