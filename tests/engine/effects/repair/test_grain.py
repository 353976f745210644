"""Grain is measured by brightness and size, and what fills lack of it is put back."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from reelmend.effects.repair.grain import NO_GRAIN, TILE, Grain, measured, noise_at

Plane = npt.NDArray[np.float32]
SIDE, PATCHES = 64, 24
SEED = bytes(range(16))


def high_energy(planes: Plane) -> float:
    tall = planes.reshape(-1, planes.shape[-1])
    return float(np.mean((tall - cv2.GaussianBlur(tall, (7, 7), 1.0)) ** 2))


def scene(texture: float = 0.0) -> Plane:
    """Return patches of even light from dark to bright, with a little structure."""
    rng = np.random.default_rng(1)
    light = np.linspace(0.05, 0.95, PATCHES, dtype=np.float32)[:, None, None]
    rough = cv2.GaussianBlur(rng.standard_normal((PATCHES * SIDE, SIDE), dtype=np.float32), (0, 0), 1.5)
    return light + np.float32(texture) * rough.reshape(PATCHES, SIDE, SIDE)


def grained(planes: Plane, std: Plane | float, size_px: float, seed: int) -> Plane:
    rng = np.random.default_rng(seed)
    white = rng.standard_normal((PATCHES * SIDE, SIDE), dtype=np.float32)
    noise = cv2.GaussianBlur(white, (0, 0), size_px) if size_px else white
    return planes + (np.float32(1) * std * (noise / noise.std()).reshape(planes.shape)).astype(np.float32)


EVERYWHERE = np.ones((PATCHES, SIDE, SIDE), bool)


@pytest.mark.parametrize("size_px", [0.0, 0.6, 0.9, 1.2])
@pytest.mark.parametrize("std", [0.012, 0.03])
def test_the_grain_of_a_frame_is_measured_beside_its_neighbours(std: float, size_px: float) -> None:
    clean = scene()
    here, *others = (grained(clean, std, size_px, seed) for seed in range(5))
    grain = measured(here, others, EVERYWHERE)
    np.testing.assert_allclose(grain.energies, high_energy(here - clean), rtol=0.12)
    assert abs(grain.size_px - size_px) <= 0.25
    np.testing.assert_allclose(grain.carried, 1.0, atol=0.15)


def test_a_neighbour_that_was_moved_by_half_a_pixel_carries_less() -> None:
    clean = scene()
    here, *others = (grained(clean, 0.03, 0.5, seed) for seed in range(3))
    others[1] = 0.5 * (others[1] + np.roll(others[1], 1, axis=2))
    first, second = measured(here, others, EVERYWHERE).carried
    assert second < 0.8 * first


def test_grain_goes_with_brightness() -> None:
    clean = scene()
    std = 0.004 + 0.06 * clean * (1 - clean)
    here, *others = (grained(clean, std, 0.7, seed) for seed in range(3))
    grain = measured(here, others, EVERYWHERE)
    middle = np.interp(0.5, grain.tones, grain.energies)
    assert middle > 3 * grain.energies[0]
    assert middle > 3 * grain.energies[-1]


@pytest.mark.parametrize("texture", [0.0, 0.05])
@pytest.mark.parametrize("neighbours", [1, 4])
def test_a_clean_frame_has_no_grain_whatever_its_texture(texture: float, neighbours: int) -> None:
    clean = scene(texture)
    assert measured(clean, [clean] * neighbours, EVERYWHERE).is_none


def test_rounding_to_eight_bits_is_no_grain() -> None:
    rng = np.random.default_rng(3)
    frames = [np.rint((scene() + np.float32(0.002) * rng.random()) * 255) / np.float32(255) for _ in range(3)]
    assert measured(frames[0], frames[1:], EVERYWHERE).is_none


def test_without_neighbours_even_places_tell() -> None:
    clean = scene()
    here = grained(clean, 0.03, 0.7, 1)
    found = measured(here, [], EVERYWHERE)
    assert found.carried == ()
    assert 0.6 * high_energy(here - clean) < np.median(found.energies) < 1.2 * high_energy(here - clean)


def test_damage_counts_nowhere() -> None:
    clean = scene()
    here, *others = (grained(clean, 0.02, 0.7, seed) for seed in range(3))
    intact = EVERYWHERE.copy()
    damaged = here.copy()
    damaged[:, 20:30, 20:30] = np.random.default_rng(2).random((PATCHES, 10, 10), dtype=np.float32)
    intact[:, 16:34, 16:34] = False
    found, expected = measured(damaged, others, intact), measured(here, others, EVERYWHERE)
    np.testing.assert_allclose(found.energies, expected.energies, rtol=0.15)


def test_a_frame_that_is_damaged_everywhere_tells_nothing() -> None:
    clean = scene()
    assert measured(grained(clean, 0.03, 0.7, 1), [clean, clean], ~EVERYWHERE).is_none


@pytest.mark.parametrize("size_px", [0.0, 0.4, 1.0, 2.4])
def test_the_noise_of_every_size_has_high_frequencies_of_one(size_px: float) -> None:
    grain = Grain(NO_GRAIN.tones, NO_GRAIN.energies, size_px, ())
    whole = noise_at(grain, SEED, np.arange(TILE), np.arange(TILE))
    assert high_energy(whole) == pytest.approx(1.0, rel=0.03)


def test_the_same_content_has_the_same_grain_at_the_same_place() -> None:
    grain = Grain(NO_GRAIN.tones, NO_GRAIN.energies, 0.8, ())
    rows, columns = np.arange(700, 748), np.arange(96, 144)
    once = noise_at(grain, SEED, rows, columns)
    assert np.array_equal(once, noise_at(grain, SEED, rows, columns))
    assert np.array_equal(once[10:, 20:], noise_at(grain, SEED, rows[10:], columns[20:]))
    other = noise_at(grain, bytes(reversed(SEED)), rows, columns)
    assert abs(np.corrcoef(once.ravel(), other.ravel())[0, 1]) < 0.2


def test_what_is_the_frames_own_lacks_no_grain_and_a_mean_lacks_some() -> None:
    grain = Grain(np.array([0.0, 1.0], np.float32), np.full(2, 1e-4, np.float32), 0.7, (1.0, 1.0))
    luma = np.full((1, 3), 0.5, np.float32)
    own, half, nothing = [0, 0, 1], [0.5, 0.5, 0], [0, 0, 0]
    shares = np.array([own, half, nothing], np.float32).T[:, None, :]
    np.testing.assert_allclose(grain.lacking(luma, shares)[0] ** 2, [0, 0.5e-4, 1e-4], atol=1e-9)
