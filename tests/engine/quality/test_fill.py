"""Grain within fills against fills whose grain is known."""

import numpy as np
import pytest

from reelmend.quality import QualityError, fill_grain

FRAMES, HEIGHT, WIDTH = 4, 96, 128


@pytest.fixture(scope="module")
def truth() -> np.ndarray:
    """A ramp with grain that is twice as strong on the right: the surroundings matter."""
    rng = np.random.default_rng(3)
    ramp = np.linspace(0.3, 0.7, WIDTH)[None, None, :, None]
    grain = rng.normal(0.0, 0.02, (FRAMES, HEIGHT, WIDTH, 1)) * np.linspace(1.0, 2.0, WIDTH)[None, None, :, None]
    return np.repeat(ramp + grain, 3, axis=3).astype(np.float32)


@pytest.fixture(scope="module")
def matte() -> np.ndarray:
    plane = np.zeros((FRAMES, HEIGHT, WIDTH), np.float32)
    for top, left in ((10, 10), (40, 60), (70, 100)):
        plane[:, top : top + 12, left : left + 12] = 1.0
    return plane


def filled(truth: np.ndarray, matte: np.ndarray, strength: float) -> np.ndarray:
    """Return the truth with other grain of a known strength, times its own, inside the matte."""
    smooth = np.linspace(0.3, 0.7, WIDTH)[None, None, :, None]
    other = np.roll(truth - smooth, 1, axis=0)[:, ::-1]
    return np.where(matte[..., None] > 0, smooth + strength * other, truth).astype(np.float32)


def test_grain_of_the_same_strength_gives_one(truth: np.ndarray, matte: np.ndarray) -> None:
    assert fill_grain(filled(truth, matte, 1.0), truth, matte) == pytest.approx(1.0, abs=0.06)
    assert fill_grain(truth, truth, matte) == 1.0


def test_half_the_grain_has_a_quarter_of_the_energy_and_a_waxed_fill_next_to_none(
    truth: np.ndarray, matte: np.ndarray
) -> None:
    assert fill_grain(filled(truth, matte, 0.5), truth, matte) == pytest.approx(0.27, abs=0.05)
    assert fill_grain(filled(truth, matte, 0.0), truth, matte) < 0.05


def test_what_changes_around_the_fill_as_well_is_no_loss(truth: np.ndarray, matte: np.ndarray) -> None:
    assert fill_grain(0.5 * truth, truth, matte) == pytest.approx(1.0, rel=1e-3)


def test_defects_that_were_left_are_no_surroundings(truth: np.ndarray, matte: np.ndarray) -> None:
    left = np.zeros_like(matte)
    left[:, 10:22, 24:28] = 1.0
    dirty = np.where(left[..., None] > 0, np.random.default_rng(1).random((*matte.shape, 3)), truth).astype(np.float32)
    assert fill_grain(dirty, truth, matte, np.maximum(matte, left)) == 1.0
    assert fill_grain(dirty, truth, matte) < 0.9


def test_without_a_fill_there_is_nothing_to_look_at(truth: np.ndarray, matte: np.ndarray) -> None:
    with pytest.raises(QualityError, match="no fill to look at"):
        fill_grain(truth, truth, 0.9 * matte)
    with pytest.raises(QualityError, match="flat"):
        fill_grain(np.zeros_like(truth), np.zeros_like(truth), matte)
