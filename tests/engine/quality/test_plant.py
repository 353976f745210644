"""Plant and recover with restorers whose score is known beforehand."""

import numpy as np
import pytest

from reelmend.quality import QualityError, plant_and_recover

SHAPE = (5, 24, 32, 3)


@pytest.fixture
def film() -> np.ndarray:
    return np.random.default_rng(0).uniform(0.2, 0.6, SHAPE).astype(np.float32)


def stamp(film: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Plants one 4×4 blotch, 0.3 brighter than the film, at a seeded place in every frame."""
    rng = np.random.default_rng(seed)
    matte = np.zeros(SHAPE[:3], np.float32)
    for plane in matte:
        top, left = rng.integers(0, (20, 28))
        plane[top : top + 4, left : left + 4] = 1.0
    return film + np.float32(0.3) * matte[..., None], matte


def test_restorer_that_does_nothing_gains_nothing(film: np.ndarray) -> None:
    result = plant_and_recover(film, stamp, lambda clip: clip, seeds=(1, 2))
    assert result.planted_psnr_db == pytest.approx(-20 * np.log10(0.3), abs=1e-3)
    assert result.gain_db == 0.0
    assert result.recovered_share == 0.0
    assert result.spill_ppm == 0.0


def test_restorer_that_knows_the_film_recovers_all(film: np.ndarray) -> None:
    result = plant_and_recover(film, stamp, lambda clip: film)
    assert result.recovered_share == 1.0
    assert result.recovered_psnr_db == 100.0
    assert result.spill_ppm == 0.0


def test_half_repair_gains_six_decibels_and_recovers_no_pixel(film: np.ndarray) -> None:
    result = plant_and_recover(film, stamp, lambda clip: (clip + film) / 2)
    assert result.gain_db == pytest.approx(20 * np.log10(2), abs=1e-2)
    assert result.recovered_share == 0.0


def test_what_the_restorer_always_changes_is_no_spill_but_what_defects_make_it_change_is(film: np.ndarray) -> None:
    always = plant_and_recover(film, stamp, lambda clip: clip + np.float32(0.2))
    assert always.spill_ppm == 0.0

    def spreads(clip: np.ndarray) -> np.ndarray:
        """Moves the first row of a frame when anything in it is brighter than the film can be."""
        out = clip.copy()
        out[clip.max(axis=(1, 2, 3)) > 0.7, 0] += 0.2
        return out

    def stamp_low(film: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
        matte = np.zeros(SHAPE[:3], np.float32)
        matte[2, 10:14, 10:14] = 1.0
        return film + matte[..., None], matte

    assert plant_and_recover(film, stamp_low, spreads).spill_ppm == pytest.approx(1e6 * 32 / (5 * 24 * 32 - 16))


def test_same_seeds_give_the_same_figures(film: np.ndarray) -> None:
    smooth = lambda clip: np.median(clip, axis=0, keepdims=True).repeat(5, axis=0)  # noqa: E731
    assert plant_and_recover(film, stamp, smooth, (3, 4)) == plant_and_recover(film, stamp, smooth, (3, 4))


def test_neither_stamp_nor_restorer_can_alter_the_film_it_is_judged_by(film: np.ndarray) -> None:
    def spoils(clip: np.ndarray) -> np.ndarray:
        clip[:] = 0
        return clip

    before = film.copy()
    assert plant_and_recover(film, stamp, spoils).recovered_share == 0.0
    np.testing.assert_array_equal(film, before)


def test_bad_harness_parts_are_refused(film: np.ndarray) -> None:
    with pytest.raises(QualityError, match="at least one seed"):
        plant_and_recover(film, stamp, lambda clip: clip, seeds=())
    with pytest.raises(QualityError, match="nothing was planted"):
        plant_and_recover(film, lambda clip, seed: (clip, np.zeros(SHAPE[:3])), lambda clip: clip)
    with pytest.raises(QualityError, match="restored film must be"):
        plant_and_recover(film, stamp, lambda clip: clip[:3])
    with pytest.raises(QualityError, match="planted matte must be"):
        plant_and_recover(film, lambda clip, seed: (clip, np.ones((5, 3, 3))), lambda clip: clip)


def test_every_seed_is_planted_once_and_pooled(film: np.ndarray) -> None:
    planted: list[int] = []

    def stamp_by_seed(film: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
        planted.append(seed)
        matte = np.zeros(SHAPE[:3], bool)
        matte[0, 0, :10] = True
        return film + np.float32(0.1 * seed) * matte[..., None], matte

    result = plant_and_recover(film, stamp_by_seed, lambda clip: clip, seeds=(1, 3))
    assert planted == [1, 3]
    assert result.planted_psnr_db == pytest.approx(10 * np.log10(1 / 0.05), abs=1e-3)
