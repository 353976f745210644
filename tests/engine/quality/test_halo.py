"""Halos against a known error around a known object."""

import cv2
import numpy as np
import pytest

from reelmend.quality import QualityError, halo


def scene(count: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Return grey frames and a ring that moves over them, (N, 60, 90, 3) and (N, 60, 90)."""
    truth = np.full((count, 60, 90, 3), 0.5, np.float32)
    rings = np.zeros((count, 60, 90), np.float32)
    for index, ring in enumerate(rings):
        cv2.circle(ring, (25 + 12 * index, 30), 16, 1.0, -1)
        cv2.circle(ring, (25 + 12 * index, 30), 8, 0.0, -1)
    return truth, rings


def test_an_error_that_is_the_same_everywhere_is_no_halo() -> None:
    truth, rings = scene()
    assert halo(truth * np.float32(1.05), truth, rings) == pytest.approx(1.0, abs=1e-4)


def test_light_that_is_wrong_around_the_object_is_one() -> None:
    truth, rings = scene()
    elsewhere = truth * np.float32(1.01)
    with_halo = elsewhere * np.exp(0.04 * rings)[..., None]
    assert 3.0 < halo(with_halo, truth, rings) < 5.0


def test_an_error_that_spares_the_surroundings_is_less_than_one() -> None:
    truth, rings = scene()
    assert halo(truth * np.exp(0.05 * (1.0 - rings))[..., None], truth, rings) < 0.7


def test_without_a_ring_or_without_any_error_there_is_nothing_to_say() -> None:
    truth, rings = scene()
    with pytest.raises(QualityError, match="inside or outside"):
        halo(truth, truth, np.zeros_like(rings))
    with pytest.raises(QualityError, match="nothing to be held against"):
        halo(truth, truth, rings)
