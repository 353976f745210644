import numpy as np
import pytest

from reelmend.analysis.trend import RADII_FRAMES, steady_radius_frames


def steps_of(path: np.ndarray) -> np.ndarray:
    return np.diff(path, prepend=path[0])


def flicker(count: int, deviation: float = 0.03) -> np.ndarray:
    return np.random.default_rng(count).normal(0, deviation, count)


@pytest.mark.parametrize("slope", [0.0, 0.01, -0.02])
def test_steady_and_ramping_light_take_the_longest_window(slope: float) -> None:
    path = slope * np.arange(400) + flicker(400)
    assert steady_radius_frames(steps_of(path), [np.arange(400)], 60) == 60


def test_light_that_turns_takes_a_short_window() -> None:
    turns = [0.3 * np.sin(2 * np.pi * np.arange(400) / period) + flicker(400) for period in (40, 120, 1e9)]
    short, medium, long = (steady_radius_frames(steps_of(path), [np.arange(400)], 60) for path in turns)
    assert short < medium < long
    assert short <= 8


def test_radius_fits_the_shots_and_the_largest_allowed() -> None:
    path = flicker(60)
    shots = np.split(np.arange(60), 2)
    assert steady_radius_frames(steps_of(path), shots, 60) <= 14
    assert steady_radius_frames(steps_of(path), [np.arange(60)], 12) <= 12
    assert steady_radius_frames(steps_of(path), np.split(np.arange(60), 10), 60) is None


def test_radii_ascend_within_what_a_deflicker_takes() -> None:
    assert list(RADII_FRAMES) == sorted(set(RADII_FRAMES))
    assert RADII_FRAMES[-1] == 60
