"""Flicker measures against cases whose answer is known in closed form."""

import numpy as np
import pytest
from scipy import signal

from reelmend.quality import (
    QualityError,
    drift,
    drift_residual,
    flicker_energy,
    flicker_energy_global,
    flicker_energy_local,
    flicker_residual,
    flicker_residual_global,
    flicker_residual_local,
    flicker_spectrum,
    flicker_spectrum_global,
    flicker_std_global,
    high_pass,
    log_luma,
    log_ratio,
    luma_grid_series,
    mean_luma_series,
)

FRAMES, HEIGHT, WIDTH = 40, 36, 64


@pytest.fixture(scope="module")
def truth() -> np.ndarray:
    rng = np.random.default_rng(1)
    return rng.uniform(0.2, 0.6, (FRAMES, HEIGHT, WIDTH, 3)).astype(np.float32)


def gains(clip: np.ndarray, gain: np.ndarray) -> np.ndarray:
    return clip * gain.astype(np.float32).reshape(-1, 1, 1, 1)


def alternating(amplitude: float) -> np.ndarray:
    return np.exp(amplitude * (-1.0) ** np.arange(FRAMES))


def test_constant_ratio_has_no_residual(truth: np.ndarray) -> None:
    assert flicker_residual_global(truth * np.float32(0.7), truth) < 1e-6
    assert flicker_residual_local(truth * np.float32(0.7), truth) < 1e-6


def test_linear_drift_has_no_residual_even_at_the_ends(truth: np.ndarray) -> None:
    drift = np.exp(0.01 * np.arange(FRAMES))
    assert flicker_residual_global(gains(truth, drift), truth) < 1e-6


def test_slow_bend_leaves_almost_nothing(truth: np.ndarray) -> None:
    slow = np.exp(0.1 * np.sin(2 * np.pi * np.arange(FRAMES) / 80))
    assert flicker_residual_global(gains(truth, slow), truth) < 0.005


def test_alternating_gain_leaves_its_amplitude(truth: np.ndarray) -> None:
    residual = flicker_residual_global(gains(truth, alternating(0.05)), truth)
    assert residual == pytest.approx(0.05, rel=0.08)


def test_interior_of_high_pass_is_series_minus_moving_mean() -> None:
    series = np.random.default_rng(2).normal(size=60)
    means = np.convolve(series, np.full(15, 1 / 15), mode="valid")
    np.testing.assert_allclose(high_pass(series)[7:-7], series[7:-7] - means, atol=1e-12)


def test_ends_of_high_pass_are_measured_against_the_fitted_line() -> None:
    series = np.random.default_rng(3).normal(size=40)
    line = np.polynomial.Polynomial.fit(np.arange(15), series[:15], 1)(np.arange(7))
    np.testing.assert_allclose(high_pass(series)[:7], series[:7] - line, atol=1e-12)


def test_white_flicker_keeps_97_per_cent_of_its_deviation() -> None:
    series = np.random.default_rng(4).normal(scale=0.03, size=20000)
    assert flicker_residual(series) == pytest.approx(0.03 * np.sqrt(14 / 15), rel=0.02)


def test_opposite_halves_flicker_locally_but_not_globally() -> None:
    flat = np.full((FRAMES, HEIGHT, WIDTH, 3), 0.5, np.float32)
    swing = (0.1 * (-1.0) ** np.arange(FRAMES)).astype(np.float32)[:, None, None, None]
    restored = flat.copy()
    restored[:, :, : WIDTH // 2] += swing
    restored[:, :, WIDTH // 2 :] -= swing
    assert flicker_residual_global(restored, flat) < 1e-6
    expected = (np.log(0.6) - np.log(0.4)) / 2
    assert flicker_residual_local(restored, flat) == pytest.approx(expected, rel=0.08)


def test_grid_of_equal_cells_gives_the_global_figure() -> None:
    series = np.random.default_rng(5).normal(scale=0.02, size=50)
    grid = np.broadcast_to(series[:, None, None], (50, 9, 16))
    assert flicker_residual(grid) == pytest.approx(flicker_residual(series), rel=1e-12)


def test_shots_are_filtered_apart_so_a_step_at_a_cut_is_no_flicker() -> None:
    step = np.repeat([0.0, 0.5], 20)
    assert flicker_residual(step) > 0.05
    assert flicker_residual(step, [np.arange(20), np.arange(20, 40)]) < 1e-12
    assert flicker_energy(step, [np.arange(20), np.arange(20, 40)]) == 0.0


def test_second_difference_energy_of_alternation_is_sixteen_amplitudes_squared(truth: np.ndarray) -> None:
    flat = np.full_like(truth, 0.4)
    clip = gains(flat, alternating(0.02))
    assert flicker_energy_global(clip) == pytest.approx(16 * 0.02**2, rel=1e-3)
    assert flicker_energy_local(clip) == pytest.approx(16 * 0.02**2, rel=1e-3)


def test_no_reference_deviation_is_the_amplitude_of_alternation() -> None:
    flat = np.full((FRAMES, HEIGHT, WIDTH, 3), 0.4, np.float32)
    assert flicker_std_global(gains(flat, alternating(0.05))) == pytest.approx(0.05, rel=0.08)


def test_black_frames_are_floored_at_one_8_bit_level() -> None:
    black = np.zeros((10, HEIGHT, WIDTH, 3), np.uint8)
    assert flicker_residual_global(black, black) == 0.0
    assert flicker_residual_local(black, black) == 0.0
    assert log_luma(np.array([0.0]))[0] == pytest.approx(np.log(1 / 255))


def test_integer_clips_measure_as_their_float_clips(truth: np.ndarray) -> None:
    coded = np.round(truth * 65535).astype(np.uint16)
    damaged = gains(truth, alternating(0.05))
    assert flicker_residual_global(damaged, coded) == pytest.approx(flicker_residual_global(damaged, truth), rel=1e-4)


def test_generators_are_measured_in_one_pass(truth: np.ndarray) -> None:
    damaged = gains(truth, alternating(0.05))
    assert flicker_residual_global((f for f in damaged), (f for f in truth)) == flicker_residual_global(damaged, truth)


def test_single_frame_is_refused(truth: np.ndarray) -> None:
    with pytest.raises(QualityError, match="at least 3 frames"):
        flicker_residual_global(truth[:1], truth[:1])


def test_clips_of_different_length_are_refused_either_way(truth: np.ndarray) -> None:
    with pytest.raises(QualityError, match="truth ends after 5 frames"):
        flicker_residual_global(truth[:9], truth[:5])
    with pytest.raises(QualityError, match="restored ends after 5 frames"):
        flicker_residual_global(truth[:5], truth[:9])


def test_clips_of_different_size_are_refused(truth: np.ndarray) -> None:
    with pytest.raises(QualityError, match="restored is 64×30 and truth is 64×36"):
        flicker_residual_global(truth[:, :30], truth)


def test_series_of_different_shape_are_refused() -> None:
    with pytest.raises(QualityError, match="differ in shape"):
        log_ratio(np.ones(5), np.ones(6))


def test_frame_smaller_than_the_grid_is_refused(truth: np.ndarray) -> None:
    with pytest.raises(QualityError, match="too small for a 16×9 grid"):
        flicker_residual_local(truth[:, :8], truth[:, :8])


def test_flattened_ramp_is_drift_and_no_flicker(truth: np.ndarray) -> None:
    ramp = np.exp(np.linspace(-0.2, 0.2, FRAMES))
    assert drift(truth, gains(truth, ramp)) == pytest.approx(np.std(np.linspace(-0.2, 0.2, FRAMES)), rel=1e-3)
    assert flicker_residual_global(truth, gains(truth, ramp)) < 1e-6


def test_constant_gain_is_no_drift_and_alternation_hardly_any(truth: np.ndarray) -> None:
    assert drift(truth * np.float32(0.5), truth) < 1e-6
    assert drift(gains(truth, alternating(0.05)), truth) < 0.01


def test_drift_and_flicker_are_the_two_parts_of_a_series() -> None:
    series = np.random.default_rng(6).normal(size=50)
    low = series - high_pass(series)
    assert drift_residual(series) == pytest.approx(np.std(low), rel=1e-12)


def test_level_that_changes_at_a_cut_is_drift() -> None:
    step = np.repeat([0.0, 0.5], 20)
    assert drift_residual(step, [np.arange(20), np.arange(20, 40)]) == pytest.approx(0.25)


def test_spectrum_of_a_hum_stands_at_its_frequency_with_half_its_square() -> None:
    hum = 0.03 * np.sin(2 * np.pi * np.arange(80) / 4)
    spectrum = flicker_spectrum(hum)
    assert spectrum.cycles_per_frame[np.argmax(spectrum.power)] == 0.25
    assert spectrum.power.sum() == pytest.approx(0.03**2 / 2, rel=0.02)


def test_spectrum_agrees_with_scipy_periodogram() -> None:
    series = np.random.default_rng(7).normal(size=64)
    frequencies, density = signal.periodogram(series, window=np.hanning(66)[1:-1], detrend="linear")
    spectrum = flicker_spectrum(series)
    np.testing.assert_allclose(spectrum.cycles_per_frame, frequencies)
    np.testing.assert_allclose(spectrum.power, density / 64, rtol=1e-6, atol=1e-12)


def test_spectrum_of_a_fade_is_empty_and_of_a_short_shot_refused(truth: np.ndarray) -> None:
    assert flicker_spectrum(np.linspace(0, 1, 30)).power.sum() < 1e-20
    assert flicker_spectrum_global(gains(truth, alternating(0.05))).power[-1] > 1e-4
    with pytest.raises(QualityError, match="a shot of 8 frames, the longest has 5"):
        flicker_spectrum(np.zeros(5))


def test_shots_weigh_by_their_frames() -> None:
    wavy, flat = 0.1 * (-1.0) ** np.arange(30), np.zeros(10)
    alone = flicker_residual(wavy)
    shots = [np.arange(30), np.arange(30, 40)]
    assert flicker_residual(np.concatenate([wavy, flat]), shots) == pytest.approx(alone * np.sqrt(0.75))


def test_mean_luma_weighs_channels_by_rec_709() -> None:
    clip = np.zeros((3, 18, 32, 3), np.float32)
    clip[[0, 1, 2], :, :, [0, 1, 2]] = 1.0
    np.testing.assert_allclose(mean_luma_series(clip), [0.2126, 0.7152, 0.0722], atol=1e-6)


def test_grid_cells_are_exact_area_means_with_rows_first() -> None:
    clip = np.zeros((1, 27, 40, 3), np.float32)
    clip[0, :3, :2] = 0.5
    clip[0, :3, 2] = 1.0
    grid = luma_grid_series(clip)
    assert grid.shape == (1, 9, 16)
    np.testing.assert_allclose(grid[0, 0, :2], [(2 * 0.5 + 0.5) / 2.5, 0.5 / 2.5], atol=1e-6)
    assert grid[0, 1:].max() == 0.0


def test_spectrum_of_a_grid_is_the_mean_of_its_cells() -> None:
    cells = np.random.default_rng(8).normal(size=(32, 2, 3))
    each = [flicker_spectrum(cells[:, row, column]).power for row in range(2) for column in range(3)]
    np.testing.assert_allclose(flicker_spectrum(cells).power, np.mean(each, axis=0))
