from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from fade.ranking import partial_spearman


def three(paths: int = 60, seed: int = 0):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=paths)
    return z + rng.normal(size=paths), z + rng.normal(size=paths), z


def test_one_quantity_gives_the_textbook_formula():
    x, y, z = three()
    xy, xz, yz = (stats.spearmanr(a, b).statistic for a, b in ((x, y), (x, z), (y, z)))
    expected = (xy - xz * yz) / np.sqrt((1 - xz**2) * (1 - yz**2))
    assert partial_spearman(x, y, z[:, None]) == pytest.approx(expected)


def test_two_quantities_give_what_the_inverse_of_the_correlations_says():
    x, y, z = three(seed=1)
    w = x + np.random.default_rng(2).normal(size=len(x))
    inverse = np.linalg.inv(stats.spearmanr(np.column_stack([x, y, z, w])).statistic)
    expected = -inverse[0, 1] / np.sqrt(inverse[0, 0] * inverse[1, 1])
    assert partial_spearman(x, y, np.column_stack([z, w])) == pytest.approx(expected)


def test_scores_that_know_only_the_given_quantity_count_for_nothing():
    _, y, z = three(paths=400)
    noise = np.random.default_rng(3).normal(size=400)
    scores = z + 0.5 * noise
    assert stats.spearmanr(scores, y).statistic > 0.5
    assert abs(partial_spearman(scores, y, z[:, None])) < 0.15


def test_only_order_matters():
    x, y, z = three()
    turned = partial_spearman(np.exp(x), y**3, np.arctan(z)[:, None])
    assert turned == pytest.approx(partial_spearman(x, y, z[:, None]))


def test_what_is_constant_or_follows_from_the_others_changes_nothing():
    x, y, z = three()
    plain, given = stats.spearmanr(x, y).statistic, partial_spearman(x, y, z[:, None])
    assert partial_spearman(x, y, np.ones((60, 2))) == pytest.approx(plain)
    assert partial_spearman(x, y, np.empty((60, 0))) == pytest.approx(plain)
    assert partial_spearman(x, y, np.column_stack([z, np.ones(60), z])) == pytest.approx(given)


def test_it_is_undefined_where_nothing_is_left():
    x, y, z = three()
    assert partial_spearman(z, y, z[:, None]) is None
    assert partial_spearman(x, 2 * z, z[:, None]) is None
    assert partial_spearman(np.ones(60), y, z[:, None]) is None
    for few in permutations([1, 2, 3]):  # their residuals have one direction, in which all agree or disagree
        assert partial_spearman([1, 2, 3], few, [[1], [3], [2]]) is None
    assert partial_spearman([1, 2, 3, 4], [2, 1, 3, 4], [[1], [1], [2], [1]]) is not None


def test_other_lengths_are_errors():
    x, y, z = three()
    with pytest.raises(ValueError, match="same paths"):
        partial_spearman(x, y, z[1:, None])
