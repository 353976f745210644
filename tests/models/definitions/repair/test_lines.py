"""The graph `lines`: evidence along near-vertical lines."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from reelmend_models.definitions.repair.lines import BROAD, FINE, RIBS, SLOPES, STRIPS, Lines

COLUMNS = 200


def ribs(grain: float = 0.01, columns: int = COLUMNS, seed: int = 1) -> Tensor:
    return 0.4 + grain * torch.randn(RIBS, columns, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def lines() -> Lines:
    return Lines().eval()


@pytest.mark.parametrize("sign", [1, -1])
def test_a_line_as_strong_as_the_grain_stands_out_of_all_columns(lines: Lines, sign: int) -> None:
    picture = ribs()
    picture[:, 77] += sign * 0.01
    _, _, sums = lines(picture)
    straight = sums[SLOPES.index(0.0)] * sign
    assert int(straight.argmax()) == 77
    others = torch.cat([straight[:70], straight[85:]])
    assert straight[77] > 5 * others.std()


def test_evidence_without_lines_has_deviation_one(lines: Lines) -> None:
    evidence, _, _ = lines(ribs())
    assert evidence.std() == pytest.approx(1.0, abs=0.25)
    assert evidence.mean().abs() < 0.05


def test_a_sloped_line_is_summed_up_along_its_slope(lines: Lines) -> None:
    picture = ribs()
    for row in range(RIBS):
        picture[row, round(100 + 10.0 * ((row + 0.5) / RIBS - 0.5))] += 0.02
    _, _, sums = lines(picture)
    slope, column = divmod(int(sums.argmax()), COLUMNS)
    assert SLOPES[slope] == 10.0
    assert abs(column - 100) <= 1


@pytest.mark.parametrize(("width", "kind"), [(1, FINE), (3, BROAD)])
def test_fine_and_broad_lines_are_told_apart(lines: Lines, width: int, kind: int) -> None:
    picture = ribs(0.02)
    picture[:, 100 : 100 + width] += 0.02
    evidence, _, _ = lines(picture)
    along = evidence[:, :, 100 + width // 2].mean(dim=1)
    assert int(along.argmax()) == kind


def test_an_edge_says_far_less_than_a_line_of_its_height(lines: Lines) -> None:
    edge, line = ribs(), ribs()
    edge[:, 100:] += 0.1
    line[:, 100] += 0.1
    of_edge, of_line = (lines(picture)[2].abs().max() for picture in (edge, line))
    assert of_edge < 0.5 * of_line


def test_twice_the_light_says_the_same(lines: Lines) -> None:
    picture = ribs(0.03)
    picture[:, 60] += 0.02
    once, twice = (lines(light * picture)[0] for light in (1.0, 2.0))
    assert (once - twice).abs().max() < 0.15


def test_strips_are_means_of_ribs(lines: Lines) -> None:
    picture = ribs()
    _, strips, _ = lines(picture)
    expected = picture.reshape(STRIPS, RIBS // STRIPS, COLUMNS).mean(dim=1)
    torch.testing.assert_close(strips, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("light", [0.0, 0.5, -1.0, 4.0])
@pytest.mark.parametrize("columns", [1, 2, 13, 40, 1280])
def test_flat_pictures_of_any_width_hold_no_line(lines: Lines, light: float, columns: int) -> None:
    evidence, strips, sums = lines(torch.full((RIBS, columns), light))
    assert evidence.shape == (2, STRIPS, columns)
    assert sums.shape == (len(SLOPES), columns)
    assert evidence.abs().max() < 0.02
    np.testing.assert_allclose(strips.numpy(), light, atol=1e-5)
