"""Motion under damage is taken from around it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from reelmend.motion import hidden_on_grid, steadied

HEIGHT, WIDTH = 120, 160


def blotch(radius: int) -> npt.NDArray[np.float32]:
    y, x = np.ogrid[:HEIGHT, :WIDTH]
    return ((y - 60) ** 2 + (x - 70) ** 2 <= radius**2).astype(np.float32)


@pytest.mark.parametrize("radius", [1, 6, 20, 45])
def test_flow_that_a_blotch_led_astray_is_that_of_its_surroundings(radius: int) -> None:
    matte = blotch(radius)
    flow = np.stack([np.full((HEIGHT, WIDTH), 2.5, np.float32), np.full((HEIGHT, WIDTH), -1.0, np.float32)])
    broken = flow + 9 * matte
    found = steadied(broken, hidden_on_grid(matte, HEIGHT, WIDTH))
    np.testing.assert_allclose(found, flow, atol=1e-4)


def test_flow_beside_damage_keeps_its_bits() -> None:
    matte, flow = blotch(9), np.random.default_rng(1).normal(size=(2, HEIGHT, WIDTH)).astype(np.float32)
    hidden = hidden_on_grid(matte, HEIGHT, WIDTH)
    assert np.array_equal(steadied(flow, hidden)[:, hidden == 0], flow[:, hidden == 0])


@pytest.mark.parametrize("grid", [(60, 80), (40, 54), (HEIGHT, WIDTH)])
def test_the_faintest_matte_hides_the_pixels_of_a_coarser_grid(grid: tuple[int, int]) -> None:
    matte = np.zeros((HEIGHT, WIDTH), np.float32)
    matte[61, 83] = 1e-3
    hidden = hidden_on_grid(matte, *grid)
    assert hidden[61 * grid[0] // HEIGHT, 83 * grid[1] // WIDTH] == 1
    assert 9 <= hidden.sum() <= 36


def test_a_frame_that_is_damaged_everywhere_keeps_its_flow() -> None:
    flow = np.random.default_rng(1).normal(size=(2, HEIGHT, WIDTH)).astype(np.float32)
    assert np.array_equal(steadied(flow, np.ones((HEIGHT, WIDTH), np.uint8)), flow)
