"""Damage is filled with what neighbours and surroundings show, in the frame's light and with its grain."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import torch

from reelmend.effects.repair.fill_blocks import CORE
from reelmend.inference.models import Model
from reelmend_models.definitions.repair.fill import Fill
from reelmend_models.export.repair_fill import fill_graphs
from reelmend_models.training.repair.weights import load_weights
from support.fill_workbench import FillBench, fill_model

HEIGHT, WIDTH, FRAMES, MIDDLE = 200, 290, 5, 2
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
Planes = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    graphs = fill_graphs(load_weights(Fill(), "fill"), torch.Generator().manual_seed(1))
    folder: Path = tmp_path_factory.mktemp("fill")
    return fill_model(graphs, folder)


def panning_clip(step_px: int = 2, grain: float = 0.0) -> list[Planes]:
    """Return (3, H, W) frames of a textured picture that moves by whole pixels."""
    rng = np.random.default_rng(4)
    size = (HEIGHT, WIDTH + FRAMES * step_px, 3)
    rough = sum(cv2.GaussianBlur(rng.random(size, dtype=np.float32) - 0.5, (0, 0), s) * s for s in (1.5, 4.0, 12.0))
    picture = np.clip(0.5 + 0.5 * np.asarray(rough, np.float32), 0.05, 0.95)
    frames = [picture[:, step_px * n : step_px * n + WIDTH] for n in range(FRAMES)]
    noise = [np.float32(grain) * rng.standard_normal((HEIGHT, WIDTH, 1), dtype=np.float32) for _ in frames]
    soft = [cv2.GaussianBlur(one, (0, 0), 0.6)[:, :, None] for one in noise]
    return [
        np.ascontiguousarray((frame + one).transpose(2, 0, 1), np.float32)
        for frame, one in zip(frames, soft, strict=True)
    ]


def with_blotches(frame: Planes, places: list[tuple[int, int]], radius: int = 7) -> tuple[Planes, Mask]:
    """Return the frame with light blotches, and where they are."""
    mask = np.zeros(frame.shape[1:], np.uint8)
    for y, x in places:
        cv2.circle(mask, (x, y), radius, (1.0,), -1)
    return np.where(mask > 0, np.float32(0.97), frame), mask > 0


def by_kind(mask: Mask, kind: int = 0) -> Mask:
    classes = np.zeros((3, *mask.shape), bool)
    classes[kind] = mask
    return classes


def matte_of(mask: Mask) -> npt.NDArray[np.float32]:
    return cv2.dilate(mask.astype(np.float32), np.ones((3, 3), np.uint8))


def fill_middle(model: Model, clip: list[Planes], mask: Mask, kind: int = 0, threads: int = 2) -> Planes:
    return FillBench(model, clip, threads).filled(MIDDLE, by_kind(mask, kind), matte_of(mask))


def psnr(found: Planes, true: Planes, mask: Mask) -> float:
    return float(-10 * np.log10(np.mean((found - true)[:, mask] ** 2)))


PLACES = [(40, 60), (47, 150), (120, 95), (150, 240), (190, 285)]


def test_blotches_are_filled_with_what_the_neighbours_show(model: Model) -> None:
    clip = panning_clip()
    clean = clip[MIDDLE]
    clip[MIDDLE], mask = with_blotches(clean, PLACES)
    assert psnr(fill_middle(model, clip, mask), clean, mask) > 30


def test_pixels_of_blocks_that_no_matte_touches_keep_their_bits(model: Model) -> None:
    clip = panning_clip()
    clip[MIDDLE], mask = with_blotches(clip[MIDDLE], PLACES[:1])
    filled = fill_middle(model, clip, mask)
    assert np.array_equal(filled[:, :, 2 * CORE :], clip[MIDDLE][:, :, 2 * CORE :])
    assert np.array_equal(filled[:, 2 * CORE :], clip[MIDDLE][:, 2 * CORE :])


def test_without_damage_the_frame_comes_back(model: Model) -> None:
    clip = panning_clip()
    none = np.zeros((HEIGHT, WIDTH), bool)
    assert np.array_equal(fill_middle(model, clip, none), clip[MIDDLE])


def test_flicker_between_frames_is_not_seen_in_the_fill(model: Model) -> None:
    clip = panning_clip()
    clean = clip[MIDDLE]
    clip = [frame * np.float32(factor) for frame, factor in zip(clip, (1.1, 0.85, 1.0, 0.85, 1.1), strict=True)]
    clip[MIDDLE], mask = with_blotches(clean, PLACES)
    assert psnr(fill_middle(model, clip, mask), clean, mask) > 28


@pytest.mark.parametrize("middle", [0, FRAMES - 1])
def test_the_ends_of_a_clip_are_filled_from_one_side(model: Model, middle: int) -> None:
    clip = panning_clip()
    clean = clip[middle]
    clip[middle], mask = with_blotches(clean, PLACES[:3])
    filled = FillBench(model, clip).filled(middle, by_kind(mask), matte_of(mask))
    assert psnr(filled, clean, mask) > 27


def test_a_single_frame_is_filled_from_its_surroundings(model: Model) -> None:
    ramp = np.broadcast_to(np.linspace(0.2, 0.6, WIDTH, dtype=np.float32), (3, HEIGHT, WIDTH)).copy()
    broken, mask = with_blotches(ramp, PLACES[:3], radius=4)
    filled = FillBench(model, [broken]).filled(0, by_kind(mask), matte_of(mask))
    assert psnr(filled, ramp, mask) > 30


def test_a_standing_scratch_does_not_come_back_from_the_neighbours(model: Model) -> None:
    clip = panning_clip(step_px=1)
    clean = clip[MIDDLE]
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[:, 143:147] = True
    scratched = [np.where(mask, 0.3 * frame + np.float32(0.7 * 0.95), frame) for frame in clip]
    before, after = psnr(scratched[MIDDLE], clean, mask), psnr(fill_middle(model, scratched, mask, 2), clean, mask)
    assert after > before + 12
    assert after > 24


def test_the_bits_are_the_same_on_any_number_of_threads_and_each_time(model: Model) -> None:
    clip = panning_clip(grain=0.03)
    clip[MIDDLE], mask = with_blotches(clip[MIDDLE], [(y, x) for y in range(20, 190, 40) for x in range(20, 280, 40)])
    once = fill_middle(model, clip, mask, threads=1)
    for threads in (1, 2, 3):
        assert fill_middle(model, clip, mask, threads=threads).tobytes() == once.tobytes()


def high_energy(planes: Planes) -> Planes:
    luma = np.tensordot(LUMA, planes, 1)
    return np.asarray((luma - cv2.GaussianBlur(luma, (7, 7), 1.0)) ** 2, np.float32)


def test_the_fill_has_the_grain_of_its_surroundings(model: Model) -> None:
    ratios = []
    for middle in (1, 2, 3):
        clip = panning_clip(grain=0.06)
        places = [(y, x) for y in range(20, 190, 34) for x in range(20, 280, 34)]
        clip[middle], mask = with_blotches(clip[middle], places, radius=6)
        filled = FillBench(model, clip).filled(middle, by_kind(mask), matte_of(mask))
        matte = matte_of(mask) > 0
        result = np.where(matte, filled, clip[middle])
        apart = cv2.dilate(matte.astype(np.uint8), np.ones((7, 7), np.uint8)) == 0
        energy = high_energy(result)
        ratios.append(energy[matte].mean() / energy[apart].mean())
    assert 0.85 < np.mean(ratios) < 1.15


def test_nothing_is_added_to_the_fill_of_clean_footage(model: Model) -> None:
    even = [np.full((3, HEIGHT, WIDTH), 0.4, np.float32) for _ in range(FRAMES)]
    even[MIDDLE], mask = with_blotches(even[MIDDLE], PLACES)
    filled = fill_middle(model, even, mask)
    assert high_energy(filled)[mask].mean() < 2e-6  # a deviation of 0.0014, a third of a step of 8 bits


def test_frames_of_one_plane_are_filled_too(model: Model) -> None:
    clip = [frame[1:2].copy() for frame in panning_clip()]
    clean = clip[MIDDLE]
    clip[MIDDLE], mask = with_blotches(clean, PLACES)
    filled = fill_middle(model, clip, mask)
    assert filled.shape == (1, HEIGHT, WIDTH)
    assert psnr(filled, clean, mask) > 29


@pytest.mark.parametrize("size", [(33, 50), (17, 21), (5, 7)])
def test_small_pictures_are_filled(model: Model, size: tuple[int, int]) -> None:
    clip = [np.full((3, *size), 0.5, np.float32) for _ in range(FRAMES)]
    mask = np.zeros(size, bool)
    mask[2:4, 3:5] = True
    clip[MIDDLE][:, mask] = 1.0
    filled = fill_middle(model, clip, mask)
    np.testing.assert_allclose(filled[:, mask], 0.5, atol=0.05)
