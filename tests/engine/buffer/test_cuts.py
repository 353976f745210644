"""Cuts: between scenes, and only there; flicker, fades, motion and dirt are none."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from reelmend.buffer.cuts import is_cut
from support.clips import moving_scene

FOOTAGE = Path(__file__).parents[4] / "shared" / "footage"


def grid(planes: np.ndarray) -> np.ndarray:
    luma = np.tensordot(np.array([0.2126, 0.7152, 0.0722], np.float32), planes, axes=1)
    return cv2.resize(luma, (32, 18), interpolation=cv2.INTER_AREA)


def cuts(frames: np.ndarray) -> list[int]:
    grids = [grid(planes) for planes in frames]
    return [index for index in range(1, len(grids)) if is_cut(grids[index - 1], grids[index])]


SCENE = moving_scene(12, width=320, height=180, seed=1)
OTHER = moving_scene(12, width=320, height=180, seed=2)


def test_a_change_of_scene_is_a_cut() -> None:
    assert cuts(np.concatenate([SCENE, OTHER, SCENE])) == [12, 24]


def test_motion_is_no_cut() -> None:
    assert cuts(SCENE) == []


@pytest.mark.parametrize("gain", [0.5, 0.8, 1.3, 2.0])
def test_a_jump_of_brightness_is_no_cut(gain: float) -> None:
    frames = SCENE.copy()
    frames[5] = frames[5] * np.float32(gain) + np.float32(0.02)
    assert cuts(frames) == []


def test_a_fade_to_black_and_back_is_no_cut() -> None:
    levels = np.concatenate([np.linspace(1, 0, 12), np.zeros(3), np.linspace(0, 1, 12)]).astype(np.float32)
    scene = np.concatenate([SCENE, SCENE[-3:], SCENE])
    assert cuts(scene * levels[:, None, None, None]) == []


def test_a_hard_cut_to_black_and_from_it_are_cuts() -> None:
    assert cuts(np.concatenate([SCENE[:3], np.zeros_like(SCENE[:3]), OTHER[:3]])) == [3, 6]


def test_black_and_flat_frames_among_themselves_are_no_cut() -> None:
    flat = np.stack([np.full((3, 180, 320), level, np.float32) for level in (0, 0, 0.5, 0.5, 1, 0)])
    assert cuts(flat) == []


def test_dirt_is_no_cut() -> None:
    frames = SCENE.copy()
    frames[4, :, 40:90, 100:180] = 1.0
    assert cuts(frames) == []


def test_the_answer_does_not_depend_on_the_order_of_the_two() -> None:
    grids = [grid(planes) for planes in (SCENE[0], OTHER[0], SCENE[0] * 0, SCENE[3])]
    for before in grids:
        for after in grids:
            assert is_cut(before, after) == is_cut(after, before)


@pytest.mark.skipif(not FOOTAGE.is_dir(), reason="old film lies beside the checkout only where it is provided")
@pytest.mark.parametrize("film", ["a_trip_down_market_street_before_the_fire", "the_great_train_robbery"])
def test_single_shots_of_old_film_have_no_cut(film: str) -> None:
    pictures = [cv2.imread(str(path)) for path in sorted((FOOTAGE / film).glob("*.png"))]
    frames = np.stack([picture[:, :, ::-1].transpose(2, 0, 1) / np.float32(255) for picture in pictures])
    assert cuts(frames.astype(np.float32)) == []
