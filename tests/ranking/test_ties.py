from itertools import permutations

import numpy as np
import pytest

from fade.ranking import tied


def test_means_of_the_same_numbers_tie_in_any_order():
    means = [np.mean(order) for order in permutations([0.1, 0.12, 0.11])] + [np.mean([0.12, 0.11, 0.10])]
    assert len(set(means)) > 1  # else the test would tell nothing
    assert len(set(tied(means))) == 1


def test_steps_of_an_accuracy_are_kept():
    hits = np.random.default_rng(0).integers(10_000, size=(500, 3))
    ranks = np.unique(hits.sum(1), return_inverse=True)[1]
    assert (np.unique(tied((hits / 10_000).mean(1)), return_inverse=True)[1] == ranks).all()


@pytest.mark.parametrize("values", [[], [0.0, 0.0], [-3.0, 5.0, 0.0, 5.0]])
def test_other_values_are_left_as_they_are(values):
    assert tied(values).tolist() == values


def test_numbers_near_zero_tie_beside_larger_ones():
    small, _, other = tied([1e-17, 0.25, -1e-17])
    assert small == other
