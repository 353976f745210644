"""The shipped graph `compare`: light is told from motion, dirt and what cannot be compared."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from reelmend_models.definitions.deflicker.compare import BANDS, FIELD_COLUMNS, FIELD_ROWS, PEDESTAL

from .conftest import TONE_LIGHT, Graphs

SIZES = [(1, 1), (2, 3), (5, 1), (1, 320), (17, 5), (33, 161)]
SHOWN = (TONE_LIGHT > 0.05) & (TONE_LIGHT < 0.6)
"""Tones that the picture holds plenty of."""


def measured(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return the log ratio that the graph stands for: of light above a small pedestal."""
    return np.log((after + PEDESTAL) / (before + PEDESTAL))


def enlarged(cells: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return cv2.resize(cells.astype(np.float32), shape[::-1], interpolation=cv2.INTER_CUBIC)


def smooth_field() -> np.ndarray:
    rows, columns = np.mgrid[:FIELD_ROWS, :FIELD_COLUMNS]
    field = 0.1 * np.sin(2 * np.pi * columns / FIELD_COLUMNS) * np.cos(np.pi * rows / FIELD_ROWS)
    return field - field.mean()


def test_one_picture_twice_has_no_change_of_light(graphs: Graphs, picture: np.ndarray) -> None:
    found = graphs.compare(picture, picture)
    assert all(np.abs(found[name]).max() < 1e-6 for name in ("curve", "field", "bands"))
    assert found["trust"].min() > 0.3


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda light: 0.7 * light, id="darker"),
        pytest.param(lambda light: 1.04 * light, id="a little brighter"),
        pytest.param(lambda light: 1.4 * light, id="brighter"),
        pytest.param(lambda light: light**1.1, id="gamma"),
        pytest.param(lambda light: light + 0.02, id="offset"),
        pytest.param(lambda light: 0.9 * light**0.95 + 0.01, id="all three"),
    ],
)
def test_gain_gamma_and_offset_show_in_the_curve_alone(graphs: Graphs, picture: np.ndarray, change) -> None:
    found = graphs.compare(picture, change(picture))
    truth = measured(TONE_LIGHT, change(TONE_LIGHT))
    share = graphs.run("describe", {"proxy": np.stack([picture] * 3)})["tones"]
    off = np.abs(found["curve"] - truth)
    assert off @ share < 0.003 + 0.04 * np.abs(truth) @ share
    assert off[SHOWN].max() < 0.005 + 0.25 * np.abs(truth[SHOWN]).max()
    assert np.abs(found["field"]).max() < 0.02
    assert np.abs(found["bands"]).max() < 0.02


def test_the_way_back_is_the_way_there_backwards(graphs: Graphs, picture: np.ndarray) -> None:
    other = picture * np.exp(enlarged(smooth_field(), picture.shape)) * 1.1
    there, back = graphs.compare(picture, other), graphs.compare(other, picture)
    np.testing.assert_allclose(there["curve"][SHOWN], -back["curve"][SHOWN], atol=0.01)
    np.testing.assert_allclose(there["field"], -back["field"], atol=1e-5)
    np.testing.assert_allclose(there["bands"], -back["bands"], atol=1e-5)


def test_uneven_light_shows_in_the_field_and_hardly_in_the_curve(graphs: Graphs, picture: np.ndarray) -> None:
    truth = smooth_field()
    found = graphs.compare(picture, picture * np.exp(enlarged(truth, picture.shape)))
    assert np.std(found["field"] - truth) < 0.2 * np.std(truth)
    assert np.abs(found["curve"][SHOWN]).max() < 0.02


def test_bands_of_light_show_in_the_bands(graphs: Graphs, picture: np.ndarray) -> None:
    height = picture.shape[0]
    stripes = 0.06 * np.sin(2 * np.pi * 6 * (np.arange(height) + 0.5) / height)
    found = graphs.compare(picture, picture * np.exp(stripes)[:, None])
    truth = 0.06 * np.sin(2 * np.pi * 6 * (np.arange(BANDS) + 0.5) / BANDS)
    assert np.corrcoef(found["bands"], truth)[0, 1] > 0.97
    assert np.std(found["bands"] - truth) < 0.35 * np.std(truth)


def test_field_and_bands_have_no_mean_where_all_can_be_compared(graphs: Graphs, picture: np.ndarray) -> None:
    rows = np.linspace(-0.1, 0.2, picture.shape[0], dtype=np.float32)[:, None]
    found = graphs.compare(picture, picture * np.exp(rows))
    assert abs((found["field"] * found["trust"]).sum() / found["trust"].sum()) < 0.01
    assert abs(found["bands"].mean()) < 0.01
    assert np.ptp(found["field"]) > 0.2


def test_a_picture_that_moved_has_no_change_of_light(graphs: Graphs) -> None:
    rng = np.random.default_rng(4)
    wide = cv2.GaussianBlur(rng.random((90, 200), dtype=np.float32), (0, 0), 3)
    wide = 0.1 + 0.6 * (wide - wide.min()) / np.ptp(wide)
    flow = np.zeros((2, 2, 90, 160), np.float32)
    flow[0, 0], flow[1, 0] = -12, 12
    found = graphs.compare(wide[:, 20:180], wide[:, 32:192], flow)
    assert all(np.abs(found[name]).max() < 0.01 for name in ("curve", "field", "bands"))
    brighter = graphs.compare(wide[:, 20:180], 1.2 * wide[:, 32:192], flow)
    np.testing.assert_allclose(brighter["curve"][SHOWN], np.log(1.2), atol=0.02)


def test_motion_that_the_flow_missed_is_not_taken_for_light(graphs: Graphs, picture: np.ndarray) -> None:
    rows, columns = np.mgrid[:90, :160]
    before, after = picture.copy(), picture.copy()
    before[(rows - 45) ** 2 + (columns - 50) ** 2 < 15**2] = 0.7
    after[(rows - 45) ** 2 + (columns - 100) ** 2 < 15**2] = 0.7
    found = graphs.compare(before, after)
    assert np.abs(found["curve"][SHOWN]).max() < 0.01
    assert np.abs(found["field"] * (found["trust"] > 0.3)).max() < 0.02
    assert found["trust"][4, [5, 10]].max() < 0.05  # so that these cells can follow their surroundings


@pytest.mark.parametrize("level", [0.0, 0.98])
def test_dirt_and_scratches_in_one_frame_do_not_print_a_gain(graphs: Graphs, picture: np.ndarray, level: float) -> None:
    dirty = 1.1 * picture
    dirty[30:44, 60:76] = level
    dirty[:, 120:122] = level
    clean, found = graphs.compare(picture, 1.1 * picture), graphs.compare(picture, dirty)
    assert np.abs(found["field"] - clean["field"]).max() < 0.03
    assert np.abs(found["curve"] - clean["curve"])[SHOWN].max() < 0.01
    assert np.abs(found["bands"] - clean["bands"]).max() < 0.03


def test_clipped_highlights_say_nothing_of_light(graphs: Graphs, picture: np.ndarray) -> None:
    bright = np.clip(1.5 * picture, 0, 1)
    found = graphs.compare(bright, np.minimum(1.25 * bright, 1))
    np.testing.assert_allclose(found["curve"][SHOWN], np.log(1.25), atol=0.03)
    assert np.abs(found["field"]).max() < 0.05


def test_black_bars_of_a_letterbox_change_nothing_in_the_picture(graphs: Graphs, picture: np.ndarray) -> None:
    boxed = picture.copy()
    boxed[:20] = boxed[-20:] = 0.0
    found = graphs.compare(boxed, 1.2 * boxed)
    np.testing.assert_allclose(found["curve"][SHOWN], np.log(1.2), atol=0.03)
    assert np.abs(found["field"][2:-2]).max() < 0.01
    assert found["trust"][[0, 1, -2, -1]].max() < 0.1


@pytest.mark.parametrize(
    ("first", "second"), [(0.0, 0.0), (0.0, 0.4), (0.4, 0.0), (1.0, 1.0), (-0.3, 0.2), (0.5, 20.0)]
)
def test_flat_frames_of_any_light_give_finite_answers(graphs: Graphs, first: float, second: float) -> None:
    found = graphs.compare(np.full((30, 40), first), np.full((30, 40), second))
    assert all(np.isfinite(values).all() for values in found.values())
    if first == second:
        assert all(np.abs(found[name]).max() == 0 for name in ("curve", "field", "bands"))


@pytest.mark.parametrize("size", SIZES)
def test_pictures_of_any_size_can_be_compared(graphs: Graphs, size: tuple[int, int]) -> None:
    light = np.random.default_rng(7).uniform(0.2, 0.6, size)
    found = graphs.compare(light, 1.1 * light)
    assert all(np.isfinite(values).all() for values in found.values())
    at = int(np.argmin(np.abs(TONE_LIGHT - light.mean())))
    assert found["curve"][at] == pytest.approx(np.log(1.1), abs=0.02)
    assert np.abs(found["field"]).max() < 0.02


def test_without_a_say_nothing_is_found(graphs: Graphs, picture: np.ndarray) -> None:
    for say in (np.zeros((2, 1, 1), np.float32), np.zeros((2, *picture.shape), np.float32)):
        found = graphs.compare(picture, 1.3 * picture, say=say)
        assert all(not values.any() for values in found.values())


def test_only_what_has_a_say_is_measured(graphs: Graphs, picture: np.ndarray) -> None:
    other = picture.copy()
    other[:, :80] *= 1.2
    other[:, 80:] *= 0.7
    say = np.zeros((2, *picture.shape), np.float32)
    say[:, :, :76] = 1
    found = graphs.compare(picture, other, say=say)
    np.testing.assert_allclose(found["curve"][SHOWN], np.log(1.2), atol=0.02)
    assert np.abs(found["field"]).max() < 0.03
    assert not found["trust"][:, 9:].any()
