"""The noise ceiling against simulations where the truth is known."""

import json

import numpy as np
import pytest
from scipy import stats

from fade.ranking import Ceiling, noise_ceiling

NONE = Ceiling(None, None, None, None)


def readings(paths, seeds, noise, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(paths, 1))
    return truth[:, 0], truth + noise * rng.normal(size=(paths, seeds))


@pytest.mark.parametrize(("seeds", "noise"), [(2, 1.0), (3, 0.5), (5, 0.2)])
def test_it_is_what_a_perfect_score_reaches_under_a_gaussian_copula(seeds, noise):
    truth, accuracies = readings(4000, seeds, noise)
    ceiling = noise_ceiling(accuracies, seed=0, resamples=200)
    mean = accuracies.mean(axis=1)
    assert ceiling.kendall == pytest.approx(stats.kendalltau(truth, mean).statistic, abs=0.02)
    assert ceiling.spearman == pytest.approx(stats.spearmanr(truth, mean).statistic, abs=0.02)
    assert ceiling.low < ceiling.spearman < ceiling.high


def test_spearman_is_the_formula_of_the_mean_between_seeds():
    _, accuracies = readings(60, 3, 0.7)
    between = [stats.spearmanr(accuracies[:, i], accuracies[:, j]).statistic for i, j in ((0, 1), (0, 2), (1, 2))]
    r = np.mean(between)
    ceiling = noise_ceiling(accuracies, seed=0)
    assert ceiling.spearman == pytest.approx(np.sqrt(3 * r / (1 + 2 * r)))
    assert noise_ceiling(accuracies, seed=0) == ceiling
    assert noise_ceiling(np.exp(accuracies), seed=0) == ceiling, "only order counts"


@pytest.mark.parametrize(("seeds", "noise"), [(2, 1.0), (3, 0.7), (5, 2.0)])
def test_kendall_is_that_of_a_gaussian_copula_whose_seeds_agree_as_these_do(seeds, noise):
    """Back from Kendall's ceiling to the Pearson correlation of two readings, and on to Spearman's of them."""
    _, accuracies = readings(100, seeds, noise)
    between = stats.spearmanr(accuracies).statistic
    square = np.sin(np.pi / 2 * noise_ceiling(accuracies, seed=0, resamples=10).kendall) ** 2
    pearson = square / (seeds - (seeds - 1) * square)
    expected = between if seeds == 2 else between[np.triu_indices(seeds, 1)].mean()
    assert 6 / np.pi * np.arcsin(pearson / 2) == pytest.approx(expected)


def test_more_seeds_and_less_noise_raise_it():
    values = [
        noise_ceiling(readings(500, s, e)[1], seed=0, resamples=10).spearman for s, e in ((2, 1), (4, 1), (4, 0.3))
    ]
    assert values == sorted(values)


def test_without_noise_it_is_one():
    column = np.arange(20.0)
    ceiling = noise_ceiling(np.stack([column, column], axis=1), seed=0)
    assert ceiling.as_dict() == pytest.approx({"spearman": 1, "kendall": 1, "low": 1, "high": 1})
    assert max(ceiling.as_dict().values()) <= 1


@pytest.mark.parametrize(
    "accuracies",
    [
        [[1], [2], [3]],
        [[1, 1], [2, 2]],
        [[1, 3], [2, 2], [3, 1]],
        [[1, 1], [2, 1], [3, 1]],
    ],
    ids=["one seed", "two paths", "seeds that disagree", "a constant seed"],
)
def test_undefined_is_none(accuracies):
    assert noise_ceiling(accuracies, seed=0) == NONE


def test_pure_noise_leaves_an_interval_from_zero():
    for seed in range(10):
        ceiling = noise_ceiling(readings(20, 2, 1e6, seed)[1], seed=0)
        json.dumps(ceiling.as_dict(), allow_nan=False)
        assert ceiling == NONE or ceiling.low < 0.5
