"""Every transfer function: its published values, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelmend.colour import Samples, Transfer, from_linear, to_linear
from reelmend.colour.transfer import BLOCK_SAMPLES
from reelmend.errors import BadRequestError, ShapeError

Way = Callable[..., Samples]

ALL = pytest.mark.parametrize("transfer", list(Transfer))
BOTH_WAYS = pytest.mark.parametrize("way", [to_linear, from_linear])
LARGEST = float(np.float32(1e30))
ANY_FLOAT = st.floats(width=32, allow_nan=False, allow_infinity=False, min_value=-LARGEST, max_value=LARGEST)


def samples(*values: float) -> Samples:
    return np.array(values, np.float32)


# Cineon: Kodak's own codes. ACEScct: S-2016-001, table of values for 0, 0.18, 1, 65504. BT.709: the standard's formula.
PUBLISHED = [
    (Transfer.CINEON_LOG, 95 / 1023, 0.0),
    (Transfer.CINEON_LOG, 685 / 1023, 1.0),
    (Transfer.CINEON_LOG, 445 / 1023, (10 ** (-240 / 300) - 10 ** (-590 / 300)) / (1 - 10 ** (-590 / 300))),
    (Transfer.CINEON_LOG, 1.0, (10 ** (338 / 300) - 10 ** (-590 / 300)) / (1 - 10 ** (-590 / 300))),
    (Transfer.ACESCCT, 0.0729055341958355, 0.0),
    (Transfer.ACESCCT, 0.155251141552511, 0.0078125),
    (Transfer.ACESCCT, 0.413588402492442, 0.18),
    (Transfer.ACESCCT, 9.72 / 17.52, 1.0),
    (Transfer.ACESCCT, 25.72 / 17.52, 65536.0),
    (Transfer.VIDEO, 0.0, 0.0),
    (Transfer.VIDEO, 4.5 * 0.01, 0.01),
    (Transfer.VIDEO, 1.099 * 0.18**0.45 - 0.099, 0.18),
    (Transfer.VIDEO, 1.0, 1.0),
    (Transfer.VIDEO, -1.0, -1.0),
    (Transfer.LINEAR, 0.18, 0.18),
]


@pytest.mark.parametrize(("transfer", "coded", "linear"), PUBLISHED)
def test_published_values_come_out(transfer: Transfer, coded: float, linear: float) -> None:
    # BT.709 gives its constants with three digits, which is good for 1e-3.
    tolerance = 1e-3 if transfer is Transfer.VIDEO and coded not in (0, 1, -1) else 3e-6
    np.testing.assert_allclose(to_linear(transfer, samples(coded)), [linear], rtol=tolerance, atol=1e-8)
    np.testing.assert_allclose(from_linear(transfer, samples(linear)), [coded], rtol=tolerance, atol=1e-8)


@ALL
@given(values=st.lists(ANY_FLOAT, min_size=1, max_size=40))
def test_round_trip_from_linear_stays_within_the_stated_tolerance(transfer: Transfer, values: list[float]) -> None:
    linear = samples(*values)
    back = to_linear(transfer, from_linear(transfer, linear))
    np.testing.assert_allclose(back, linear, rtol=4e-6, atol=1e-6)


@ALL
@given(values=st.lists(st.floats(-8, 8, width=32), min_size=1, max_size=40))
def test_round_trip_from_code_values_stays_within_the_stated_tolerance(transfer: Transfer, values: list[float]) -> None:
    coded = samples(*values)
    np.testing.assert_allclose(from_linear(transfer, to_linear(transfer, coded)), coded, rtol=4e-6, atol=1e-6)


@ALL
@BOTH_WAYS
@given(values=st.lists(ANY_FLOAT, min_size=2, max_size=40))
def test_order_is_kept(transfer: Transfer, way: Way, values: list[float]) -> None:
    out = way(transfer, np.sort(samples(*values)))
    assert np.all(np.diff(out.astype(np.float64)) >= -1.5e-6 * np.abs(out[1:]))


@ALL
@BOTH_WAYS
@pytest.mark.parametrize("seam", [0.155251141552511, 0.0078125, 0.018053968510807, 0.08124285829, 1.0, 65504.0])
def test_order_is_kept_across_the_seams_of_the_curves(transfer: Transfer, way: Way, seam: float) -> None:
    middle = int(np.float32(seam).view(np.int32))
    neighbours = np.arange(middle - 2000, middle + 2000, dtype=np.int32).view(np.float32)
    out = way(transfer, neighbours)
    assert np.all(np.diff(out) >= -1.5e-6 * np.abs(out[1:]))


@ALL
@BOTH_WAYS
def test_nan_and_infinities_pass_and_the_rest_stays_finite(transfer: Transfer, way: Way) -> None:
    out = way(transfer, samples(np.nan, np.inf, -np.inf, 1e30, -1e30, 65504.0, -65504.0, 0.0, 0.5))
    assert np.isnan(out[0])
    assert (out[1], out[2]) == (np.inf, -np.inf)
    assert np.isfinite(out[3:]).all()


@ALL
@BOTH_WAYS
def test_a_sample_does_not_depend_on_where_it_stands(transfer: Transfer, way: Way) -> None:
    picture = np.random.default_rng(5).uniform(-0.2, 1.5, (3, 97, 211)).astype(np.float32)
    assert picture.size > 2 * BLOCK_SAMPLES
    whole = way(transfer, picture)
    for row in (0, 13, 96):
        alone = way(transfer, picture[1, row, 5:])
        np.testing.assert_array_equal(alone, whole[1, row, 5:])


@ALL
def test_result_may_be_written_over_the_source(transfer: Transfer) -> None:
    picture = np.random.default_rng(6).uniform(-0.2, 1.5, (3, 80, 300)).astype(np.float32)
    expected = to_linear(transfer, picture)
    assert to_linear(transfer, picture, out=picture) is picture
    np.testing.assert_array_equal(picture, expected)


def test_picture_that_is_a_view_is_taken() -> None:
    picture = np.random.default_rng(7).random((40, 30, 3), dtype=np.float32)
    np.testing.assert_array_equal(
        to_linear(Transfer.VIDEO, picture.transpose(2, 0, 1)), to_linear(Transfer.VIDEO, picture).transpose(2, 0, 1)
    )


def test_empty_picture_stays_empty() -> None:
    assert to_linear(Transfer.ACESCCT, np.empty((3, 0, 4), np.float32)).shape == (3, 0, 4)


def test_other_types_and_unfit_outputs_are_refused() -> None:
    with pytest.raises(ShapeError, match="float32, got float64"):
        to_linear(Transfer.VIDEO, np.zeros(3))  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match=r"shape \(3,\)"):
        to_linear(Transfer.VIDEO, samples(1, 2, 3), out=samples(1, 2))
    with pytest.raises(ShapeError, match="contiguous"):
        to_linear(Transfer.VIDEO, samples(1, 2, 3), out=np.zeros(6, np.float32)[::2])


def test_names_of_manifests_and_menus_are_both_understood() -> None:
    assert Transfer.named("cineon log") is Transfer.named("cineon_log") is Transfer.CINEON_LOG
    with pytest.raises(BadRequestError, match="no transfer function 'rec709'; there are linear, video"):
        Transfer.named("rec709")
