"""Flow, there and back, put together, and frames moved along it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from reelmend.motion import FLOW_ROWS, composed, disagreement, flow_between, flow_size, moved, moved_part, texture_of

HEIGHT, WIDTH = 96, 128
Plane = npt.NDArray[np.float32]


def scene(right: int, down: int = 0) -> Plane:
    """Return a window of one large soft scene, its content moved by whole pixels."""
    noise = np.random.default_rng(5).random((HEIGHT + 40, WIDTH + 40)).astype(np.float32)
    for axis in (0, 1):
        noise = sum(np.roll(noise, shift, axis) for shift in range(7)) / np.float32(7)
    left, top = 20 - right, 20 - down
    return np.ascontiguousarray(noise[top : top + HEIGHT, left : left + WIDTH])


def uniform(right: float, down: float) -> npt.NDArray[np.float32]:
    return np.stack([np.full((HEIGHT, WIDTH), value, np.float32) for value in (right, down)])


def test_flow_says_where_each_pixel_lies_in_the_other_frame() -> None:
    flow = flow_between(texture_of(scene(0)), texture_of(scene(4, -2)))
    middle = flow[:, 20:-20, 20:-20]
    np.testing.assert_allclose(np.median(middle, axis=(1, 2)), [4, -2], atol=0.2)


def test_a_frame_moved_along_its_flow_lies_on_the_other() -> None:
    still, gone = scene(0), scene(4, -2)
    np.testing.assert_allclose(moved(gone, uniform(4, -2))[8:-8, 8:-8], still[8:-8, 8:-8], atol=1e-5)


def test_a_part_moved_is_that_part_of_the_whole_to_its_bits() -> None:
    flow = np.random.default_rng(3).normal(scale=3, size=(2, HEIGHT // 2, WIDTH // 2)).astype(np.float32)
    whole = moved_part(scene(0), flow, (0, HEIGHT), (0, WIDTH))
    part = moved_part(scene(0), flow, (17, 60), (5, 101))
    assert np.array_equal(part, whole[17:60, 5:101])


def test_two_flows_in_a_row_add_up() -> None:
    np.testing.assert_allclose(composed(uniform(3, 1), uniform(-1, 2.5)), uniform(2, 3.5), atol=1e-5)


def test_flow_there_and_back_misses_by_what_the_two_disagree() -> None:
    np.testing.assert_allclose(disagreement(uniform(3, 4), uniform(-3, -4)), 0, atol=1e-5)
    np.testing.assert_allclose(disagreement(uniform(3, 4), uniform(0, 0)), 5, atol=1e-5)


def test_pictures_too_small_for_flow_do_not_move() -> None:
    rng = np.random.default_rng(1)
    small = [rng.integers(0, 255, (15, 40)).astype(np.uint8) for _ in range(2)]
    assert not flow_between(small[0], small[1]).any()


@pytest.mark.parametrize("size", [(1080, 1920), (2160, 4096), (361, 3)])
def test_the_grid_has_no_more_rows_than_it_may(size: tuple[int, int]) -> None:
    rows, columns = flow_size(*size)
    assert rows == FLOW_ROWS
    assert columns == max(1, round(size[1] * FLOW_ROWS / size[0]))


def test_a_dimmer_frame_has_the_same_texture() -> None:
    bright = scene(0) + np.float32(0.5)
    apart = texture_of(bright).astype(int) - texture_of(bright * np.float32(0.8)).astype(int)
    assert np.abs(apart).max() <= 3
