"""The temporal medians: known dirt on known motion."""

import cv2
import numpy as np
import pytest

from reelmend.quality.peers.temporal_median import (
    compensated_median,
    masked_compensated_median,
    median_of_3,
    median_of_5,
    temporal_median,
    without_small_areas,
)


def panning_clip(count: int = 7, step: int = 3) -> np.ndarray:
    texture = cv2.GaussianBlur(np.random.default_rng(1).uniform(0, 255, (96, 220)).astype(np.float32), (0, 0), 3)
    texture = cv2.normalize(texture, None, 30, 220, cv2.NORM_MINMAX)
    views = [texture[:, 20 + step * t : 20 + step * t + 128] for t in range(count)]
    return np.rint(np.stack([np.repeat(view[:, :, None], 3, axis=2) for view in views])).astype(np.uint8)


@pytest.fixture
def dirty() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    clean = panning_clip()
    clip, dirt = clean.copy(), np.zeros(clean.shape[:3], bool)
    dirt[3, 40:50, 60:72] = True
    clip[dirt] = 255
    return clean, clip, dirt


def test_medians_of_three_and_five_are_those_of_numpy() -> None:
    values = np.random.default_rng(0).integers(0, 256, (5, 20, 20, 3), dtype=np.uint8)
    assert np.array_equal(median_of_3(*values[:3]), np.median(values[:3], axis=0))
    assert np.array_equal(median_of_5(*values), np.median(values, axis=0))


def test_without_motion_the_temporal_median_removes_a_flash_of_dirt() -> None:
    clip = np.repeat(panning_clip(1), 5, axis=0)
    dirty = clip.copy()
    dirty[2, 10:20, 10:20] = 0
    assert np.array_equal(temporal_median(dirty).frames, clip)


def test_motion_compensation_removes_dirt_that_the_plain_median_smears(
    dirty: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    clean, clip, dirt = dirty

    def error(frames: np.ndarray) -> float:
        return float(np.abs(frames[dirt].astype(float) - clean[dirt]).mean())

    assert error(compensated_median(clip).frames) < 0.25 * error(clip)


def test_the_masked_median_finds_the_dirt_and_keeps_every_other_bit(
    dirty: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    _, clip, dirt = dirty
    restored = masked_compensated_median(clip)
    assert restored.matte is not None
    assert np.array_equal(restored.frames[~restored.matte], clip[~restored.matte])
    assert (restored.matte & dirt).sum() > 0.8 * dirt.sum()
    inner = np.zeros_like(dirt)
    inner[:, 8:-8, 16:-16] = True  # what moves in at the edge has no neighbour
    assert (restored.matte & ~dirt & inner).sum() < 0.1 * dirt.sum()


def test_the_masked_median_leaves_a_clean_still_clip_alone() -> None:
    clip = np.repeat(panning_clip(1), 6, axis=0)
    restored = masked_compensated_median(clip)
    assert np.array_equal(restored.frames, clip)
    assert restored.matte is not None
    assert not restored.matte.any()


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_clips_shorter_than_the_window_come_back_in_full_length(count: int) -> None:
    clip = panning_clip(count)
    for method in (temporal_median, compensated_median, masked_compensated_median):
        assert method(clip).frames.shape == clip.shape


def test_areas_below_the_limit_are_dropped_and_diagonals_count_as_touching() -> None:
    mask = np.zeros((10, 10), bool)
    mask[0, :5] = True
    for step in range(6):
        mask[3 + step, 3 + step] = True
    kept = without_small_areas(mask, 6)
    assert kept.sum() == 6
    assert not kept[0].any()
