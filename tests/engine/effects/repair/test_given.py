"""A matte that is given: its pieces by shape, or by the kinds that it codes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from reelmend.effects.repair.given import pieces_of_classes, pieces_of_matte

MATTES = arrays.arrays(
    np.float32, st.tuples(st.integers(1, 10), st.integers(1, 10)), elements=st.sampled_from([0.0, 0.0, 0.2, 0.5, 1.0])
)
SHAPE = (120, 160)


@settings(deadline=None)
@given(MATTES)
def test_kinds_of_a_matte_share_its_pixels_out(matte: np.ndarray) -> None:
    pieces, by_kind = pieces_of_matte(matte)
    assert by_kind.sum(axis=0).tobytes() == matte.tobytes()
    assert ((by_kind > 0).sum(axis=0) <= 1).all()
    assert (pieces.core().any(axis=0) == (matte >= 0.5)).all()
    assert (by_kind[pieces.core()] >= 0.5).all()


@pytest.mark.parametrize(
    ("kind", "where"),
    [
        (0, (slice(30, 42), slice(50, 60))),
        (1, (slice(30, 32), slice(20, 90))),
        (1, (slice(30, 38), slice(20, 21))),
        (2, (slice(10, 110), slice(70, 73))),
    ],
)
def test_shape_tells_the_kind(kind: int, where: tuple[slice, slice]) -> None:
    matte = np.zeros(SHAPE, np.float32)
    matte[where] = 1
    assert set(pieces_of_matte(matte)[0].kind) == {kind}


def test_leaning_line_is_a_scratch_up_to_a_tenth_of_its_height() -> None:
    kinds = []
    for lean in (0.08, 0.5):
        matte = np.zeros(SHAPE, np.float32)
        for row in range(10, 110):
            matte[row, 50 + int(lean * row) : 52 + int(lean * row)] = 1
        kinds.append(set(pieces_of_matte(matte)[0].kind))
    assert kinds == [{2}, {1}]


@settings(deadline=None)
@given(arrays.arrays(bool, st.tuples(st.just(3), st.integers(1, 9), st.integers(1, 9))))
def test_eighths_code_cores_by_kind(core: np.ndarray) -> None:
    coded = np.tensordot(np.array([1, 2, 4], np.float32) / 8, core.astype(np.float32), 1)
    for stored in (coded, np.rint(coded * 255) / 255, coded.astype(np.float16)):
        assert (pieces_of_classes(stored.astype(np.float32)).core() == core).all()
