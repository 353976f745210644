"""Blocks that a matte touches, and what is read for each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from reelmend.effects.repair.fill_blocks import (
    BLOCK,
    CELL,
    CORE,
    MARGIN,
    Sight,
    cells_of,
    cut,
    damaged_cells,
    halves,
    light_of,
    touched,
)
from reelmend.motion import moved_part

HEIGHT, WIDTH = 150, 203


def planes(count: int = 3, height: int = HEIGHT, width: int = WIDTH) -> npt.NDArray[np.float32]:
    return np.random.default_rng(1).random((count, height, width), dtype=np.float32)


def flow(rows: int, columns: int) -> npt.NDArray[np.float32]:
    return np.random.default_rng(2).normal(0, 3, (2, rows, columns)).astype(np.float32)


def test_a_block_is_touched_by_one_pixel_of_its_core_and_not_by_those_beside_it() -> None:
    matte = np.zeros((HEIGHT, WIDTH), np.float32)
    matte[CORE, 2 * CORE - 1] = 1e-3
    assert touched(damaged_cells(matte)).tolist() == [[CORE, CORE]]
    matte[HEIGHT - 1, WIDTH - 1] = 1
    assert touched(damaged_cells(matte)).tolist() == [[CORE, CORE], [HEIGHT // CORE * CORE, WIDTH // CORE * CORE]]


def test_nothing_is_touched_without_a_matte() -> None:
    assert len(touched(damaged_cells(np.zeros((HEIGHT, WIDTH), np.float32)))) == 0


@pytest.mark.parametrize("size", [(HEIGHT, WIDTH), (160, 192), (7, 5), (16, 17)])
def test_cells_are_means_of_the_pixels_there_are(size: tuple[int, int]) -> None:
    picture = planes(2, *size)
    found = cells_of(picture)
    for row in range(found.shape[1]):
        for column in range(found.shape[2]):
            part = picture[:, CELL * row : CELL * (row + 1), CELL * column : CELL * (column + 1)]
            np.testing.assert_allclose(found[:, row, column], part.mean((1, 2)), rtol=1e-5)


def test_cut_repeats_the_edge_beyond_the_picture() -> None:
    picture = planes()
    wide = np.pad(picture, [(0, 0), (MARGIN, BLOCK), (MARGIN, BLOCK)], mode="edge")
    places = np.array([[0, 0], [CORE, CORE], [3 * CORE, 4 * CORE], [0, 4 * CORE]])
    for found, (top, left) in zip(cut(picture, places, MARGIN, BLOCK), places, strict=True):
        assert np.array_equal(found, wide[:, top : top + BLOCK, left : left + BLOCK])


def test_light_is_read_from_the_cell_above_and_left_of_the_core() -> None:
    cells = planes(2, 10, 13)
    found = light_of(cells, np.array([[CORE, 2 * CORE]]))
    assert np.array_equal(found[0], cells[:, 2:7, 5:10])


@pytest.mark.parametrize("grid", [(HEIGHT, WIDTH), (75, 101), (60, 60)])
def test_blocks_see_along_a_flow_what_the_whole_frame_sees(grid: tuple[int, int]) -> None:
    picture, motion = planes(1), flow(*grid)
    places = np.array([[0, 0], [CORE, CORE], [2 * CORE, 3 * CORE]])
    seen = Sight(places, HEIGHT, WIDTH).along(motion).planes(picture)
    whole = moved_part(picture[0], motion, (0, HEIGHT), (0, WIDTH))
    for found, (top, left) in zip(seen[:, 0], places, strict=True):
        down, right = min(CORE, HEIGHT - top), min(CORE, WIDTH - left)
        inside = found[MARGIN : MARGIN + down, MARGIN : MARGIN + right]
        off = np.abs(inside - whole[top : top + down, left : left + right])
        assert off.mean() < 0.015  # noise from pixel to pixel, places rounded to 1/32 of one
        assert off.max() < 0.2


def test_what_a_block_sees_depends_on_no_other_block() -> None:
    picture, motion, mark = planes(), flow(75, 101), planes(1)[0]
    places = np.array([[0, 0], [0, CORE], [CORE, 0], [CORE, 2 * CORE], [3 * CORE, 4 * CORE]])
    sight = Sight(places, HEIGHT, WIDTH)
    together, marks = sight.along(motion).planes(picture), sight.along(motion).halved(mark)
    missed = halves(sight.read(motion[0]))
    for number, place in enumerate(places):
        alone = Sight(place[None], HEIGHT, WIDTH)
        assert np.array_equal(alone.along(motion).planes(picture)[0], together[number])
        assert np.array_equal(alone.along(motion).halved(mark)[0], marks[number])
        assert np.array_equal(halves(alone.read(motion[0]))[0], missed[number])


def test_half_as_many_pixels_see_what_lies_between_two() -> None:
    ramp = np.broadcast_to(np.arange(WIDTH, dtype=np.float32), (HEIGHT, WIDTH)).copy()
    still = np.zeros((2, HEIGHT, WIDTH), np.float32)
    seen = Sight(np.array([[CORE, CORE]]), HEIGHT, WIDTH).along(still).halved(ramp)[0]
    np.testing.assert_allclose(seen[0], np.arange(CORE - MARGIN + 0.5, CORE - MARGIN + BLOCK, 2), atol=0.02)
