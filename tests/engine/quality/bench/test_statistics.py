"""Means and intervals against closed forms."""

import numpy as np
import pytest

from reelmend.quality.bench.statistics import bootstrap_difference, bootstrap_mean, bootstrap_ratio, spread_of


def test_equal_values_have_an_interval_of_no_width() -> None:
    found = bootstrap_mean([3.5] * 7)
    assert (found.mean, found.low, found.high, found.clips) == (3.5, 3.5, 3.5, 7)


def test_one_clip_has_a_mean_and_no_interval() -> None:
    found = bootstrap_mean([2.0])
    assert (found.mean, found.low, found.high, found.clips) == (2.0, None, None, 1)


def test_two_clips_span_their_values_as_a_quarter_of_the_resamples_holds_only_one_of_them() -> None:
    found = bootstrap_mean([1.0, 5.0])
    assert (found.mean, found.low, found.high) == (3.0, 1.0, 5.0)


def test_three_clips_keep_their_extremes_as_each_fills_one_resample_in_27() -> None:
    found = bootstrap_mean([0.0, 3.0, 9.0])
    assert (found.low, found.high) == (0.0, 9.0)  # 1/27 = 3.7 % of the resamples, more than 2.5 %


def test_many_values_approach_the_normal_interval() -> None:
    values = np.random.default_rng(0).normal(10.0, 2.0, 400)
    found = bootstrap_mean(values.tolist())
    half = 1.96 * values.std() / np.sqrt(400)
    assert found.low == pytest.approx(values.mean() - half, abs=0.05 * half)
    assert found.high == pytest.approx(values.mean() + half, abs=0.05 * half)


def test_the_interval_covers_the_true_mean_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(100):
        found = bootstrap_mean(rng.normal(0.0, 1.0, 30).tolist())
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= 0.0 <= found.high
    assert 87 <= hits <= 99


def test_the_same_values_give_the_same_interval_at_every_call() -> None:
    values = np.random.default_rng(3).normal(0.0, 1.0, 20).tolist()
    assert bootstrap_mean(values) == bootstrap_mean(values)
    assert bootstrap_mean(values).low != bootstrap_mean(values, seed=2).low


def test_no_values_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one value"):
        bootstrap_mean([])
    with pytest.raises(ValueError, match="at least one run"):
        spread_of([])


def test_spread_is_the_median_and_the_range_of_the_runs() -> None:
    found = spread_of([7.0, 1.0, 3.0])
    assert (found.median, found.smallest, found.largest, found.spread, found.runs) == (3.0, 1.0, 7.0, 6.0, 3)


def test_a_ratio_is_that_of_the_means_and_pairs_the_clips() -> None:
    hard = [1.0, 2.0, 4.0, 8.0]
    found = bootstrap_ratio([0.8 * value for value in hard], hard)
    assert (found.mean, found.low, found.high, found.clips) == pytest.approx((0.8, 0.8, 0.8, 4))
    assert bootstrap_ratio([1.0, 5.0], [1.0, 1.0]).mean == 3.0


def test_a_difference_pairs_the_clips() -> None:
    found = bootstrap_difference([31.0, 42.0, 25.0], [30.0, 41.0, 24.0])
    assert (found.mean, found.low, found.high, found.clips) == pytest.approx((1.0, 1.0, 1.0, 3))


def test_one_pair_has_no_interval() -> None:
    assert (bootstrap_ratio([1.0], [2.0]).mean, bootstrap_ratio([1.0], [2.0]).low) == (0.5, None)


def test_pairs_that_do_not_match_and_ratios_to_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="equally many"):
        bootstrap_ratio([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="at least one"):
        bootstrap_difference([], [])
    with pytest.raises(ValueError, match="other than 0"):
        bootstrap_ratio([1.0], [0.0])
