"""The shipped graph `correct`, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest

LEVELS = ((np.arange(64) + 0.5) / 64).astype(np.float32)


def window(centre_gain: float = 1.2, **changes: np.ndarray) -> dict[str, np.ndarray]:
    gains = np.ones(31, np.float32)
    gains[15] = centre_gain
    inputs = {
        "frame": (np.random.default_rng(3).random((3, 24, 40)) * centre_gain).astype(np.float32),
        "current": LEVELS * np.float32(centre_gain),
        "quantiles": gains[:, None] * LEVELS,
        "offsets": np.arange(-15, 16, dtype=np.float32),
        "weights": np.ones(31, np.float32),
        "strength": np.asarray(1.0, np.float32),
    }
    return inputs | changes


def test_gain_is_taken_out_and_shown_halved(graphs) -> None:
    inputs = window()
    result, gain = graphs.correct(inputs)
    np.testing.assert_allclose(result, inputs["frame"] / 1.2, atol=6e-3)
    np.testing.assert_allclose(gain, 0.5 / 1.2, rtol=0.01)
    assert (gain[0] == gain[1]).all()
    assert (gain[0] == gain[2]).all()


def test_values_above_one_and_below_zero_survive(graphs) -> None:
    frame = window()["frame"]
    frame[:, 0, 0], frame[:, 0, 1] = 50.0, -3.0
    result, _ = graphs.correct(window(frame=frame))
    np.testing.assert_allclose(result[:, 0, 0], 50.0 / 1.2, rtol=0.02)
    np.testing.assert_allclose(result[:, 0, 1], -3.0 / 1.2, rtol=0.02)


def test_pixels_that_are_not_finite_keep_their_bits_and_spoil_no_other(graphs) -> None:
    clean = window()["frame"]
    frame = clean.copy()
    frame.view(np.uint32)[0, 2, 3] = 0xFFC12345  # a NaN with a payload
    frame[1, 2, 4], frame[2, 2, 4] = np.nan, -0.0
    frame[1, 5, 6], frame[2, 7, 8] = np.inf, -np.inf
    touched = np.zeros(clean.shape[1:], bool)
    touched[[2, 2, 5, 7], [3, 4, 6, 8]] = True
    (result, gain), (expected, _) = graphs.correct(window(frame=frame)), graphs.correct(window(frame=clean))
    np.testing.assert_array_equal(result.view(np.uint32)[:, touched], frame.view(np.uint32)[:, touched])
    np.testing.assert_array_equal(result[:, ~touched], expected[:, ~touched])
    np.testing.assert_array_equal(gain[:, touched], 0.5)


@pytest.mark.parametrize(
    "change", [{"strength": np.asarray(0.0, np.float32)}, {"weights": np.eye(31, dtype=np.float32)[15]}]
)
def test_frame_keeps_its_bits_when_nothing_is_to_be_done(graphs, change: dict[str, np.ndarray]) -> None:
    inputs = window(**change)
    inputs["frame"][0, 0, :3] = [-0.0, 0.0, 1e-42]
    result, gain = graphs.correct(inputs)
    if "strength" in change:
        np.testing.assert_array_equal(result.view(np.uint32), inputs["frame"].view(np.uint32))
        np.testing.assert_array_equal(gain, 0.5)
    np.testing.assert_allclose(result, inputs["frame"], atol=1e-6)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 1), (33, 65)])
def test_pixels_do_not_depend_on_the_size_of_the_frame(graphs, size: tuple[int, int]) -> None:
    height, width = size
    frame = np.tile(window()["frame"], (1, 2, 2))
    whole, _ = graphs.correct(window(frame=frame))
    part, _ = graphs.correct(window(frame=np.ascontiguousarray(frame[:, :height, :width])))
    np.testing.assert_array_equal(part, whole[:, :height, :width])


def test_brighter_pixels_stay_brighter_without_steps(graphs) -> None:
    ramp = np.linspace(-0.1, 1.6, 20000, dtype=np.float32)
    bent = window(current=np.sqrt(LEVELS), frame=np.broadcast_to(ramp, (3, 1, 20000)).copy())
    steps = np.diff(graphs.correct(bent)[0][0, 0])
    assert steps.min() > 0
    assert steps.max() < 4 * np.median(steps)


def test_scaled_input_gives_scaled_output(graphs) -> None:
    """Linear light or video, 0…1 or 0…100: the model has no level of its own."""
    inputs = window()
    scaled = {name: inputs[name] * np.float32(64) for name in ("frame", "current", "quantiles")}
    np.testing.assert_allclose(
        graphs.correct(window(**scaled))[0], 64 * graphs.correct(inputs)[0], rtol=1e-4, atol=1e-3
    )
