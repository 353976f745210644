"""The shipped graphs `correct` and `correct_channels`, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest

from reelmend_models.definitions.deflicker import BANDS, FIELD_COLUMNS, FIELD_ROWS, TONES

from .conftest import TONE_LIGHT, Graphs

BOTH = pytest.mark.parametrize("graph", ["correct", "correct_channels"])


def correction(graph: str, frame: np.ndarray, **changes: object) -> dict[str, np.ndarray]:
    """Return inputs that leave a frame alone, but for the changes; one curve stands for all channels."""
    inputs: dict[str, object] = {
        "frame": np.ascontiguousarray(frame, np.float32),
        "curve": np.zeros(TONES),
        "field": np.zeros((FIELD_ROWS, FIELD_COLUMNS)),
        "bands": np.zeros(BANDS),
        "strength": 1.0,
    }
    found = {name: np.asarray(value, np.float32) for name, value in (inputs | changes).items()}
    if graph == "correct_channels" and found["curve"].ndim == 1:
        found["curve"] = np.stack([found["curve"]] * 3)
    return found


def noise(height: int = 24, width: int = 40, top: float = 0.75) -> np.ndarray:
    return np.random.default_rng(3).uniform(0, top, (3, height, width)).astype(np.float32)


def grey_ramp(first: float, last: float, count: int) -> np.ndarray:
    return np.broadcast_to(np.linspace(first, last, count, dtype=np.float32), (3, 1, count)).copy()


@BOTH
def test_gain_is_applied_and_shown_halved(graphs: Graphs, graph: str) -> None:
    frame = noise()
    found = graphs.run(graph, correction(graph, frame, curve=np.full(TONES, np.log(1.1))))
    bright = frame > 0.1
    np.testing.assert_allclose((found["result"] / frame)[bright], 1.1, atol=0.01)
    assert found["gain"].shape == ((1, 24, 40) if graph == "correct" else (3, 24, 40))
    np.testing.assert_allclose(found["gain"], 0.55, atol=0.001)


@BOTH
@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_frame_keeps_its_bits_when_nothing_is_to_be_done(graphs: Graphs, graph: str, strength: float) -> None:
    frame = np.random.default_rng(4).uniform(-3, 9, (3, 24, 40)).astype(np.float32)
    frame[0, 0, :4] = [-0.0, 0.0, 1e-42, 3e38]
    frame.view(np.uint32)[0, 2, 3] = 0xFFC12345  # a NaN with a payload
    change = (
        {"curve": 0.1 * np.ones(TONES), "field": 0.1 * np.ones((FIELD_ROWS, FIELD_COLUMNS))} if not strength else {}
    )
    found = graphs.run(graph, correction(graph, frame, strength=strength, **change))
    np.testing.assert_array_equal(found["result"].view(np.uint32), frame.view(np.uint32))
    np.testing.assert_array_equal(found["gain"], 0.5)


@BOTH
def test_pixels_that_are_not_finite_keep_their_bits_and_spoil_no_other(graphs: Graphs, graph: str) -> None:
    clean = noise(top=1.0)
    frame = clean.copy()
    frame.view(np.uint32)[0, 2, 3] = 0xFFC12345
    frame[1, 2, 4], frame[2, 2, 4] = np.nan, -0.0
    frame[1, 5, 6], frame[2, 7, 8] = np.inf, -np.inf
    touched = np.zeros(clean.shape[1:], bool)
    touched[[2, 2, 5, 7], [3, 4, 6, 8]] = True
    change = {"curve": np.linspace(0.2, -0.1, TONES), "bands": 0.05 * np.ones(BANDS)}
    found, expected = (graphs.run(graph, correction(graph, one, **change)) for one in (frame, clean))
    np.testing.assert_array_equal(found["result"].view(np.uint32)[:, touched], frame.view(np.uint32)[:, touched])
    np.testing.assert_array_equal(found["gain"][:, touched], 0.5)
    np.testing.assert_array_equal(found["result"][:, ~touched], expected["result"][:, ~touched])


@BOTH
def test_values_above_one_and_below_zero_survive(graphs: Graphs, graph: str) -> None:
    frame = noise()
    frame[:, 0, 0], frame[:, 0, 1], frame[:, 0, 2] = 50.0, -3.0, 2e30
    found = graphs.run(graph, correction(graph, frame, curve=np.full(TONES, np.log(1.2))))
    np.testing.assert_allclose(found["result"][:, 0, :3], 1.2 * frame[:, 0, :3], rtol=0.01)
    assert np.isfinite(found["result"]).all()


@BOTH
def test_nothing_is_raised_above_white_in_a_frame_without_values_above_it(graphs: Graphs, graph: str) -> None:
    ramp = grey_ramp(0, 1, 4001)
    for gain in (1.05, 1.3, 2.0):
        result = graphs.run(graph, correction(graph, ramp, curve=np.full(TONES, np.log(gain))))["result"][0, 0]
        assert result.max() <= 1 + 2e-6
        assert np.diff(result).min() > -2e-6
        np.testing.assert_allclose(result[:1000], gain * ramp[0, 0, :1000], atol=0.01)
        assert result[-1] == pytest.approx(1, abs=1e-5)


@BOTH
@pytest.mark.parametrize("seed", range(4))
def test_brighter_stays_brighter_without_steps(graphs: Graphs, graph: str, seed: int) -> None:
    ramp = grey_ramp(-0.1, 1.6, 20000)
    curve = np.random.default_rng(seed).normal(0, 0.5, TONES)
    steps = np.diff(graphs.run(graph, correction(graph, ramp, curve=curve))["result"][0, 0])
    assert steps.min() > 0
    usual = np.diff(ramp[0, 0]).mean()
    assert steps.max() < 60 * usual
    smooth = np.diff(graphs.run(graph, correction(graph, ramp, curve=0.1 * curve))["result"][0, 0])
    assert smooth.max() < 3 * usual


@BOTH
def test_a_ten_bit_ramp_has_no_bands(graphs: Graphs, graph: str) -> None:
    codes = np.arange(1024)
    ramp = np.broadcast_to((codes / 1023).astype(np.float32), (3, 1, 1024)).copy()
    curve = 0.08 * np.sin(np.arange(TONES) / 2 + 2)  # darker in the highlights, which then have room
    result = 1023 * graphs.run(graph, correction(graph, ramp, curve=curve))["result"][0, 0]
    slope = np.diff(result)
    expected = np.gradient(np.interp(ramp[0, 0], TONE_LIGHT, np.exp(curve)) * codes)[1:]
    assert slope.min() > 0.5
    assert slope.max() < 1.6
    assert np.abs(np.diff(slope)).max() < 0.03  # the gain changes by little from code to code
    assert np.abs(slope - expected).mean() < 0.05
    repeats = np.diff(np.round(result)) == 0
    assert repeats.mean() < 0.1
    assert not (repeats[1:] & repeats[:-1]).any()


@BOTH
@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 1), (33, 65)])
def test_pixels_do_not_depend_on_the_size_of_the_frame(graphs: Graphs, graph: str, size: tuple[int, int]) -> None:
    height, width = size
    frame = np.tile(noise(), (1, 2, 2))
    curve = np.linspace(0.2, -0.1, TONES)
    whole = graphs.run(graph, correction(graph, frame, curve=curve))["result"]
    part = graphs.run(graph, correction(graph, frame[:, :height, :width], curve=curve))["result"]
    np.testing.assert_array_equal(part, whole[:, :height, :width])


@BOTH
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (17, 5), (1, 200), (90, 160)])
def test_field_and_bands_lie_over_pictures_of_any_size(graphs: Graphs, graph: str, size: tuple[int, int]) -> None:
    frame = np.full((3, *size), 0.3, np.float32)
    change = {"field": np.full((FIELD_ROWS, FIELD_COLUMNS), np.log(1.2)), "bands": np.full(BANDS, np.log(0.9))}
    result = graphs.run(graph, correction(graph, frame, **change))["result"]
    np.testing.assert_allclose(result, 0.3 * 1.2 * 0.9, rtol=1e-4)


@BOTH
def test_field_is_smooth_and_lies_where_its_cells_are(graphs: Graphs, graph: str) -> None:
    field = np.zeros((FIELD_ROWS, FIELD_COLUMNS))
    field[2, 11] = 0.3
    result = graphs.run(graph, correction(graph, np.full((3, 180, 320), 0.3), field=field))["result"][0]
    assert np.unravel_index(result.argmax(), result.shape) == pytest.approx((50, 230), abs=1)
    assert result.max() == pytest.approx(0.3 * np.exp(0.3), rel=0.01)
    assert max(np.abs(np.diff(result, axis=axis)).max() for axis in (0, 1)) < 0.3 * 0.35 * 2 / 20
    far = np.ones(result.shape, bool)
    far[:90, 180:280] = False
    np.testing.assert_array_equal(result[far], np.float32(0.3))


@BOTH
def test_a_band_changes_its_rows_alone(graphs: Graphs, graph: str) -> None:
    bands = np.zeros(BANDS)
    bands[10] = -0.2
    result = graphs.run(graph, correction(graph, np.full((3, 240, 32), 0.5), bands=bands))["result"][0]
    np.testing.assert_allclose(result[41:43], 0.5 * np.exp(-0.2), rtol=0.03)
    assert np.ptp(result, axis=1).max() < 1e-6
    np.testing.assert_array_equal(result[52:], np.float32(0.5))
    np.testing.assert_array_equal(result[:32], np.float32(0.5))


def test_colours_keep_their_ratios_when_steadied_together(graphs: Graphs) -> None:
    frame = noise(top=0.6) + np.float32(0.1)
    result = graphs.run("correct", correction("correct", frame, curve=np.full(TONES, 0.15)))["result"]
    np.testing.assert_allclose((result / result[1:2])[:, :, :], frame / frame[1:2], rtol=0.02)


def test_each_channel_has_a_curve_of_its_own(graphs: Graphs) -> None:
    curves = np.zeros((3, TONES))
    curves[2] = np.log(1.15)
    frame = noise(top=0.7)
    found = graphs.run("correct_channels", correction("correct_channels", frame, curve=curves))
    np.testing.assert_array_equal(found["result"][:2].view(np.uint32), frame[:2].view(np.uint32))
    np.testing.assert_allclose(found["gain"][2], 0.575, atol=0.001)


@BOTH
def test_strength_is_a_path_from_the_source_to_the_result(graphs: Graphs, graph: str) -> None:
    frame = np.full((3, 4, 4), 0.4, np.float32)
    curve = np.full(TONES, np.log(1.44))
    half = graphs.run(graph, correction(graph, frame, curve=curve, strength=0.5))["result"]
    np.testing.assert_allclose(half, 0.48, rtol=0.01)
