"""The synthetic landscape."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import spearmanr

from fade.estimators.landscape import AdditiveLandscape
from fade.search.distribution import GraphDistribution
from fade.space import CellSpace, HierarchicalSpace

SPACES = {
    "plain": HierarchicalSpace(cell_space=CellSpace(vertices=4, ops=("conv3",)), depth=2),
    "labelled range": HierarchicalSpace(cell_space=CellSpace(vertices=(2, 3), ops=("conv3", "conv5")), depth=2),
}
LARGE = HierarchicalSpace(cell_space=CellSpace(vertices=5, ops=("conv3",)), depth=1)


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("seed", range(3))
def test_no_drawing_is_better_than_the_optimum(name, seed):
    space = SPACES[name]
    landscape, theta = AdditiveLandscape(space, seed), GraphDistribution(space.cell_space)
    categories = (theta.probabilities > 0).sum(axis=1)
    drawings = [theta.cell(np.array(choice)) for choice in product(*map(range, categories))]
    best = sum(max(landscape.stage_value(stage, cell) for cell in drawings) for stage in range(space.depth))
    assert landscape.value(landscape.optimum()) == pytest.approx(best)


@pytest.mark.parametrize("name", SPACES)
def test_regret_is_one_on_the_mean_of_the_space(name):
    space = SPACES[name]
    landscape, rng = AdditiveLandscape(space, 0), np.random.default_rng(0)
    sampled = [[space.cell_space.sample(rng) for _ in range(space.depth)] for _ in range(4000)]
    assert np.mean([landscape.regret(cells) for cells in sampled]) == pytest.approx(1, abs=0.03)
    assert landscape.regret(landscape.optimum()) == 0


def test_a_space_of_one_architecture_is_neither_good_nor_bad():
    space = HierarchicalSpace(cell_space=CellSpace(vertices=1, ops=("conv3",)), depth=2)
    landscape, cells = AdditiveLandscape(space, 0), [space.cell_space.sample(np.random.default_rng(0))] * 2
    assert (landscape.accuracy(cells), landscape.regret(cells)) == (0.5, 0)


def test_accuracy_is_a_fraction_in_the_order_of_the_values_of_paths():
    space = SPACES["labelled range"]
    landscape, region = AdditiveLandscape(space, 0), space.sample_region(np.random.default_rng(0), 5)
    scores = landscape.stage_scores(region)
    values = [sum(scores[stage, k] for stage, k in enumerate(path)) for path in region.paths()]
    accuracies = [landscape.accuracy(region.architecture(path)) for path in region.paths()]
    assert all(0 < accuracy < 1 for accuracy in accuracies)
    assert spearmanr(values, accuracies).statistic == pytest.approx(1)


def test_noise_of_correlation_one_is_none():
    region = LARGE.sample_region(np.random.default_rng(1), 8)
    landscape = AdditiveLandscape(LARGE, 0)
    noisy = landscape.noisy_stage_scores(region, 1.0, np.random.default_rng(2))
    assert (noisy == landscape.stage_scores(region)).all()


@pytest.mark.parametrize("candidates", [2, 4, 9])
@pytest.mark.parametrize("wanted", [0.0, 0.3, 0.8])
def test_noise_has_the_expected_rank_correlation(candidates, wanted):
    region = LARGE.sample_region(np.random.default_rng(1), candidates)
    landscape, rng = AdditiveLandscape(LARGE, 0), np.random.default_rng(2)
    true = landscape.stage_scores(region)
    order = true[0].argsort().argsort() - (candidates - 1) / 2
    noisy = [landscape.noisy_stage_scores(region, wanted, rng)[0] for _ in range(3000)]
    ranks = np.array(noisy).argsort(axis=1).argsort(axis=1)
    assert (ranks @ order / (order @ order)).mean() == pytest.approx(wanted, abs=0.05)


def test_a_correlation_outside_the_unit_interval_is_an_error():
    region = LARGE.sample_region(np.random.default_rng(1), 2)
    with pytest.raises(ValueError, match="rank_correlation=-1"):
        AdditiveLandscape(LARGE, 0).noisy_stage_scores(region, -1, np.random.default_rng(0))
