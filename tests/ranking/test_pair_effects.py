"""Effects of stages and pairs against the obvious implementation, and where they are exact."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fade.ranking.main_effects import design
from fade.ranking.pair_effects import PAIRS, fit_effects


def centred(values, axes):
    for axis in axes:
        values = values - values.mean(axis, keepdims=True)
    return values


def truth(depth, candidates, rng, pairs="all"):
    """Stage and pair effects that sum to zero."""
    stage = centred(rng.normal(size=(depth, candidates)), [1])
    pair = centred(rng.normal(size=(depth, depth, candidates, candidates)), [2, 3])
    kept = np.triu(np.ones((depth, depth)), 1) if pairs == "all" else np.eye(depth, k=1) * (pairs != "none")
    return stage, pair * kept[:, :, None, None]


def values_of(stage, pair, paths):
    depth = len(stage)
    return np.array(
        [
            sum(stage[d, p[d]] for d in range(depth))
            + sum(pair[d, e, p[d], p[e]] for d in range(depth) for e in range(d + 1, depth))
            for p in paths
        ]
    )


def every_path(depth, candidates):
    return np.array(list(product(range(candidates), repeat=depth)))


@pytest.mark.parametrize("pairs", PAIRS)
@pytest.mark.parametrize(("depth", "candidates", "size"), [(8, 3, 300), (3, 5, 125), (4, 2, 16), (5, 1, 1)])
def test_an_additive_value_is_fitted_exactly(depth, candidates, size, pairs):
    rng = np.random.default_rng(0)
    paths, (stage, pair) = design(candidates, depth, size, seed=1), truth(depth, candidates, rng, "none")
    fit = fit_effects(paths, 7 + values_of(stage, pair, paths), candidates, pairs=pairs)
    assert fit.mean == pytest.approx(7)
    assert fit.stage == pytest.approx(stage, abs=1e-9)
    assert fit.pair == pytest.approx(pair, abs=1e-6)
    assert fit.r2 is None if candidates == 1 else fit.r2 == pytest.approx(1)


@pytest.mark.parametrize("pairs", ["neighbours", "all"])
@pytest.mark.parametrize(("depth", "candidates", "size"), [(6, 3, 400), (3, 5, 125), (4, 6, 250)])
def test_a_value_of_pairs_is_fitted_exactly_as_the_ridge_vanishes(depth, candidates, size, pairs):
    """By the columns and, with 250 paths for 150 columns or fewer paths than columns, by what is left of them."""
    rng = np.random.default_rng(2)
    paths, (stage, pair) = design(candidates, depth, size, seed=3), truth(depth, candidates, rng, pairs)
    values = values_of(stage, pair, paths)
    chosen = fit_effects(paths, values, candidates, pairs=pairs)
    assert chosen.stage == pytest.approx(stage, abs=1e-5)
    assert chosen.pair == pytest.approx(pair, abs=1e-5)
    assert chosen.r2 == pytest.approx(1)
    some = every_path(depth, candidates)[:200]
    assert chosen.predict(some) == pytest.approx(values_of(stage, pair, some), abs=1e-5)
    assert fit_effects(paths, values, candidates, pairs="none").r2 < 0.9


def reference(paths, values, candidates, pairs, strength):
    """Ridge by its normal equations, over redundant columns; the main effects free."""
    depth = paths.shape[1]
    one_hot = np.eye(candidates)[paths] - 1 / candidates
    kept = [(d, e) for d in range(depth) for e in range(d + 1, depth) if pairs == "all" or e == d + 1]
    products = [one_hot[:, d, :, None] * one_hot[:, e, None, :] for d, e in kept]
    columns = np.concatenate(
        [np.ones((len(paths), 1)), one_hot.reshape(len(paths), -1)] + [x.reshape(len(paths), -1) for x in products], 1
    )
    penalty = np.zeros(columns.shape[1])
    penalty[1 + depth * candidates :] = 1 / strength
    return columns, np.linalg.pinv(columns.T @ columns + np.diag(penalty)) @ columns.T @ values


@settings(max_examples=40, deadline=None)
@given(
    st.integers(2, 4), st.integers(2, 3), st.sampled_from(["neighbours", "all"]), st.floats(-2, 2), st.integers(0, 999)
)
def test_fit_and_left_out_values_equal_ridge_by_its_normal_equations(depth, candidates, pairs, log_strength, seed):
    rng = np.random.default_rng(seed)
    all_paths = rng.permutation(every_path(depth, candidates))
    paths = all_paths[: max(len(all_paths) * 2 // 3, 3)]
    values, strength = rng.normal(size=len(paths)), 10.0**log_strength
    fit = fit_effects(paths, values, candidates, pairs=pairs, strength=strength)
    columns, coefficients = reference(paths, values, candidates, pairs, strength)
    assert fit.predict(paths) == pytest.approx(columns @ coefficients, abs=1e-6)
    assert fit.stage.sum(1) == pytest.approx(0)
    assert fit.pair.sum(2) == pytest.approx(0)
    assert fit.pair.sum(3) == pytest.approx(0)
    for out in range(0, len(paths), 5):
        others = np.arange(len(paths)) != out
        _, without = reference(paths[others], values[others], candidates, pairs, strength)
        assert np.isnan(fit.left_out[out]) or fit.left_out[out] == pytest.approx(columns[out] @ without, abs=1e-5)


def test_the_chosen_strength_predicts_left_out_paths_best():
    rng = np.random.default_rng(5)
    paths, (stage, pair) = design(3, 8, 300, seed=6), truth(8, 3, rng)
    values = values_of(stage, 0.3 * pair, paths) + rng.normal(size=len(paths))
    fits = [fit_effects(paths, values, 3, strength=strength) for strength in (None, 0.0, 1e-3, 0.05, 1.0, 1e6)]
    errors = [np.square(values - fit.left_out).mean() for fit in fits]
    assert min(errors) == errors[0]
    assert 0 < fits[0].strength < 1e6
    assert fits[0].r2 > fits[1].r2 == fit_effects(paths, values, 3, pairs="none").r2


@pytest.mark.parametrize("pairs", PAIRS)
def test_r2_holds_what_the_model_predicts_of_a_path_against_the_mean_of_the_others(pairs):
    rng = np.random.default_rng(6)
    paths, (stage, pair) = design(3, 4, 30, seed=7), truth(4, 3, rng)
    values = 5 + values_of(stage, 0.3 * pair, paths) + rng.normal(size=len(paths))
    fit = fit_effects(paths, values, 3, pairs=pairs)
    by_mean = [value - np.delete(values, p).mean() for p, value in enumerate(values)]
    assert fit.r2 == pytest.approx(1 - np.square(values - fit.left_out).sum() / np.square(by_mean).sum())


@pytest.mark.parametrize("statistic", [1.002, 3.0, 1000.0])
def test_the_strength_of_all_paths_is_what_an_analysis_of_variance_says(statistic):
    """Each path and pair effect has the same leverage then, so that pairs are best shrunk by 1 − 1/F."""
    rng, paths = np.random.default_rng(10), every_path(6, 3)
    noise, freedom = rng.normal(size=len(paths)), 15 * 2**2
    columns = reference(paths, noise, 3, "all", 1.0)[0]
    rest = noise - columns @ np.linalg.lstsq(columns, noise)[0]
    pair = values_of(np.zeros((6, 3)), truth(6, 3, rng)[1], paths)
    variance = rest @ rest / (len(paths) - 1 - 6 * 2 - freedom)
    pair *= np.sqrt(statistic * variance * freedom / (pair @ pair))
    fit = fit_effects(paths, pair + rest, 3)
    assert fit.strength * len(paths) / 3**2 == pytest.approx(statistic - 1, rel=0.25)


def test_noise_alone_is_no_pair_effect():
    rng = np.random.default_rng(7)
    paths, (stage, _) = design(3, 8, 300, seed=8), truth(8, 3, rng)
    kept = []
    for _ in range(20):
        fit = fit_effects(paths, values_of(stage, np.zeros((8, 8, 3, 3)), paths) + rng.normal(size=len(paths)), 3)
        kept.append(np.square(fit.pair).sum() / np.square(fit.stage).sum())
    assert np.median(kept) < 0.02


def test_thousands_of_columns_of_noise_are_no_fit():
    rng = np.random.default_rng(9)
    paths = design(8, 12, 1000, seed=10)  # 3 234 columns of pairs
    fit = fit_effects(paths, rng.normal(size=len(paths)), 8)
    assert fit.pair.shape == (12, 12, 8, 8)
    assert fit.r2 < 0.1


@pytest.mark.parametrize("values", [[1.0], [1.0, 1.0, 1.0], [1.0, 2.0]])
def test_what_nothing_can_be_learnt_from_gives_no_r2(values):
    fit = fit_effects(every_path(2, 2)[: len(values)], values, 2)
    assert fit.r2 is None
    assert np.isfinite(fit.stage).all()
    assert np.isfinite(fit.pair).all()


def test_effects_that_cancel_are_none():
    assert not fit_effects(every_path(2, 2), np.array([5, 7, 7, 5]) / 60, 2, pairs="none").stage.any()


@pytest.mark.parametrize("value", [0.1, 0.3, np.log(10)])
@pytest.mark.parametrize("pairs", [*PAIRS, "none"])
def test_paths_that_are_all_alike_have_no_effects(value, pairs):
    fit = fit_effects(design(4, 3, 48, seed=0), np.full(48, value), 4, pairs=pairs)
    assert not fit.stage.any()
    assert not fit.pair.any()
