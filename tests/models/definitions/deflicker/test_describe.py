"""The shipped graph `describe`: what is to be known of a frame."""

from __future__ import annotations

import numpy as np
import pytest

from reelmend_models.definitions.deflicker.luma import REC709_WEIGHTS

from .conftest import TONE_LIGHT, Graphs

SIZES = [(1, 1), (2, 3), (17, 5), (1, 320), (180, 1), (90, 160)]


@pytest.mark.parametrize("size", SIZES)
def test_any_size_is_described_by_finite_numbers_and_tones_that_share_the_picture(
    graphs: Graphs, size: tuple[int, int]
) -> None:
    proxy = np.random.default_rng(2).uniform(-0.2, 1.4, (3, *size)).astype(np.float32)
    found = graphs.run("describe", {"proxy": proxy})
    assert all(np.isfinite(values).all() for values in found.values())
    np.testing.assert_allclose(found["luma"], np.tensordot(REC709_WEIGHTS, proxy, 1), atol=1e-6)
    assert found["tones"].sum() == pytest.approx(1, abs=1e-5)
    assert found["tones"].min() >= 0
    assert found["grid"].mean() == pytest.approx(found["luma"].mean(), abs=1e-5)


def test_texture_is_the_same_in_twice_the_light(graphs: Graphs, picture: np.ndarray) -> None:
    once, twice = (graphs.run("describe", {"proxy": np.stack([light * picture] * 3)})["texture"] for light in (1, 2))
    assert np.ptp(once) > 100
    assert np.abs(once - twice).max() <= 1  # of whole numbers: rounding may fall on the other side
    assert (once != twice).mean() < 0.01


@pytest.mark.parametrize("light", [0.0, -0.5, 0.3, 40.0])
def test_flat_frames_have_no_texture(graphs: Graphs, light: float) -> None:
    found = graphs.run("describe", {"proxy": np.full((3, 20, 30), light, np.float32)})
    np.testing.assert_array_equal(found["texture"], 128)
    np.testing.assert_allclose(found["grid"], light, atol=1e-5, rtol=1e-5)


def test_light_at_a_tone_counts_for_that_tone_alone_and_above_one_for_the_last(graphs: Graphs) -> None:
    for tone, light in enumerate(TONE_LIGHT):
        tones = graphs.run("describe", {"proxy": np.full((3, 4, 4), light, np.float32)})["tones"]
        np.testing.assert_allclose(tones, np.eye(16)[tone], atol=1e-4)
    bright = graphs.run("describe", {"proxy": np.full((3, 4, 4), 7.0, np.float32)})["tones"]
    np.testing.assert_allclose(bright, np.eye(16)[15], atol=1e-5)
