"""The matte: 1 in the grown core, below a half in its feather, exactly 0 beyond."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reelmend.effects.repair.matte import Edge, matte_of, mattes_by_kind, soft_matte
from reelmend.effects.repair.pieces import Pieces

SHAPE = (48, 64)


def dots(seed: int, share: float = 0.01) -> np.ndarray:
    return (np.random.default_rng(seed).random(SHAPE) < share).astype(np.uint8)


def distance_to(core: np.ndarray) -> np.ndarray:
    return cv2.distanceTransform(1 - core, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


@settings(deadline=None)
@given(st.integers(0, 1000), st.integers(0, 12), st.floats(0, 12))
def test_matte_covers_the_grown_core_and_ends_within_its_feather(seed: int, dilate: int, feather: float) -> None:
    core = dots(seed)
    matte, far = soft_matte(core, Edge(dilate, feather)), distance_to(core)
    reach = dilate + np.ceil(feather)
    assert (matte[core > 0] == 1).all()
    if core.any():
        assert (matte[far <= 0.9 * dilate] == 1).all()
        assert (matte[far > 1.2 * reach + 0.5] == 0).all()
    assert ((matte == 1) | (matte < 0.5)).all()
    assert matte.min() >= 0


@settings(deadline=None)
@given(st.integers(0, 1000), st.integers(0, 6), st.floats(0, 6))
def test_found_pixels_are_the_same_whatever_the_feather(seed: int, dilate: int, feather: float) -> None:
    core = dots(seed)
    assert ((soft_matte(core, Edge(dilate, feather)) >= 0.5) == (soft_matte(core, Edge(dilate, 0)) == 1)).all()


def test_feather_falls_from_step_to_step() -> None:
    core = np.zeros(SHAPE, np.uint8)
    core[24, 32] = 1
    profile = soft_matte(core, Edge(1, 3.0))[24, 32:40]
    np.testing.assert_allclose(profile, [1, 1, 0.375, 0.25, 0.125, 0, 0, 0])


def test_without_dilation_and_feather_the_matte_is_the_core() -> None:
    core = dots(3)
    assert soft_matte(core, Edge(0, 0)).tobytes() == core.astype(np.float32).tobytes()


def test_empty_core_has_an_empty_matte() -> None:
    assert not soft_matte(np.zeros(SHAPE, np.uint8), Edge(64, 64.0)).any()


@pytest.mark.parametrize("edge", [Edge(0, 0.0), Edge(1, 1.0), Edge(64, 64.0)])
def test_largest_matte_of_the_kinds_is_the_matte(edge: Edge) -> None:
    rng = np.random.default_rng(1)
    index = np.flatnonzero(dots(1))
    kind = rng.integers(0, 3, len(index))
    pieces = Pieces(SHAPE, index, kind, np.arange(len(index), dtype=np.int32), np.ones(len(index), np.float32))
    given_by_kind = rng.random((3, *SHAPE), np.float32) * (rng.random((3, *SHAPE)) < 0.1)
    share = rng.random(SHAPE, np.float32)
    whole = matte_of(pieces, edge, given_by_kind.astype(np.float32), share)
    by_kind = mattes_by_kind(pieces, edge, given_by_kind.astype(np.float32), share)
    assert whole.tobytes() == by_kind.max(axis=0).tobytes()
