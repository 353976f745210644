"""What the model does to whole clips: flicker goes, fades and clean clips stay."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from reelmend.quality.flicker import flicker_residual_global, flicker_std_global, mean_luma_series
from reelmend.quality.timeline import find_timeline
from reelmend_models.damage.flicker import Flicker

HEIGHT, WIDTH, FRAMES = 90, 160, 72
FOOTAGE = Path(__file__).parents[5] / "shared" / "footage"
LEAST_REDUCTION = 0.8
MOST_MEAN_LUMA_MOVED = 0.005
GLOBAL_FLICKER = Flicker(gain_std=0.06, gain_memory=0.2, gamma_std=0.03, spatial_std=0.0, outlier_probability=0.02)


def moving_scene() -> np.ndarray:
    """Return a pan over texture with a disc that crosses it, grain, and a lamp that brightens by two fifths."""
    rng = np.random.default_rng(11)
    size = (HEIGHT, WIDTH + 2 * FRAMES, 3)
    texture = sum(
        scale * cv2.GaussianBlur(rng.standard_normal(size).astype(np.float32), (0, 0), scale) for scale in (2, 12)
    )
    texture = ((texture - texture.min()) / np.ptp(texture)) ** 1.5
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    frames = []
    for t in range(FRAMES):
        frame = texture[:, 2 * t : 2 * t + WIDTH].copy()
        frame[(columns - 2.5 * t) ** 2 + (rows - 45 - 20 * np.sin(t / 9)) ** 2 < 15**2] = (0.9, 0.6, 0.3)
        frame *= 0.7 + 0.3 * t / FRAMES
        frames.append(frame + 0.01 * rng.standard_normal(frame.shape))
    return np.array(frames, np.float32)


def faded(frames: np.ndarray, first: int, length: int) -> np.ndarray:
    light = np.clip(1 - (np.arange(len(frames)) - first) / length, 0, 1)
    return (frames * light[:, None, None, None]).astype(np.float32)


@pytest.fixture(scope="module")
def scene() -> np.ndarray:
    return moving_scene()


@pytest.mark.parametrize("with_grids", [True, False])
def test_global_flicker_falls_by_four_fifths(graphs, scene: np.ndarray, with_grids: bool) -> None:
    flickering, _ = GLOBAL_FLICKER.apply(scene, seed=4)
    before = flicker_residual_global(flickering, scene)
    after = flicker_residual_global(graphs.render(flickering, with_grids=with_grids), scene)
    assert before > 0.04
    assert after < (1 - LEAST_REDUCTION) * before


@pytest.mark.parametrize(
    ("fade_frames", "with_grids"), [(None, True), (None, False), (12, True), (30, True), (30, False)]
)
def test_clean_clip_moves_by_less_than_half_a_percent(
    graphs, scene: np.ndarray, fade_frames: int | None, with_grids: bool
) -> None:
    clean = scene if fade_frames is None else faded(scene, 25, fade_frames)
    truth, found = mean_luma_series(clean), mean_luma_series(graphs.render(clean, with_grids=with_grids))
    assert np.abs(found - truth).max() < MOST_MEAN_LUMA_MOVED * truth.max()
    if fade_frames is None:
        assert (np.abs(found - truth) < MOST_MEAN_LUMA_MOVED * truth).all()


def test_flickering_fade_to_black_stays_a_fade(graphs, scene: np.ndarray) -> None:
    truth = faded(scene, 30, 24)
    gains = Flicker(gain_std=0.05, gain_memory=0.0, gamma_std=0.0, offset_std=0.0, spatial_std=0.0)
    flickering, _ = gains.apply(truth, seed=8)
    light, seen, found = (mean_luma_series(clip) for clip in (truth, flickering, graphs.render(flickering)))
    assert np.std(np.diff(found - light)) < 0.25 * np.std(np.diff(seen - light))
    assert np.abs(found - light).max() < 0.06 * light.max()
    assert (np.diff(found[32:54]) < 0).all()
    assert found[54:].max() < 1e-4


@pytest.mark.parametrize(
    "folder", sorted(FOOTAGE.iterdir()) if FOOTAGE.is_dir() else [], ids=lambda folder: folder.name
)
def test_flicker_of_real_film_falls_by_four_fifths(graphs, folder: Path) -> None:
    paths = sorted(folder.glob("*.png"))
    if not paths:
        pytest.skip("not a film")
    frames = np.array(
        [cv2.resize(cv2.imread(str(path)), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA) for path in paths]
    )
    film = (frames[..., ::-1] / np.float32(255)).astype(np.float32)
    timeline = find_timeline(film)
    kept = [frame for frame in range(len(film)) if frame not in timeline.duplicates]
    before = flicker_std_global(film[kept])
    after = flicker_std_global(graphs.render(film[kept]))
    assert after < (1 - LEAST_REDUCTION) * before
