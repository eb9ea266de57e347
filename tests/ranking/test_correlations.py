"""Correlations against SciPy, with undefined cases in the open."""

import json

import numpy as np
import pytest
from scipy import stats

from fade.ranking import correlation, noise_ceiling, regret
from fade.ranking.bootstrap import FEWEST, percentiles, resample
from fade.ranking.correlations import _kendall, resampled_spearman


def noisy(n, noise, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=n)
    return truth + noise * rng.normal(size=n), truth


@pytest.mark.parametrize("block", [2**22, 400])
@pytest.mark.parametrize("distinct", [2, 5, 1000])
def test_each_resample_has_scipy_s_coefficients(distinct, block, monkeypatch):
    monkeypatch.setattr("fade.ranking.correlations._BLOCK", block)  # at once, and cut into pieces
    rng = np.random.default_rng(distinct)
    x, y = rng.integers(distinct, size=(2, 30)).astype(float)
    counts = resample(30, 50, seed=0)
    for row, rho, tau in zip(counts.astype(int), resampled_spearman(x, y, counts), _kendall(x, y, counts), strict=True):
        a, b = np.repeat(x, row), np.repeat(y, row)
        assert rho == pytest.approx(stats.spearmanr(a, b).statistic, abs=1e-12)
        assert tau == pytest.approx(stats.kendalltau(a, b).statistic, abs=1e-12)


def test_values_are_scipy_s_and_intervals_cover_them():
    scores, truth = noisy(125, 0.7)
    found = correlation(scores, truth, seed=0)
    assert found.n == 125
    assert found.spearman.value == pytest.approx(stats.spearmanr(scores, truth).statistic)
    assert found.kendall.value == pytest.approx(stats.kendalltau(scores, truth).statistic)
    for interval in (found.spearman, found.kendall):
        assert interval.low < interval.value < interval.high
    assert found.kendall.value < found.spearman.value


@pytest.mark.parametrize(("n", "noise"), [(60, 0.7), (FEWEST, 0.5)])
def test_the_interval_covers_the_truth_about_as_often_as_it_says(n, noise):
    tau = 2 / np.pi * np.arcsin(1 / np.sqrt(1 + noise**2))
    hits = 0
    for seed in range(200):
        interval = correlation(*noisy(n, noise, seed), seed=seed, resamples=300).kendall
        hits += interval.low <= tau <= interval.high
    assert 0.88 <= hits / 200 <= 0.99


def test_a_value_of_fewer_paths_has_no_interval():
    scores, truth = noisy(FEWEST - 1, 0.7)
    found = correlation(scores, truth, seed=0)
    ceiling = noise_ceiling(np.stack([scores, truth], axis=1), seed=0)
    for value, low, high in (
        (found.spearman.value, found.spearman.low, found.spearman.high),
        (found.kendall.value, found.kendall.low, found.kendall.high),
        (ceiling.spearman, ceiling.low, ceiling.high),
    ):
        assert value is not None
        assert (low, high) == (None, None)


def test_resamples_are_a_function_of_the_seed():
    pair = noisy(125, 0.7)
    first = correlation(*pair, seed=3)
    assert correlation(*pair, seed=3) == first
    assert correlation(*pair, seed=4).spearman.value == first.spearman.value
    assert correlation(*pair, seed=4) != first


def test_only_order_counts_and_the_sign_is_kept():
    scores, truth = noisy(40, 0.5)
    assert correlation(np.exp(scores), truth, seed=0) == correlation(scores, truth, seed=0)
    assert correlation(-scores, truth, seed=0).kendall.value == -correlation(scores, truth, seed=0).kendall.value
    assert correlation(truth, truth, seed=0).spearman.high == 1


@pytest.mark.parametrize("scores", [[1, 1, 1, 1], [5e-324] * 4])
def test_a_constant_side_has_no_correlation(scores):
    for pair in ((scores, [1, 2, 3, 4]), ([1, 2, 3, 4], scores)):
        found = correlation(*pair, seed=0).as_dict()
        nothing = {"value": None, "low": None, "high": None}
        assert found == {"n": 4, "spearman": nothing, "kendall": nothing}


@pytest.mark.parametrize("n", [0, 1, 2])
def test_fewer_than_three_paths_have_no_correlation(n):
    assert correlation(range(n), range(n), seed=0).spearman.value is None


def test_constant_resamples_are_dropped_and_never_nan():
    found = correlation([0] * 7 + [1], range(8), seed=0)  # a third of the resamples miss the one that differs
    assert found.spearman.low is not None
    json.dumps(found.as_dict(), allow_nan=False)
    assert percentiles(np.array([np.nan, np.nan, 0.5])) == (None, None), "more than half"
    assert percentiles(np.array([np.nan, 0.5, 0.5])) == (0.5, 0.5)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_non_finite_input_is_refused(bad):
    with pytest.raises(ValueError, match="scores holds NaN or infinity"):
        correlation([1, 2, bad], [1, 2, 3], seed=0)
    with pytest.raises(ValueError, match="truth holds NaN or infinity"):
        correlation([1, 2, 3], [1, 2, bad], seed=0)
    with pytest.raises(ValueError, match="accuracies holds NaN or infinity"):
        noise_ceiling([[1, 2], [3, 4], [5, bad]], seed=0)


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="3 paths and truth 2"):
        correlation([1, 2, 3], [1, 2], seed=0)


def test_regret_is_what_following_the_scores_costs():
    assert regret([3, 2, 1], [0.5, 0.9, 0.1]) == pytest.approx(0.4)
    assert regret([1, 2, 3], [0.1, 0.2, 0.3]) == 0
    assert regret([2, 2, 1], [0.5, 0.7, 0.9]) == pytest.approx(0.3), "a tie counts with its mean"
    with pytest.raises(ValueError, match="at least one path"):
        regret([], [])
