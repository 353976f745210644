from __future__ import annotations

import numpy as np
import pytest
import torch

from reelmend_models.definitions.deflicker import GRID_COLUMNS, GRID_ROWS, QUANTILES, Describe
from reelmend_models.definitions.deflicker.luma import REC709_WEIGHTS


def describe(proxy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    quantiles, grid = Describe()(torch.from_numpy(proxy))
    return quantiles.numpy(), grid.numpy()


def noise(height: int, width: int) -> np.ndarray:
    return (np.random.default_rng(5).random((3, height, width)) * 2 - 0.5).astype(np.float32)


@pytest.mark.parametrize("size", [(180, 320), (37, 51), (5, 3), (1, 1), (1, 320)])
def test_quantiles_are_those_of_numpy(size: tuple[int, int]) -> None:
    proxy = noise(*size)
    luma = np.tensordot(np.array(REC709_WEIGHTS), proxy.astype(np.float64), axes=1)
    levels = (np.arange(QUANTILES) + 0.5) / QUANTILES
    np.testing.assert_allclose(describe(proxy)[0], np.quantile(luma, levels, method="hazen"), atol=2e-6)


def test_grid_holds_the_mean_of_each_cell() -> None:
    proxy = noise(GRID_ROWS * 3, GRID_COLUMNS * 2)
    luma = np.tensordot(np.array(REC709_WEIGHTS), proxy.astype(np.float64), axes=1)
    cells = luma.reshape(GRID_ROWS, 3, GRID_COLUMNS, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(describe(proxy)[1], cells, atol=1e-6)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (19, 33), (179, 317)])
def test_grid_keeps_the_mean_of_any_size_even_below_its_own(size: tuple[int, int]) -> None:
    proxy = noise(*size)
    luma = np.tensordot(np.array(REC709_WEIGHTS), proxy.astype(np.float64), axes=1)
    _, grid = describe(proxy)
    assert grid.shape == (GRID_ROWS, GRID_COLUMNS)
    assert grid.mean() == pytest.approx(luma.mean(), abs=2e-6)


def test_flat_frame_has_one_value_everywhere() -> None:
    quantiles, grid = describe(np.full((3, 7, 9), 0.25, np.float32))
    np.testing.assert_allclose(quantiles, 0.25, rtol=1e-6)
    np.testing.assert_allclose(grid, 0.25, rtol=1e-5)
