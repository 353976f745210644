"""Frames: digests that name content, proxies that are exact in any order of summation."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reelmend.errors import ShapeError
from reelmend.frames import (
    FrameFormat,
    content_digest,
    expand_halves,
    make_proxy,
    planes_from_interleaved,
    round_to_halves,
)


def noise(width: int, height: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.4, 0.5, (3, height, width)).astype(np.float32)


def test_digest_is_the_one_of_the_contract() -> None:
    # Computed once from the contract's text with the reference xxhash; a change here breaks every client.
    ramp = np.arange(2 * 3 * 3, dtype=np.float32).reshape(3, 2, 3)
    assert content_digest(ramp).hex() == "2bd7de98e95dfc9d7d04c0330e5e32fd"


def test_digest_tells_shape_and_every_bit_apart() -> None:
    planes = noise(16, 8)
    other = planes.copy()
    other[2, 7, 15] = np.nextafter(other[2, 7, 15], np.float32(9))
    digests = {content_digest(p) for p in (planes, other, planes.reshape(3, 16, 8), planes[:, ::-1], -planes)}
    assert len(digests) == 5


def test_digest_does_not_depend_on_memory_layout() -> None:
    planes = noise(16, 8)
    strided = np.zeros((3, 8, 32), np.float32)[:, :, ::2]
    strided[...] = planes
    assert content_digest(strided) == content_digest(planes)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 700), st.integers(1, 400), st.integers(0, 1000))
def test_proxy_is_the_exact_mean_of_each_cell(width: int, height: int, seed: int) -> None:
    planes = noise(width, height, seed)
    proxy = make_proxy(planes)
    rng = np.random.default_rng(seed)
    channel, row, column = rng.integers(3), rng.integers(proxy.shape[1]), rng.integers(proxy.shape[2])
    top, bottom = (int((row + k) * height // proxy.shape[1]) for k in (0, 1))
    left, right = (int((column + k) * width // proxy.shape[2]) for k in (0, 1))
    cell = planes[channel, top:bottom, left:right].ravel()
    exact = sum(round(Fraction(float(x)) * 2**20) for x in cell)
    assert proxy[channel, row, column] == np.float32(exact / len(cell) / 2**20)


def test_proxy_leaves_out_pixels_with_a_non_finite_channel() -> None:
    planes = np.full((3, 360, 640), 0.25, np.float32)
    planes[0, 10, 10], planes[1, 11, 11], planes[2, 200, 300] = np.nan, np.inf, -np.inf
    assert (make_proxy(planes) == np.float32(0.25)).all()


def test_proxy_cell_without_valid_pixel_takes_the_frames_mean() -> None:
    planes = np.full((3, 360, 640), 0.5, np.float32)
    planes[1, 0:2, 0:2] = np.nan
    assert (make_proxy(planes) == 0.5).all()
    assert (make_proxy(np.full((3, 4, 4), np.nan, np.float32)) == 0).all()


def test_proxy_of_a_small_frame_is_the_frame_on_the_grid_of_2_to_the_minus_20() -> None:
    planes = noise(17, 3)
    assert np.abs(make_proxy(planes) - planes).max() <= 2.0**-21


def test_proxy_clamps_what_lies_beyond_2047() -> None:
    planes = np.full((3, 2, 2), 1e30, np.float32)
    assert (make_proxy(planes) == 2047).all()


def test_interleaved_pixels_lose_their_alpha_and_become_planes() -> None:
    pixels = np.random.default_rng(1).random((4, 5, 4), dtype=np.float32)
    planes = planes_from_interleaved(pixels)
    assert planes.shape == (3, 4, 5)
    assert planes.flags.c_contiguous
    assert (planes[2] == pixels[:, :, 2]).all()


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (40000, 5)])
def test_a_frame_without_pixels_or_beyond_the_limit_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ShapeError, match="each side must be 1 to 32768"):
        FrameFormat(*size)


def test_pixels_of_another_dtype_are_refused_in_words() -> None:
    with pytest.raises(ShapeError, match=r"float32, got \(3, 2, 2\) float64"):
        content_digest(np.zeros((3, 2, 2)))


def test_halves_become_the_floats_that_they_are_and_back() -> None:
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16).reshape(1, 256, 256)
    floats = expand_halves(halves, np.empty(halves.shape, np.float32))
    numbers = ~np.isnan(halves)
    assert floats[numbers].tobytes() == halves[numbers].astype(np.float32).tobytes()
    assert np.isnan(floats[~numbers]).all()
    quiet = 1 << 22
    assert (floats[~numbers].view(np.uint32) & quiet).all(), "as the processor's own instruction does"
    again = round_to_halves(floats, np.empty(halves.shape, np.float16))
    assert again[numbers].tobytes() == halves[numbers].tobytes()


def test_floats_become_the_nearest_halves_ties_to_even() -> None:
    floats = np.random.default_rng(4).normal(0, 3, (3, 7, 1001)).astype(np.float32)
    floats[0, 0, :5] = [1 + 2**-11, 1 + 3 * 2**-11, -0.0, 1e6, 6e-8]
    with np.errstate(over="ignore"):
        expected = floats.astype(np.float16)
    assert round_to_halves(floats, np.empty(floats.shape, np.float16)).tobytes() == expected.tobytes()
