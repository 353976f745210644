"""What the deflicker does to parts of the picture, to channels, to strays, and around what moves."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from reelmend.effects.renderer import Renderer
from support.clips import ArrayClip, Frames, moving_scene
from support.mended import fresh_renderer, mean_light, rendered

COUNT, WIDTH, HEIGHT = 25, 160, 90
MIDDLE = range(8, 17)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return fresh_renderer()


@pytest.fixture(scope="module")
def scene() -> Frames:
    return moving_scene(COUNT, width=WIDTH, height=HEIGHT)


def noise(*shape: int, seed: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def enlarged(fields: np.ndarray) -> np.ndarray:
    """Return fields (N, rows, columns) as smooth log gains (N, 1, H, W)."""
    return np.stack([cv2.resize(field, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)[None] for field in fields])


def left_of(clean: np.ndarray, flickering: np.ndarray, mended: np.ndarray) -> float:
    """Return how much of the flicker is left, by the log ratio of 10×10 means, frame to frame."""

    def jumps(frames: np.ndarray) -> float:
        cells = [
            planes.reshape(len(planes), 3, HEIGHT // 10, 10, WIDTH // 10, 10).mean(axis=(1, 3, 5))
            for planes in (frames, clean)
        ]
        return float(np.diff(np.log(cells[0] / cells[1]), axis=0).std())

    return jumps(mended) / jumps(flickering)


def test_local_flicker_falls_and_more_than_without_local_correction(renderer: Renderer, scene: Frames) -> None:
    flickering = scene * np.exp(enlarged(0.06 * noise(COUNT, 3, 4)))
    local, whole = (left_of(scene, flickering, rendered(renderer, flickering, balance=at)) for at in (0.5, 0.0))
    assert local < 0.5
    assert local < 0.6 * whole


def test_bands_are_steadied_by_the_band_mode(renderer: Renderer, scene: Frames) -> None:
    rows = np.arange(HEIGHT, dtype=np.float32)
    phases = 2 * np.pi * np.random.default_rng(2).random(COUNT).astype(np.float32)
    bands = 0.06 * np.sin(2 * np.pi * 4 * rows / HEIGHT + phases[:, None])
    flickering = scene * np.exp(bands)[:, None, :, None]
    by_rows = [
        np.diff(np.log(frames.mean(axis=(1, 3)) / scene.mean(axis=(1, 3))), axis=0).std()
        for frames in (
            flickering,
            rendered(renderer, flickering, local_shape="bands"),
            rendered(renderer, flickering, local_shape="patches"),
        )
    ]
    assert by_rows[1] < 0.5 * by_rows[0]
    assert by_rows[1] < by_rows[2]


def test_flicker_in_colour_needs_channels_of_their_own(renderer: Renderer, scene: Frames) -> None:
    flickering = scene * np.exp(0.06 * noise(COUNT, 3))[..., None, None]

    def colour(frames: Frames) -> float:
        means = np.log(frames.mean(axis=(2, 3)) / scene.mean(axis=(2, 3)))
        return float(np.diff(means, axis=0).std())

    together, alone = (colour(rendered(renderer, flickering, channels=channels)) for channels in ("luma", "rgb"))
    assert alone < 0.4 * colour(flickering)
    assert alone < 0.6 * together


@pytest.mark.parametrize("trend", ["learned", "fitted"])
def test_both_trends_steady_global_flicker(renderer: Renderer, scene: Frames, trend: str) -> None:
    gains = np.exp(0.06 * noise(COUNT))
    mended = rendered(renderer, scene * gains[:, None, None, None], trend=trend)
    assert np.diff(mean_light(mended) - mean_light(scene)).std() < 0.3 * np.diff(np.log(gains)).std()


@pytest.mark.parametrize("kind", ["flash", "black", "burnt", "dim"])
def test_a_stray_frame_leaves_its_neighbours_as_they_are(renderer: Renderer, scene: Frames, kind: str) -> None:
    frames = scene.copy()
    if kind == "flash":
        frames[12] *= 1.3
    elif kind == "dim":
        frames[12] *= 0.6
    else:
        frames[12] = 0.0 if kind == "black" else 1.0
    mended = rendered(renderer, frames)
    others = [index for index in range(COUNT) if index != 12]
    assert np.abs(mean_light(mended[others]) - mean_light(frames[others])).max() < 0.005
    if kind in ("black", "burnt"):
        assert np.abs(mended[12] - frames[12]).max() < 0.01
    else:
        assert abs(mended[12].mean() / scene[12].mean() - 1) < 0.03


def test_frames_that_repeat_change_nothing_for_the_others_but_their_place(renderer: Renderer, scene: Frames) -> None:
    repeated = np.repeat(scene, 2, axis=0)[:COUNT]
    mended = rendered(renderer, repeated)
    assert np.abs(mean_light(mended) - mean_light(repeated)).max() < 0.005
    still = np.repeat(scene[:1], 9, axis=0)
    assert rendered(renderer, still).tobytes() == still.tobytes()


def test_a_clean_clip_keeps_its_light(renderer: Renderer) -> None:
    clean = moving_scene(COUNT, width=WIDTH, height=HEIGHT, grain=0)
    mended = rendered(renderer, clean)
    assert np.abs(mean_light(mended) - mean_light(clean)).max() < 0.003
    assert np.abs(mended - clean).max() < 0.008


def test_only_light_inside_the_rectangle_is_judged(renderer: Renderer, scene: Frames) -> None:
    flickering = scene.copy()
    flickering[..., 80:] *= np.exp(0.1 * noise(COUNT))[:, None, None, None]
    left = rendered(renderer, flickering, MIDDLE, analysis_right=0.45, balance=0.0)
    right = rendered(renderer, flickering, MIDDLE, analysis_left=0.55, balance=0.0)
    np.testing.assert_allclose(left, flickering[MIDDLE], atol=0.01)
    before, after = (
        np.diff(mean_light(frames[..., 90:]) - mean_light(scene[MIDDLE][..., 90:])).std()
        for frames in (flickering[MIDDLE], right)
    )
    assert after < 0.4 * before


def test_a_mask_says_where_to_measure_where_to_correct_or_both(renderer: Renderer, scene: Frames) -> None:
    gains = np.exp(0.1 * noise(COUNT))[:, None, None, None]
    flickering = scene.copy()
    flickering[..., :80] *= gains
    mask = np.zeros((1, 1, HEIGHT, WIDTH), np.float32)
    mask[..., :72] = 1
    found = {
        use: rendered(renderer, flickering, MIDDLE, mask=ArrayClip(mask), mask_use=use, balance=0.0)
        for use in ("measure", "correct", "both")
    }
    outside, inside = np.s_[..., 72:], np.s_[..., :72]
    source, truth = flickering[MIDDLE], scene[MIDDLE]
    assert found["correct"][outside].tobytes() == source[outside].tobytes()
    assert found["both"][outside].tobytes() == source[outside].tobytes()
    assert np.abs(found["measure"][..., 90:] - source[..., 90:]).max() > 0.02
    assert found["both"][inside].tobytes() == found["measure"][inside].tobytes()
    before = np.diff(mean_light(source[inside]) - mean_light(truth[inside])).std()
    assert np.diff(mean_light(found["both"][inside]) - mean_light(truth[inside])).std() < 0.4 * before


def test_an_empty_mask_measures_nothing_and_changes_nothing(renderer: Renderer, scene: Frames) -> None:
    flickering = scene * np.exp(0.1 * noise(COUNT))[:, None, None, None]
    empty = ArrayClip(np.zeros((1, 1, HEIGHT, WIDTH), np.float32))
    assert rendered(renderer, flickering, MIDDLE, mask=empty).tobytes() == flickering[MIDDLE].tobytes()


@pytest.fixture(scope="module")
def crossing() -> tuple[np.ndarray, np.ndarray]:
    """Where a disc is that crosses nine pixels a frame, and where its surroundings are: (N, H, W) each."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    distance = np.stack([np.hypot(columns - (9 * index - 26), rows - 50) for index in range(COUNT)])
    return distance < 12, (distance >= 14) & (distance < 26)


def errors_of_gain(renderer: Renderer, clean: Frames, near: np.ndarray, far: np.ndarray) -> tuple[float, float]:
    """Return how far the applied gain is off, near and far, where smooth fields flicker by five per cent."""
    fields = enlarged(0.05 * noise(COUNT, 3, 4, seed=8))
    gains = 2 * rendered(renderer, np.clip(clean * np.exp(fields), 0, 1), output="gain")[:, :1]
    left = (fields + np.log(gains))[:, 0]
    left -= left.mean(axis=0)  # light that stands still is no flicker
    return tuple(float(np.sqrt(np.mean(left[MIDDLE][where[MIDDLE]] ** 2))) for where in (near, far))  # type: ignore[return-value]


@pytest.mark.parametrize("light", [0.95, 0.3, 0.02], ids=["bright", "grey", "dark"])
def test_no_halo_around_a_fast_object_over_local_flicker(
    renderer: Renderer, crossing: tuple[np.ndarray, np.ndarray], light: float
) -> None:
    """An object that crosses fast makes the gain near it no less true than elsewhere.

    Held against the same picture without the object, pixel for pixel, since flicker is not as strong everywhere.
    """
    disc, near = crossing
    far = ~near & ~disc
    without = np.clip(moving_scene(COUNT, width=WIDTH, height=HEIGHT, seed=3), 0.1, 0.7)
    crossed = np.where(disc[:, None], np.float32(light), without)
    (near_before, far_before), (near_after, far_after) = (
        errors_of_gain(renderer, clean, near, far) for clean in (without, crossed)
    )
    assert far_before < 0.015
    assert far_after < 0.025
    assert near_after < 0.045
    assert near_after / near_before < 1.25 * far_after / far_before


def test_views_show_the_gain_and_the_light_over_time(renderer: Renderer, scene: Frames) -> None:
    flickering = scene * np.exp(0.08 * noise(COUNT))[:, None, None, None]
    for channels, planes in (("luma", 1), ("rgb", 3)):
        result, gain, curve = (
            rendered(renderer, flickering, [12], output=output, channels=channels)[0]
            for output in ("result", "gain", "curve")
        )
        assert len({plane.tobytes() for plane in gain}) == planes
        bright = flickering[12] > 0.3
        np.testing.assert_allclose((result / flickering[12])[bright], 2 * gain[bright], rtol=0.02)
        assert curve[:, :55].tobytes() == result[:, :55].tobytes()
        assert np.abs(curve[:, 65:85] - result[:, 65:85]).mean() > 0.05
