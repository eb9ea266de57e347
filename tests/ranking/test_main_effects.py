import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fade.ranking.main_effects import design, main_effects, step_effects
from fade.training.recipe import design_size
from fade.training.steps.fair import disjoint_paths

sizes = st.tuples(st.integers(2, 6), st.integers(1, 7), st.integers(1, 120), st.integers(0, 1000))


@settings(deadline=None)
@given(sizes)
def test_a_design_is_balanced_distinct_and_a_function_of_its_arguments(drawn):
    candidates, depth, size, seed = drawn
    paths = design(candidates, depth, size, seed)
    assert len(paths) == min(candidates**depth, -(-size // candidates) * candidates)
    assert len(np.unique(paths, axis=0)) == len(paths)
    for column in paths.T:
        assert (np.bincount(column, minlength=candidates) == len(paths) // candidates).all()
    assert (paths == design(candidates, depth, size, seed)).all()


def test_all_paths_where_they_are_few_and_other_paths_under_another_seed():
    assert {tuple(path) for path in design(3, 4, 81, 0).tolist()} == set(np.ndindex(3, 3, 3, 3))
    assert design(1, 3, 300, 0).tolist() == [[0, 0, 0]]
    assert (design(4, 6, 100, 0) != design(4, 6, 100, 1)).any()
    assert len(design(50, 40, 300, 0)) == 300  # 50^40 paths


def test_pairs_of_candidates_are_met_evenly():
    """No pair of candidates of two stages is preferred, over seeds."""
    met = np.zeros((3, 3))
    for seed in range(200):
        paths = design(3, 6, 30, seed)
        np.add.at(met, (paths[:, 1], paths[:, 4]), 1)
    np.testing.assert_allclose(met / met.sum(), 1 / 9, atol=0.01)


@settings(deadline=None)
@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 1000))
def test_effects_are_exact_for_an_additive_loss(candidates, depth, seed):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(depth, candidates)) * 10.0 ** rng.integers(-2, 3)
    paths = design(candidates, depth, design_size(None, candidates, depth), seed)
    losses = 5 + truth[np.arange(depth), paths].sum(1)
    effects = main_effects(paths, losses, candidates)
    np.testing.assert_allclose(effects, truth - truth.mean(1, keepdims=True), atol=1e-9 * np.abs(truth).max())


@settings(deadline=None)
@given(st.integers(2, 5), st.integers(1, 6), st.integers(0, 1000), st.integers(0, 2))
def test_as_many_groups_as_stages_identify_the_effects(candidates, depth, seed, more):
    truth = np.random.default_rng(seed).normal(size=(depth, candidates))
    paths = design(candidates, depth, (depth + more) * candidates, seed)
    effects = main_effects(paths, truth[np.arange(depth), paths].sum(1), candidates)
    np.testing.assert_allclose(effects, truth - truth.mean(1, keepdims=True), atol=1e-8)


def test_effects_are_the_mean_differences_of_a_full_factorial():
    paths = design(3, 2, 9, 0)
    losses = np.random.default_rng(0).normal(size=9)
    effects = main_effects(paths, losses, 3)
    for d in range(2):
        for k in range(3):
            assert effects[d, k] == pytest.approx(losses[paths[:, d] == k].mean() - losses.mean())


def test_effects_of_steps_know_nothing_of_what_a_step_shares():
    """Exact for an additive loss, however batches and progress move the steps."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(4, 3))
    paths = np.stack([disjoint_paths(3, 4, rng) for _ in range(30)])
    losses = truth[np.arange(4), paths].sum(-1) + 100 * rng.normal(size=(30, 1))
    np.testing.assert_allclose(step_effects(paths, losses), truth - truth.mean(1, keepdims=True), atol=1e-9)
