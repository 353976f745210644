"""Tiles: their kept parts cover a frame once, with the promised overlap, at multiples; padding repeats the edge."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reelmend.errors import ModelError
from reelmend.inference.tiling import pad_into, padded_length, spans


@given(steps=st.integers(1, 200), tile=st.integers(1, 256), overlap=st.integers(0, 64), multiple=st.integers(1, 16))
def test_kept_parts_cover_the_axis_once(steps: int, tile: int, overlap: int, multiple: int) -> None:
    length, shared = steps * multiple, padded_length(overlap, multiple)
    assume(tile // multiple * multiple > shared)
    parts = spans(length, tile, overlap, multiple)
    kept = [position for part in parts for position in range(part.keep_start, part.keep_stop)]
    assert kept == list(range(length))
    assert len({part.stop - part.start for part in parts}) == 1, "all tiles are equally long"
    for part in parts:
        assert 0 <= part.start <= part.keep_start <= part.keep_stop <= part.stop <= length
        assert part.start % multiple == part.keep_start % multiple == 0
    for before, after in itertools.pairwise(parts):
        assert before.stop - after.start >= shared
        assert min(before.stop - before.keep_stop, after.keep_start - after.start) >= shared // 2 - multiple
    assert spans(length, tile, overlap, multiple) == parts


def test_tiles_that_do_not_go_forward_are_refused() -> None:
    with pytest.raises(ModelError, match="tiles of 32 pixels can't overlap by 32"):
        spans(100, 32, 30, 4)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_padding_repeats_the_last_row_and_column(dtype: str) -> None:
    source = np.random.default_rng(3).random((3, 5, 7), dtype=np.float32)
    target = np.full((3, 8, 12), np.nan, dtype)
    pad_into(target, source)
    expected = np.pad(source, ((0, 0), (0, 3), (0, 5)), mode="edge").astype(dtype)
    assert target.tobytes() == expected.tobytes()
