"""What the candidates of a stage are worth."""

import numpy as np
import pytest

from fade.search.utilities import rank_utilities, score_utilities


def reference(scores):
    """The formula, with the mean over all orders of tied candidates taken one by one."""
    candidates = len(scores)
    raw = [max(0.0, np.log(candidates / 2 + 1) - np.log(rank)) for rank in range(1, candidates + 1)]
    utilities = []
    for score in scores:
        above, equal = sum(s > score for s in scores), sum(s == score for s in scores)
        utilities.append(np.mean(raw[above : above + equal]) / sum(raw) - 1 / candidates)
    return utilities


@pytest.mark.parametrize("candidates", [1, 2, 3, 4, 7, 32])
def test_rank_utilities_are_the_formula_with_ties(candidates):
    rng = np.random.default_rng(candidates)
    for levels in (1, 2, 5, 1000):
        scores = rng.integers(levels, size=candidates).astype(float)
        assert rank_utilities(scores) == pytest.approx(reference(scores), abs=1e-15)


def test_utilities_are_of_zero_mean_and_in_the_order_of_the_scores():
    scores = np.array([0.3, 0.9, -2.0, 0.3, 0.1])
    for utilities in (rank_utilities, score_utilities):
        worth = utilities(scores)
        assert worth.sum() == pytest.approx(0, abs=1e-15)
        assert worth.argmax() == 1
        assert worth[0] == worth[3] > worth[2]


def test_what_differs_by_rounding_alone_shares_a_rank():
    utilities = rank_utilities(np.array([0.1 + 0.2, 0.5, 0.3]))
    assert utilities[0] == utilities[2]


def test_rank_utilities_do_not_see_the_scale():
    scores = np.random.default_rng(0).normal(size=9)
    assert (rank_utilities(scores) == rank_utilities(np.exp(5 * scores))).all()
