"""PathRanks against the obvious implementation, and where that one cannot go."""

from fractions import Fraction
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fade.ranking import PathRanks
from fade.ranking.counting import bound_sums, count_sums


def tables(values):
    """D x K stage scores with up to 256 paths."""
    shape = st.tuples(st.integers(1, 4), st.integers(1, 4))
    return shape.flatmap(
        lambda dk: st.lists(st.lists(values, min_size=dk[1], max_size=dk[1]), min_size=dk[0], max_size=dk[0])
    )


def listed(table):
    """Every path with its exact total."""
    return {
        path: sum((Fraction(table[d][k]) for d, k in enumerate(path)), Fraction(0))
        for path in product(range(len(table[0])), repeat=len(table))
    }


@settings(max_examples=150, deadline=None)
@given(tables(st.integers(-3, 3)))
def test_with_ties_everything_equals_brute_force(table):
    ranks, totals = PathRanks(table), listed(table)
    expected = sorted(totals, key=lambda path: (-totals[path], path))
    rows = ranks.table(len(totals) + 1)
    assert [path for path, _, _ in rows] == expected, "best first, ties in lexicographic order, each path once"
    for path, score, rank in rows:
        better = sum(total > totals[path] for total in totals.values())
        assert rank == 1 + better
        assert ranks.rank(path).value == rank
        assert ranks.score(path) == score == pytest.approx(float(totals[path]) / len(table))


@settings(max_examples=150, deadline=None)
@given(tables(st.floats(-1e3, 1e3)))
def test_for_any_numbers_scores_fall_and_ranks_agree_along_top(table):
    ranks, totals = PathRanks(table), listed(table)
    rows = ranks.table(len(totals))
    assert sorted(path for path, _, _ in rows) == sorted(totals)
    unit = max(abs(x) for row in table for x in row) * 2.0**-50
    for path, score, _ in rows:
        assert abs(score - float(totals[path] / len(table))) <= unit
    assert all(a[1] >= b[1] and a[2] <= b[2] for a, b in pairwise(rows))
    assert all(ranks.rank(path).value == rank <= place for place, (path, _, rank) in enumerate(rows, 1))


def test_sums_that_differ_by_rounding_alone_tie():
    assert 0.1 + 0.2 != 0.3 + 0.0
    ranks = PathRanks([[0.1, 0.3], [0.2, 0.0]])
    assert ranks.rank((0, 0)).value == ranks.rank((1, 1)).value == 2
    probabilities = PathRanks([[0.2, 0.1, 0.7], [0.3, 0.6, 0.1]], "log_sum")
    assert probabilities.rank((0, 0)).value == probabilities.rank((1, 1)).value


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-10, 10), min_size=5, max_size=5), st.randoms(use_true_random=False))
def test_permuted_stages_score_bit_for_bit_the_same(row, random):
    ranks = PathRanks([row] * 6)
    path = [random.randrange(5) for _ in range(6)]
    shuffled = random.sample(path, 6)
    assert ranks.score(path) == ranks.score(shuffled)


def test_the_paper_s_figure():
    table = [[0.25, 0.75], [0.40, 0.60], [0.20, 0.80]]
    assert PathRanks(table).score((0, 0, 0)) == pytest.approx(0.2833333333333333, abs=1e-15)
    assert PathRanks(table, "log_sum").score((0, 0, 0)) == pytest.approx(np.log(0.25 * 0.4 * 0.2), rel=1e-15)
    assert PathRanks(table, "log_sum").top(1)[0][0] == (1, 1, 1)


def test_a_thousand_best_of_ten_to_the_forty_paths():
    table = np.random.default_rng(1).normal(size=(40, 10))
    ranks = PathRanks(table)
    rows = ranks.table(1000)
    assert rows[0][0] == tuple(table.argmax(axis=1))
    assert rows[0][1] == pytest.approx(table.max(axis=1).mean())
    assert len({path for path, _, _ in rows}) == 1000
    assert [score for _, score, _ in rows] == sorted((score for _, score, _ in rows), reverse=True)
    # Nothing better is missing: the rank, counted in another way, is the place.
    for place in (0, 1, 10, 100, 999):
        rank = ranks.rank(rows[place][0])
        assert rank.low <= rows[place][2] == place + 1 <= rank.high
        assert rank.high - rank.low <= 0.05 * place


def test_rank_is_exact_up_to_ten_to_the_twelve_paths():
    table = np.random.default_rng(2).normal(size=(12, 10))
    ranks = PathRanks(table)
    worst = ranks.rank(table.argmin(axis=1).tolist())
    assert worst.exact
    assert worst.value == 10**12
    flat = PathRanks(np.tile(np.arange(10.0), (12, 1)))
    one_step_down = flat.rank([8] + [9] * 11)
    assert (one_step_down.value, one_step_down.exact) == (2, True)
    two_steps_down = flat.rank([7] + [9] * 11)
    assert two_steps_down.value == 2 + 12, "behind the best and the twelve that are one step down"


def test_beyond_that_the_bounds_hold_and_are_tight():
    # Each stage offers 0 ... 9 and a path scores their sum: a running sum counts the better paths.
    depth, counts = 30, [1]
    for _ in range(depth):
        counts = [sum(counts[max(0, s - 9) : s + 1]) for s in range(len(counts) + 9)]
    # An irrational slope keeps the values off the bins' borders. Ties are the hard case: the bounds may fail only to
    # separate the path from those that score the same.
    ranks = PathRanks(np.tile(np.arange(10.0) * np.pi, (depth, 1)))
    for path in ([9] * 20 + [4] * 10, [4, 5] * 15, [0] * 29 + [1]):
        rank, true = ranks.rank(path), 1 + sum(counts[sum(path) + 1 :])
        assert rank.low <= rank.value <= rank.high
        assert 1 + sum(counts[sum(path) + 2 :]) <= rank.low <= true <= rank.high <= 1 + sum(counts[sum(path) :])


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 2**40), min_size=1, max_size=5), min_size=1, max_size=4),
    st.integers(2**40, 2**42),
)
def test_counts_and_bounds_equal_brute_force(lists, limit):
    arrays = [np.array(values, dtype=np.int64) for values in lists]
    true = sum(sum(choice) <= limit for choice in product(*lists))
    assert count_sums(arrays, limit) == true
    low, estimate, high = bound_sums(arrays, limit)
    assert low <= true <= high
    assert low <= estimate <= high


def test_a_probability_of_zero_ranks_last_and_stays_finite():
    ranks = PathRanks([[0.0, 1.0], [0.5, 0.5]], "log_sum")
    paths, scores = zip(*ranks.top(4), strict=True)
    assert paths == ((1, 0), (1, 1), (0, 0), (0, 1))
    assert np.isfinite(scores).all()
    assert ranks.rank((0, 1)).value == 3


def test_extreme_magnitudes_neither_overflow_nor_vanish():
    for scale in (1e308, 1e-300, 5e-324):
        ranks = PathRanks(np.array([[0, 1], [1, 0], [0, 1]]) * scale)
        assert ranks.top(1) == [((1, 0, 1), scale)]
        assert ranks.rank((0, 1, 0)).value == 8
    assert PathRanks(np.zeros((3, 2))).rank((1, 1, 1)).value == 1


@pytest.mark.parametrize(
    ("table", "aggregate", "names"),
    [
        ([[0.5, 0.5]], "median", "trainer.aggregate"),
        ([[-0.5, -0.7]], "log_sum", "trainer.aggregate"),
        ([[0.5, 0.7]], "log_sum", "trainer.aggregate"),
        ([[0.5, float("nan")]], "mean", "NaN"),
        ([0.5, 0.5], "mean", "D x K"),
        ([[]], "mean", "D x K"),
    ],
)
def test_bad_stage_scores_are_named(table, aggregate, names):
    with pytest.raises(ValueError, match=names):
        PathRanks(table, aggregate)


@pytest.mark.parametrize("path", [(0,), (0, 2), (-1, 0), (0.0, 1.0)])
def test_a_path_outside_the_region_is_refused(path):
    with pytest.raises(ValueError, match=r"[Pp]ath"):
        PathRanks([[0, 1], [0, 1]]).score(path)
