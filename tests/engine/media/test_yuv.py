import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelmend.errors import MediaError
from reelmend.media.yuv import YuvFormat, matrix_of, rgb_from_yuv, yuv_from_rgb

# 8-bit code values of saturated colours, as the standards' own tables of colour bars give them.
BARS = [
    (1, (63, 102, 240), (1, 0, 0)),
    (1, (173, 42, 26), (0, 1, 0)),
    (1, (32, 240, 118), (0, 0, 1)),
    (1, (168, 44, 136), (0.75, 0.75, 0)),
    (6, (81, 90, 240), (1, 0, 0)),
    (6, (145, 54, 34), (0, 1, 0)),
    (6, (41, 240, 110), (0, 0, 1)),
    (6, (162, 44, 142), (0.75, 0.75, 0)),
    (9, (74, 97, 240), (1, 0, 0)),
]


@pytest.mark.parametrize(("matrix", "code", "colour"), BARS)
def test_colour_bars_have_the_code_values_of_the_standard(
    matrix: int, code: tuple[int, int, int], colour: tuple[float, float, float]
) -> None:
    form = YuvFormat(8, False, matrix)
    y, cb, cr = (np.full((4, 4), value, np.uint8) for value in code)
    assert np.allclose(rgb_from_yuv(y, cb, cr, form)[:, 0, 0], colour, atol=0.006)
    planes = np.broadcast_to(np.float32(colour)[:, None, None], (3, 4, 4))
    assert [int(plane[0, 0]) for plane in yuv_from_rgb(planes, form)] == list(code)


@given(st.sampled_from([8, 10, 12]), st.booleans(), st.sampled_from([1, 6, 7, 9]), st.integers(0, 2**32 - 1))
def test_code_values_survive_the_way_to_rgb_and_back(bits: int, full: bool, matrix: int, seed: int) -> None:
    form = YuvFormat(bits, full, matrix)
    random = np.random.default_rng(seed)
    code = [random.integers(0, 1 << bits, (6, 5)).astype(np.uint8 if bits == 8 else np.uint16) for _ in range(3)]
    back = yuv_from_rgb(rgb_from_yuv(*code, form), form)
    for sent, returned in zip(code, back, strict=True):
        np.testing.assert_array_equal(sent, returned)


def test_excursions_above_white_and_below_black_are_kept() -> None:
    grey = np.full((2, 2), 128, np.uint8)
    form = YuvFormat(8, False, 1)
    assert rgb_from_yuv(np.full((2, 2), 254, np.uint8), grey, grey, form).min() > 1.08
    assert rgb_from_yuv(np.full((2, 2), 1, np.uint8), grey, grey, form).max() < -0.06


def test_ten_bit_luma_keeps_its_depth() -> None:
    luma = np.arange(64, 64 + 876 + 1, dtype=np.uint16)[None]
    grey = np.full_like(luma, 512)
    planes = rgb_from_yuv(luma, grey, grey, YuvFormat(10, False, 1))
    np.testing.assert_allclose(planes[0, 0], np.arange(877) / 876, atol=1e-6)


def test_chroma_lies_on_every_second_luma_column_and_between_rows() -> None:
    """A chroma ramp of 2 levels a sample must become 1 level a pixel, in place."""
    form = YuvFormat(8, True, 1, across=2, down=2)
    ramp = np.arange(100, 116, 2, dtype=np.uint8)
    chroma = np.broadcast_to(ramp, (4, 8))
    planes = rgb_from_yuv(np.full((8, 16), 100, np.uint8), np.full((4, 8), 128, np.uint8), chroma, form)
    difference = (planes[0] - 100 / 255) / (2 * (1 - 0.2126)) * 255 + 128
    np.testing.assert_allclose(difference[:, :15], np.broadcast_to(np.arange(100, 115), (8, 15)), atol=1e-3)


def test_thinned_chroma_of_a_ramp_stays_in_place() -> None:
    form = YuvFormat(10, False, 1, across=2, down=2)
    x = np.linspace(0.2, 0.8, 32, dtype=np.float32)
    planes = np.stack(
        [np.broadcast_to(x, (16, 32)), np.full((16, 32), 0.5, np.float32), 1 - np.broadcast_to(x, (16, 32))]
    )
    back = rgb_from_yuv(*yuv_from_rgb(planes, form), form)
    assert np.abs(back - planes)[:, :, 2:-2].max() < 0.004


def test_size_decides_when_no_matrix_is_stated() -> None:
    assert matrix_of(2, 720, 576) == 6
    assert matrix_of(2, 1280, 540) == 1
    assert matrix_of(2, 960, 720) == 1
    assert matrix_of(9, 720, 576) == 9


def test_matrix_that_is_no_weighted_sum_is_refused_with_advice() -> None:
    grey = np.full((2, 2), 128, np.uint8)
    with pytest.raises(MediaError, match=r"number 8\) is not supported; convert it to BT\.709 first"):
        rgb_from_yuv(grey, grey, grey, YuvFormat(8, False, 8))


def test_nan_and_infinity_become_limits_of_the_range() -> None:
    planes = np.array([np.nan, np.inf, -np.inf], np.float32)[None, None].repeat(3, axis=0)
    luma, _, _ = yuv_from_rgb(planes, YuvFormat(8, True, 1))
    assert luma.tolist() == [[0, 255, 0]]
