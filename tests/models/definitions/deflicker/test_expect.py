"""The shipped graphs `expect` and `expect_fitted`: what flickers is corrected, what truly changes is not."""

from __future__ import annotations

import numpy as np
import pytest

from reelmend_models.definitions.deflicker import BANDS, FIELD_COLUMNS, FIELD_ROWS, TONES

from .conftest import Graphs

BOTH = pytest.mark.parametrize("graph", ["expect", "expect_fitted"])
CORRECTIONS = ("curve", "field", "bands")
CENTRE = 30


def number(value: float) -> np.ndarray:
    return np.asarray(value, np.float32)


def window(light: np.ndarray, centre: int = CENTRE, **changes: np.ndarray) -> dict[str, np.ndarray]:
    """Return a window whose frames have that log light (T,), alike at all tones and all over the picture."""
    length = len(light)
    steps = np.diff(light, prepend=light[:1]).astype(np.float32)
    inputs = {
        "curve_steps": np.repeat(steps[:, None], TONES, axis=1),
        "field_steps": np.zeros((length, FIELD_ROWS, FIELD_COLUMNS), np.float32),
        "band_steps": np.zeros((length, BANDS), np.float32),
        "trusts": np.ones((length, FIELD_ROWS, FIELD_COLUMNS), np.float32),
        "tones": np.full(TONES, 1 / TONES, np.float32),
        "offsets": np.arange(length, dtype=np.float32) - centre,
        "weights": np.ones(length, np.float32),
        "balance": number(0.5),
        "limit": number(0.35),
        "protection": number(0.5),
    }
    return inputs | changes


def noise(*shape: int, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def flickering(length: int = 61, centre: int = CENTRE, **changes: np.ndarray) -> dict[str, np.ndarray]:
    """Return a window in which everything flickers: the whole by six per cent, cells and bands by three."""
    fields, bands = 0.03 * noise(length, FIELD_ROWS, FIELD_COLUMNS, seed=5), 0.03 * noise(length, BANDS, seed=6)
    parts = {
        "field_steps": np.diff(fields, axis=0, prepend=fields[:1]),
        "band_steps": np.diff(bands, axis=0, prepend=bands[:1]),
    }
    return window(0.06 * noise(length), centre, **parts | changes)


def fade(break_at: int = 20, frames: int = 25) -> np.ndarray:
    return np.log(np.clip(1 - (np.arange(61) - break_at) / frames, 0.1, 1))


@BOTH
def test_where_nothing_changes_nothing_is_corrected_to_the_last_bit(graphs: Graphs, graph: str) -> None:
    found = graphs.run(graph, window(np.zeros(61)))
    assert not any(found[name].any() for name in CORRECTIONS)


@BOTH
@pytest.mark.parametrize(
    "light", [0.01 * np.arange(61), -0.03 * np.arange(61), 0.0005 * noise(61)], ids=["brighter", "darker", "unseen"]
)
def test_ramps_and_what_nobody_sees_keep_their_light_to_the_last_bit(
    graphs: Graphs, graph: str, light: np.ndarray
) -> None:
    found = graphs.run(graph, window(light))
    assert not any(found[name].any() for name in CORRECTIONS)


@BOTH
def test_fades_keep_their_light(graphs: Graphs, graph: str) -> None:
    for break_at in (10, 20, 28, 30):
        found = graphs.run(graph, window(fade(break_at)))
        assert np.abs(found["curve"]).max() < 0.02


@BOTH
def test_flicker_is_taken_out(graphs: Graphs, graph: str) -> None:
    light = 0.06 * noise(180)
    left = [
        light[centre] + graphs.run(graph, window(light[centre - 30 : centre + 31]))["curve"].mean()
        for centre in range(30, 150, 5)
    ]
    assert np.std(left) < 0.35 * np.std(light[30:150:5])


@BOTH
def test_flicker_on_a_ramp_leaves_the_ramp(graphs: Graphs, graph: str) -> None:
    light, ramp = 0.05 * noise(180), 0.006 * np.arange(180)
    left = np.array(
        [
            light[centre] + graphs.run(graph, window((light + ramp)[centre - 30 : centre + 31]))["curve"].mean()
            for centre in range(30, 150, 5)
        ]
    )
    assert np.std(left) < 0.4 * np.std(light[30:150:5])
    assert abs(left.mean()) < 0.02


@BOTH
def test_flash_in_steady_light_is_corrected_and_its_neighbours_are_not(graphs: Graphs, graph: str) -> None:
    for distance in range(4):
        light = np.zeros(61)
        light[CENTRE + distance] = 0.4
        found = graphs.run(graph, window(light))
        np.testing.assert_allclose(found["curve"], 0.0 if distance else -0.4, atol=0.005 if distance else 0.05)


@BOTH
def test_a_gain_of_six_is_no_flicker_and_refused(graphs: Graphs, graph: str) -> None:
    for sign in (1, -1):
        light = np.zeros(61)
        light[CENTRE] = sign * np.log(9)
        found = graphs.run(graph, window(light))
        assert not any(found[name].any() for name in CORRECTIONS)


@BOTH
def test_level_is_the_measured_light_relative_to_the_centre(graphs: Graphs, graph: str) -> None:
    light = 0.05 * noise(61)
    found = graphs.run(graph, window(light))
    np.testing.assert_allclose(found["level"], light - light[CENTRE], atol=1e-5)
    np.testing.assert_allclose(found["curve"], found["expected"][0], atol=1e-4)


@BOTH
def test_field_and_bands_stay_within_the_limit(graphs: Graphs, graph: str) -> None:
    for limit in (0.0, 0.01, 0.1):
        found = graphs.run(graph, flickering(limit=number(limit)))
        assert np.abs(found["field"]).max() <= limit + 2e-6
        assert np.abs(found["bands"]).max() <= limit + 2e-6
    assert np.abs(found["field"]).max() > 0.05


@BOTH
def test_balance_chooses_between_the_whole_and_its_parts(graphs: Graphs, graph: str) -> None:
    whole, both, parts = (graphs.run(graph, flickering(balance=number(balance))) for balance in (0.0, 0.5, 1.0))
    assert not whole["field"].any()
    assert not whole["bands"].any()
    assert not parts["curve"].any()
    np.testing.assert_array_equal(whole["curve"], both["curve"])
    np.testing.assert_array_equal(parts["field"], both["field"])
    np.testing.assert_array_equal(parts["bands"], both["bands"])
    assert all(both[name].any() for name in CORRECTIONS)


@BOTH
def test_flicker_of_cells_and_bands_is_taken_out(graphs: Graphs, graph: str) -> None:
    inputs = flickering()
    found = graphs.run(graph, inputs)
    for name, steps in (("field", "field_steps"), ("bands", "band_steps")):
        path = np.cumsum(inputs[steps], axis=0)
        stands_off = path[CENTRE] - path.mean(axis=0)
        assert np.std(found[name] + stands_off) < 0.45 * np.std(stands_off)


@BOTH
def test_a_cell_that_could_not_be_compared_follows_its_neighbours_when_motion_is_protected(
    graphs: Graphs, graph: str
) -> None:
    inputs = flickering(field_steps=np.zeros((61, FIELD_ROWS, FIELD_COLUMNS), np.float32))
    inputs["field_steps"][CENTRE, 4, 8], inputs["field_steps"][CENTRE + 1, 4, 8] = 0.3, -0.3
    inputs["trusts"][[CENTRE, CENTRE + 1], 4, 8] = 0
    found = [
        abs(graphs.run(graph, inputs | {"protection": number(protection)})["field"][4, 8])
        for protection in (0.0, 0.5, 1.0)
    ]
    assert found[0] > 0.15
    assert found[0] > found[1] > found[2]
    assert found[2] < 0.01


@BOTH
def test_positions_without_weight_change_nothing_to_the_last_bit(graphs: Graphs, graph: str) -> None:
    inside = flickering(41, 20)
    empty = {"offsets": None, "weights": np.float32(0), "trusts": np.float32(1)}
    outside = dict(inside)
    for name in ("curve_steps", "field_steps", "band_steps", "trusts", "weights"):
        beyond = np.full((10, *inside[name].shape[1:]), empty.get(name, np.float32(0)))
        outside[name] = np.concatenate([beyond, inside[name], beyond])
    outside["offsets"] = np.arange(-30, 31, dtype=np.float32)
    found, padded = graphs.run(graph, inside), graphs.run(graph, outside)
    for name in CORRECTIONS:
        np.testing.assert_array_equal(found[name], padded[name])


@BOTH
@pytest.mark.parametrize(
    ("length", "centre"), [(1, 0), (2, 0), (2, 1), (3, 1), (5, 4), (61, 0), (61, 60), (120, 60), (121, 60)]
)
def test_windows_of_any_length_have_finite_corrections(graphs: Graphs, graph: str, length: int, centre: int) -> None:
    found = graphs.run(graph, flickering(length, centre))
    assert all(np.isfinite(values).all() for values in found.values())
    assert np.abs(found["curve"]).max() < 0.3
    if length == 1:
        assert not any(found[name].any() for name in CORRECTIONS)


@BOTH
@pytest.mark.parametrize("tone", [0, 7, 15])
def test_a_picture_of_one_tone_is_corrected_by_that_tone(graphs: Graphs, graph: str, tone: int) -> None:
    light = 0.06 * noise(61)
    found = graphs.run(graph, window(light, tones=np.eye(TONES, dtype=np.float32)[tone]))
    assert all(np.isfinite(values).all() for values in found.values())
    assert found["curve"][tone] == pytest.approx(graphs.run(graph, window(light))["curve"].mean(), abs=0.01)
