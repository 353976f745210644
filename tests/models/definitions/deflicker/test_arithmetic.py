"""The parts that the deflicker's graphs are built of."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reelmend_models.definitions.deflicker.fitted_trend import FittedTrend
from reelmend_models.definitions.deflicker.linear_solve import solve
from reelmend_models.definitions.deflicker.product import product
from reelmend_models.definitions.deflicker.running_max import running_max
from reelmend_models.definitions.deflicker.sampling import cell_means, enlarging, smoothing
from reelmend_models.definitions.deflicker.tones import TOP, compressed, tone_light, tone_shares
from reelmend_models.definitions.deflicker.trend_net import POSITIONS, REACH_FRAMES, TrendNet
from reelmend_models.definitions.deflicker.visible import restlessness, share_to_correct


def randomness(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("pixels", [1, 2, 7, 90, 321])
def test_cell_means_keep_the_mean_and_enlarging_keeps_ramps(pixels: int) -> None:
    means, large, smooth = cell_means(pixels, 9), enlarging(pixels, 9), smoothing(pixels, 3.0)
    for rows in (means, large, smooth):
        torch.testing.assert_close(rows.sum(dim=1), torch.ones(rows.shape[0]), rtol=0, atol=2e-5)
    values = torch.rand(pixels, generator=randomness())
    torch.testing.assert_close((means @ values).mean(), values.mean(), rtol=0, atol=1e-5)
    if pixels >= 90:
        ramp = (torch.arange(pixels) + 0.5) / pixels
        inner = (ramp > 0.25) & (ramp < 0.75)
        centres = (torch.arange(9) + 0.5) / 9
        torch.testing.assert_close((large @ centres)[inner], ramp[inner], rtol=0, atol=1e-4)


def test_systems_of_equations_are_solved() -> None:
    roots = torch.rand(3, 16, 16, generator=randomness())
    matrices = roots @ roots.transpose(1, 2) + 0.1 * torch.eye(16)
    truth = torch.rand(3, 16, generator=randomness(2))
    torch.testing.assert_close(solve(matrices, (matrices @ truth[..., None])[..., 0]), truth, rtol=0, atol=2e-3)


@pytest.mark.parametrize("length", [1, 2, 119, 120, 121, 500])
def test_long_sums_are_those_of_a_matrix_product(length: int) -> None:
    left, right = torch.rand(4, length, generator=randomness()), torch.rand(length, 3, generator=randomness(2))
    torch.testing.assert_close(product(left, right), left @ right)


@pytest.mark.parametrize("length", [1, 2, 3, 257])
def test_running_maximum(length: int) -> None:
    values = torch.randn(length, generator=randomness())
    torch.testing.assert_close(running_max(values), torch.cummax(values, dim=0).values, rtol=0, atol=0)


def test_tones_are_equal_steps_of_compressed_light_and_shares_add_up() -> None:
    torch.testing.assert_close(compressed(tone_light()), torch.linspace(0, TOP, 16))
    light = torch.tensor([-1.0, 0.0, 1e-4, 0.3, 1.0, 5.0])
    shares = tone_shares(light)
    torch.testing.assert_close(shares.sum(dim=1), torch.ones(6), rtol=0, atol=1e-5)
    assert ((shares > 0).sum(dim=1) <= 2).all()
    assert shares.argmax(dim=1).tolist() == [0, 0, 0, 10, 15, 15]


def middle_of(path: torch.Tensor, trend: torch.nn.Module) -> float:
    paths = torch.stack([path, path]) - path[REACH_FRAMES]
    with torch.no_grad():
        return float(trend(paths, torch.ones_like(paths))[1])


OFFSETS = torch.arange(-REACH_FRAMES, REACH_FRAMES + 1, dtype=torch.float32)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(0 * OFFSETS, id="steady"),
        pytest.param(0.01 * OFFSETS, id="ramp"),
        pytest.param(torch.log(torch.clamp(1 - OFFSETS / 70, 0.1, 1)), id="fade begins here"),
        pytest.param(torch.log(torch.clamp((OFFSETS + 80) / 60, 0.3, 1)), id="fade in ended before"),
        pytest.param(0.2 * torch.sin(OFFSETS / 20), id="wanders"),
    ],
)
def test_broken_lines_follow_light_that_truly_changes(path: torch.Tensor) -> None:
    assert abs(middle_of(path, FittedTrend())) < 0.015


def test_broken_lines_leave_flicker_out() -> None:
    flicker = 0.06 * torch.randn(40, POSITIONS, generator=randomness())
    left = [float(path[REACH_FRAMES]) + middle_of(path, FittedTrend()) for path in flicker]
    assert np.std(left) < 0.25 * float(flicker[:, REACH_FRAMES].std())


def test_fewest_frames_that_are_known_stay_as_they_are() -> None:
    paths, present = 0.1 * torch.randn(3, POSITIONS, generator=randomness()), torch.zeros(3, POSITIONS)
    present[:, REACH_FRAMES] = 1
    paths = paths - paths[:, REACH_FRAMES, None]
    torch.testing.assert_close(FittedTrend()(paths * present, present), torch.zeros(3), rtol=0, atol=1e-6)


def test_network_treats_brightening_as_darkening_and_yesterday_as_tomorrow() -> None:
    net = TrendNet(width=32, layers=2).eval()
    paths = 0.1 * torch.randn(5, POSITIONS, generator=randomness())
    present = torch.ones_like(paths)
    with torch.no_grad():
        found = net(paths, present)
        torch.testing.assert_close(net(-paths, present), -found, rtol=0, atol=1e-5)
        torch.testing.assert_close(net(paths.flip(1), present), found, rtol=0, atol=1e-5)
        torch.testing.assert_close(net(paths + 0.7, present), found + 0.7, rtol=0, atol=1e-4)


def test_network_does_not_see_frames_that_are_not_known() -> None:
    net = TrendNet(width=32, layers=2).eval()
    paths = 0.1 * torch.randn(5, POSITIONS, generator=randomness())
    present = torch.ones_like(paths)
    present[:, :30] = 0
    other = torch.where(present > 0, paths, torch.tensor(0.5))
    with torch.no_grad():
        torch.testing.assert_close(net(other, present), net(paths, present), rtol=0, atol=1e-6)


def test_restlessness_is_the_deviation_of_white_noise_and_none_for_ramps_and_flashes() -> None:
    present = torch.ones(1, POSITIONS)
    white = 0.05 * torch.randn(50, POSITIONS, generator=randomness())
    assert float(restlessness(white, present).mean()) == pytest.approx(0.05, rel=0.15)
    flash = torch.zeros(1, POSITIONS)
    flash[0, 40] = 1.0
    ramp = 0.01 * OFFSETS[None]
    assert float(restlessness(torch.cat([flash, ramp]), present).max()) < 1e-5
    assert not restlessness(white, torch.zeros(1, POSITIONS)).any()


def test_share_to_correct_is_none_for_what_nobody_sees_and_all_for_what_stands_out() -> None:
    found = share_to_correct(torch.tensor([0.0, 0.002, 0.01, 0.0]), torch.tensor([0.0, 0.0, 0.0, 0.1]), 0.004)
    assert found.tolist() == [0.0, 0.0, 1.0, 1.0]
