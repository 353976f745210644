"""Motion is found and told from light; where light is measured."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from reelmend.effects.light_steps import LEAST_FLOW_PIXELS, Region, _covered, _flow
from reelmend.effects.luma_curve import LEAST_PIXELS, LightOverTime, draw_light


def texture(height: int, width: int) -> np.ndarray:
    blurred = cv2.GaussianBlur(np.random.default_rng(2).random((height, width), dtype=np.float32), (0, 0), 3)
    return (255 * (blurred - blurred.min()) / np.ptp(blurred)).astype(np.uint8)


def test_flow_says_where_pixels_went_and_is_the_same_each_time() -> None:
    wide = texture(90, 200)
    before, after = wide[:, 20:180].copy(), wide[:, 24:184].copy()
    flow = _flow(before, after)
    assert flow.shape == (2, 90, 160)
    np.testing.assert_allclose(np.median(flow, axis=(1, 2)), (-4, 0), atol=0.1)
    assert flow.tobytes() == _flow(before, after).tobytes()


@pytest.mark.parametrize("size", [(1, 1), (15, 200), (200, 3), (LEAST_FLOW_PIXELS, LEAST_FLOW_PIXELS)])
def test_flow_of_small_pictures_is_finite(size: tuple[int, int]) -> None:
    flow = _flow(texture(30, 300)[:1, :1].repeat(size[0], 0).repeat(size[1], 1), np.zeros(size, np.uint8))
    assert flow.shape == (2, *size)
    assert np.isfinite(flow).all()


@pytest.mark.parametrize(("start", "end", "pixels", "covered"), [
    (0.0, 1.0, 4, [1, 1, 1, 1]),
    (0.25, 0.625, 4, [0, 1, 0.5, 0]),
    (0.625, 0.25, 4, [0, 1, 0.5, 0]),
    (0.5, 0.5, 4, [0, 0, 0, 0]),
    (0.2, 0.7, 1, [0.5]),
])  # fmt: skip
def test_pixels_on_the_edge_of_a_rectangle_count_by_their_part(
    start: float, end: float, pixels: int, covered: list[float]
) -> None:
    np.testing.assert_allclose(_covered(start, end, pixels), covered, atol=1e-6)


def test_the_whole_picture_without_a_mask_is_everywhere() -> None:
    assert Region((0.0, 0.0, 1.0, 1.0), in_mask=False).is_everywhere
    assert not Region((0.0, 0.0, 1.0, 1.0), in_mask=True).is_everywhere
    assert not Region((0.0, 0.0, 1.0, 0.9), in_mask=False).is_everywhere


def over_time(values: list[float]) -> LightOverTime:
    offsets = np.arange(len(values)) - len(values) // 2
    light = np.array(values, np.float32)
    return LightOverTime(offsets, light, offsets[::2], light[::2] * 0)


@pytest.mark.parametrize("values", [[0.0], [0.0, 0.0, 0.0], [0.3, -0.1, 0.0, 0.2, -2.0], list(np.linspace(-1, 1, 121))])
@pytest.mark.parametrize("size", [(LEAST_PIXELS, LEAST_PIXELS), (90, 160), (1080, 64)])
def test_light_is_drawn_over_the_lower_part_alone(values: list[float], size: tuple[int, int]) -> None:
    picture = np.full((3, *size), 0.5, np.float32)
    draw_light(picture, over_time(values))
    assert np.isfinite(picture).all()
    assert picture.min() >= 0
    assert picture.max() <= 1.5
    assert (picture[:, : int(0.65 * size[0])] == 0.5).all()
    assert (picture[:, int(0.72 * size[0]) : int(0.95 * size[0])] != 0.5).any()


def test_pictures_too_small_to_draw_upon_stay_as_they_are() -> None:
    picture = np.full((3, LEAST_PIXELS - 1, 300), 0.5, np.float32)
    draw_light(picture, over_time([0.0, 0.1, 0.0]))
    assert (picture == 0.5).all()
