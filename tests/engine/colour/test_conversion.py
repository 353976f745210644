"""Between two transfer functions, and which conversion a render needs."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelmend.colour import INPUT_TRANSFERS, Conversion, Samples, Transfer, conversion_for, from_linear, to_linear
from reelmend.colour.choice import transfer_of_colourspace
from reelmend.colour.conversion import ROUND_TRIP_ABSOLUTE, ROUND_TRIP_RELATIVE
from reelmend.errors import BadRequestError, ShapeError
from reelmend.manifest import Colour

PAIRS = pytest.mark.parametrize(("source", "target"), list(itertools.product(Transfer, Transfer)))


def picture(seed: int = 3) -> Samples:
    return np.random.default_rng(seed).uniform(-0.1, 1.2, (3, 40, 60)).astype(np.float32)


@PAIRS
def test_forward_goes_through_linear_light(source: Transfer, target: Transfer) -> None:
    given_ = picture()
    expected = given_ if source is target else from_linear(target, to_linear(source, given_))
    np.testing.assert_array_equal(Conversion(source, target).forward(given_), expected)


@PAIRS
@given(values=st.lists(st.floats(-1, 1.5, width=32), min_size=1, max_size=30))
def test_there_and_back_stays_within_the_stated_tolerance(
    source: Transfer, target: Transfer, values: list[float]
) -> None:
    conversion = Conversion(source, target)
    coded = np.array(values, np.float32)
    back = conversion.backward(conversion.forward(coded))
    np.testing.assert_allclose(back, coded, rtol=ROUND_TRIP_RELATIVE, atol=ROUND_TRIP_ABSOLUTE)


def test_same_transfer_on_both_sides_copies_nothing_unless_told_where() -> None:
    conversion, source = Conversion(Transfer.VIDEO, Transfer.VIDEO), picture()
    assert conversion.changes_nothing
    assert conversion.forward(source) is source
    out = np.zeros_like(source)
    assert conversion.backward(source, out) is out
    np.testing.assert_array_equal(out, source)


@PAIRS
def test_what_the_model_left_alone_keeps_the_source_s_bits(source: Transfer, target: Transfer) -> None:
    conversion, pixels = Conversion(source, target), picture()
    pixels[0, 0, :4] = (np.nan, np.inf, -np.inf, -0.0)
    given_ = conversion.forward(pixels)
    result = given_.copy()
    result[1, 10:20] += np.float32(0.125)
    restored = conversion.restored(result, given_, pixels)
    changed = np.zeros(pixels.shape, bool)
    changed[1, 10:20] = True
    assert restored[~changed].tobytes() == pixels[~changed].tobytes()
    np.testing.assert_array_equal(restored[changed], conversion.backward(result)[changed])
    assert np.all(restored[changed] > pixels[changed])


def test_restored_writes_where_it_is_told_and_refuses_unlike_pictures() -> None:
    conversion, pixels = Conversion(Transfer.LINEAR, Transfer.VIDEO), picture()
    given_ = conversion.forward(pixels)
    out = np.zeros_like(pixels)
    assert conversion.restored(given_, given_, pixels, out) is out
    np.testing.assert_array_equal(out, pixels)
    with pytest.raises(ShapeError, match=r"source \(3, 40, 60\) differ"):
        conversion.restored(given_[:1], given_[:1], pixels)


@pytest.mark.parametrize("model", list(Transfer))
def test_auto_takes_samples_for_what_the_model_wants_when_the_host_states_nothing(model: Transfer) -> None:
    assert conversion_for("auto", model) is None
    assert conversion_for("auto", model, "some vendor's log") is None


@pytest.mark.parametrize(
    ("stated", "transfer"),
    [
        ("ACEScg", Transfer.LINEAR),
        ("lin_rec709_srgb", Transfer.LINEAR),
        ("ofx_scene_linear", Transfer.LINEAR),
        ("ACEScct", Transfer.ACESCCT),
        ("srgb_tx", Transfer.VIDEO),
        ("rec1886_rec709_display", Transfer.VIDEO),
        ("ofx_display_sdr", Transfer.VIDEO),
        ("rec2100_pq_display", None),
        ("ofx_scene_log", None),
        ("ofx_raw", None),
        ("", None),
    ],
)
def test_auto_follows_the_colourspace_that_the_host_states(stated: str, transfer: Transfer | None) -> None:
    assert transfer_of_colourspace(stated) is transfer
    for model in Transfer:
        expected = None if transfer in (None, model) else Conversion(transfer, model)
        assert conversion_for("auto", model, stated) == expected


@pytest.mark.parametrize("choice", INPUT_TRANSFERS)
def test_model_that_takes_any_transfer_is_given_none(choice: str) -> None:
    assert conversion_for(choice, "as is", "ACEScg") is None


def test_artist_s_choice_outranks_what_the_host_states() -> None:
    assert conversion_for("cineon_log", "video", "ACEScg") == Conversion(Transfer.CINEON_LOG, Transfer.VIDEO)
    assert conversion_for("video", "video", "ACEScg") is None
    assert conversion_for("as_is", "video", "ACEScg") is None


def test_unknown_choice_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadRequestError, match="no input transfer 'log'; there are auto, as_is, linear, video"):
        conversion_for("log", "video")


def test_every_transfer_that_a_manifest_may_name_is_known() -> None:
    for name in Colour.model_fields["transfer"].annotation.__args__:  # type: ignore[union-attr]
        conversion_for("auto", name, "ACEScg")
