"""PathRanks with pair scores, and the orders behind it, against the obvious implementation."""

from itertools import pairwise, product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fade.ranking import PathRanks
from fade.ranking.listed import LISTED_PATHS, ListedOrder
from fade.ranking.searched import SearchedOrder
from fade.ranking.separable import SeparableOrder


def upper(pair):
    """The same table with zeros where d >= e."""
    return pair * np.triu(np.ones(pair.shape[:2], pair.dtype), 1)[:, :, None, None]


def neighbours(pair):
    """The same table with pairs of neighbouring stages alone."""
    return pair * np.eye(len(pair), k=1, dtype=pair.dtype)[:, :, None, None]


@st.composite
def tables(draw, low, high):
    """Stage and pair integers with up to 243 paths."""
    depth, candidates = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    stage = rng.integers(low, high, (depth, candidates), endpoint=True)
    pair = upper(rng.integers(low, high, (depth, depth, candidates, candidates), endpoint=True))
    return stage, neighbours(pair) if draw(st.booleans()) else pair


def listed(stage, pair):
    """Every path with its total."""
    depth, candidates = stage.shape
    return {
        path: int(sum(stage[d, path[d]] for d in range(depth)))
        + int(sum(pair[d, e, path[d], path[e]] for d in range(depth) for e in range(d + 1, depth)))
        for path in product(range(candidates), repeat=depth)
    }


def wide(stage, pair):
    """A search that is as wide as it likes."""
    return SearchedOrder(stage, pair)


def narrow(stage, pair):
    """A search that must drop prefixes."""
    return SearchedOrder(stage, pair, work=1)


@settings(max_examples=120, deadline=None)
@given(tables(-3, 3), st.sampled_from([ListedOrder, wide, narrow]), st.integers(1, 300))
def test_what_an_order_proves_equals_brute_force(table, order, m):
    totals = listed(*table)
    expected = sorted(totals, key=lambda path: (-totals[path], path))[:m]
    found = order(*table).best(m)
    assert found.paths[: found.proven] == expected[: found.proven], "best first, ties in lexicographic order"
    assert len(found.paths) == len(set(found.paths)) == len(expected)
    if order is not narrow or (table[1] == neighbours(table[1])).all():
        assert found.proven == len(expected)
    for total in set(totals.values()) | {min(totals.values()) - 1}:
        better, true = order(*table).above(total), sum(each > total for each in totals.values())
        assert better.low <= true <= better.high
        assert better.low <= better.estimate <= better.high
        if order is not narrow:
            assert better.low == better.high


@settings(max_examples=100, deadline=None)
@given(tables(-3, 3))
def test_with_pairs_ranks_scores_and_table_equal_brute_force(table):
    stage, pair = table
    ranks, totals = PathRanks(stage, pair_scores=pair), listed(stage, pair)
    rows = ranks.table(len(totals) + 1)
    assert [path for path, _, _ in rows] == sorted(totals, key=lambda path: (-totals[path], path))
    for path, score, rank in rows:
        assert rank == ranks.rank(path).value == 1 + sum(total > totals[path] for total in totals.values())
        assert ranks.score(path) == score == pytest.approx(totals[path] / len(stage))
    assert ranks.proven(len(totals) + 1) == len(totals)
    assert ranks.scores(list(totals)).tolist() == [ranks.score(path) for path in totals]


@settings(max_examples=50, deadline=None)
@given(tables(-(2**40), 2**40))
def test_without_pair_scores_nothing_changes(table):
    stage, pair = table
    alone, zero = PathRanks(stage), PathRanks(stage, pair_scores=pair * 0)
    assert zero.table(20) == alone.table(20)
    assert SeparableOrder(stage).best(99) == ListedOrder(stage, pair * 0).best(99)


def test_the_best_paths_of_a_long_chain_are_exact():
    # Alternate or repeat: a stage that differs from the one before adds 1, so totals are binomial.
    depth = 60
    pair = neighbours(np.tile(np.array([[0.0, 1.0], [1.0, 0.0]]), (depth, depth, 1, 1)))
    ranks = PathRanks(np.zeros((depth, 2)), pair_scores=pair)
    rows = ranks.table(120)
    changes = [sum(a != b for a, b in pairwise(path)) for path, _, _ in rows]
    assert changes == [depth - 1] * 2 + [depth - 2] * 118
    assert [score for _, score, _ in rows] == pytest.approx([each / depth for each in changes])
    assert [path for path, _, _ in rows] == [*sorted(p for p, _, _ in rows[:2]), *sorted(p for p, _, _ in rows[2:])]
    assert ranks.proven(120) == 120
    assert ranks.rank(rows[2][0]) == ranks.rank(rows[119][0])
    assert ranks.rank(rows[2][0]).value == rows[2][2] == 3
    all_but_one = ranks.rank([0] * depth)
    assert all_but_one.low <= 1 + sum(2 * comb(depth - 1, n) for n in range(1, depth)) <= all_but_one.high


def test_bounds_and_proofs_hold_where_all_stages_interact():
    """12 stages in two blocks that know nothing of each other: what is true can be listed."""
    rng = np.random.default_rng(5)
    depth, half, candidates = 12, 6, 5
    stage, pair = np.zeros((depth, candidates)), np.zeros((depth, depth, candidates, candidates))
    blocks = []
    for n in range(2):
        some = rng.normal(size=(half, candidates)), upper(0.3 * rng.normal(size=(half, half, candidates, candidates)))
        # Every second stage is the block's.
        stage[n::2], pair[n::2, n::2] = some
        blocks.append(PathRanks(some[0], pair_scores=some[1]))
    ranks = PathRanks(stage, pair_scores=pair)
    assert candidates**depth > LISTED_PATHS
    lists = [np.array([score for _, score, _ in block.table(candidates**half)]) * half for block in blocks]
    best = np.sort(np.add.outer(lists[0][:200], lists[1][:200]).ravel())[::-1] / depth
    rows, proven = ranks.table(100), ranks.proven(100)
    assert proven > 0
    assert [score for _, score, _ in rows[:proven]] == pytest.approx(best[:proven].tolist())
    assert rows[0][1] == pytest.approx(best[0])
    for path in (rows[0][0], rows[50][0], tuple(rng.integers(candidates, size=depth).tolist())):
        rank, gap = ranks.rank(path), ranks.score(path) * depth
        true = 1 + sum(int((lists[1] > gap - each + 1e-9).sum()) for each in lists[0])
        assert rank.low <= true <= rank.high
        assert rank.low <= rank.value <= rank.high
        assert abs(np.log(rank.value / true)) < 0.5


@pytest.mark.parametrize(
    ("pairs", "aggregate", "names"),
    [
        (np.zeros((2, 2, 2, 3)), "mean", "D x D x K x K"),
        (np.ones((2, 2, 2, 2)), "mean", "d < e"),
        (np.full((2, 2, 2, 2), np.nan), "mean", "NaN"),
        (np.zeros((2, 2, 2, 2)), "log_sum", "trainer.aggregate"),
    ],
)
def test_bad_pair_scores_are_named(pairs, aggregate, names):
    with pytest.raises(ValueError, match=names):
        PathRanks([[0.5, 0.5], [0.5, 0.5]], aggregate, pair_scores=pairs)
