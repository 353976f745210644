"""Upright structures stand in their scene: they pan with it, and keep still with it."""

from dataclasses import replace

import numpy as np
import pytest

from reelmend_models.damage import ClipInfo, DamageError
from reelmend_models.scenery import TEST_STRUCTURES, TRAINING_STRUCTURES, Structures, held, seen_from

CLIP = ClipInfo(200, 270, 480)
STILL = np.random.default_rng(0).uniform(0.2, 0.8, (270, 480, 3)).astype(np.float32)


def test_a_still_seen_from_the_front_is_the_still() -> None:
    assert np.array_equal(seen_from(STILL, 0.0), STILL)


def test_a_camera_that_turns_to_the_right_sees_the_scene_move_to_the_left() -> None:
    assert np.allclose(seen_from(STILL, 7.0)[:, :-7], STILL[:, 7:], atol=1e-6)
    assert np.allclose(seen_from(STILL, 2.5)[:, 5], 0.5 * (STILL[:, 7] + STILL[:, 8]), atol=1e-5)


def test_beyond_its_edges_the_still_goes_on_mirrored_for_ever() -> None:
    turned = seen_from(STILL, 100.0)
    assert np.allclose(turned[:, -101], STILL[:, -1], atol=1e-6)
    assert np.allclose(turned[:, -1], STILL[:, -101], atol=1e-6)
    for away in (2.0 * 479, -2.0 * 479, 958.0 * 7):
        assert np.allclose(seen_from(STILL, away), STILL, atol=1e-5)
    assert seen_from(STILL[:, :1], 3.0).shape == (270, 1, 3)


def test_held_shows_the_first_frame_alone() -> None:
    frames = list(held([STILL, STILL * 0.0, STILL * 0.5], lambda index: 3.0 * index))
    assert len(frames) == 3
    assert np.allclose(frames[2], seen_from(STILL, 6.0))


def test_a_structure_without_parallax_moves_with_its_scene() -> None:
    plan = Structures(pan=0.01, parallax=1.0, number=1.0, kinds=("wire",), lean_rad=0.0, width=0.02).plan(CLIP, 3)
    for index in (0, 9):
        offset = plan.turned_px(index + 1) - plan.turned_px(index)
        assert abs(offset) == pytest.approx(2.7)
    first, later = plan.cover(0), plan.cover(10)
    moved = round(plan.turned_px(10))
    inner = slice(max(0, -moved) + 2, 480 - max(0, moved) - 2)
    assert np.allclose(later[:, inner], np.roll(first, -moved, axis=1)[:, inner], atol=0.02)
    assert first.max() > 0.7


def test_a_standing_shot_stands() -> None:
    plan = TEST_STRUCTURES["standing"].plan(CLIP, 3)
    assert {plan.cover(index).tobytes() for index in range(0, 60, 7)} == {plan.cover(0).tobytes()}


@pytest.mark.parametrize("kind", ["mast", "lamp", "frame", "fence", "wire", "pipe"])
def test_every_kind_has_upright_lines_of_many_rows(kind: str) -> None:
    tall = []
    for seed in range(6):
        cover = Structures(kinds=(kind,), number=4.0).plan(CLIP, seed).cover(0)
        tall.append((cover > 0.5).sum(axis=0).max() / 270)
        assert 0.001 < (cover > 0.5).mean() < 0.6
    assert np.mean(tall) > 0.3


def test_structures_go_on_for_ever_and_seldom_leave_the_picture_empty() -> None:
    plan = TEST_STRUCTURES["panning"].plan(ClipInfo(5000, 270, 480), 3)
    assert np.mean([plan.cover(index).max() > 0.5 for index in range(0, 5000, 250)]) > 0.8


def test_the_tests_structures_are_none_of_the_trainings() -> None:
    trained, tested = TRAINING_STRUCTURES["standing"], TEST_STRUCTURES["standing"]
    assert {"lamp", "wire"} <= set(tested.kinds) - set(trained.kinds)
    assert TRAINING_STRUCTURES["panning"].pan[1] <= TEST_STRUCTURES["panning"].pan[0]


def test_an_unknown_kind_is_named_with_those_there_are() -> None:
    with pytest.raises(DamageError, match=r"kinds must be some of mast, lamp, .*, got \('tree',\)"):
        replace(Structures(), kinds=("tree",))
