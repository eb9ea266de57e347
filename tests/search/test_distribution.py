"""The distribution over graphs of one stage."""

from collections import Counter
from math import log

import numpy as np
import pytest

from fade.search.distribution import GraphDistribution
from fade.space import Cell, CellSpace

SPACES = {
    "plain": CellSpace(vertices=5, ops=("conv3",)),
    "two vertices": CellSpace(vertices=2, ops=("conv3",)),
    "labelled": CellSpace(vertices=4, ops=("conv3", "conv5", "identity")),
    "range": CellSpace(vertices=(2, 4), ops=("conv3",)),
    "labelled range": CellSpace(vertices=(2, 3), ops=("conv3", "conv5")),
}


@pytest.fixture(params=SPACES)
def space(request):
    return SPACES[request.param]


def drawing(cell):
    return cell.vertices, cell.edges


def moved(space, seed):
    """A distribution somewhere else than at its start."""
    theta, rng = GraphDistribution(space), np.random.default_rng(seed)
    for _ in range(5):
        theta.move(0.3 * theta.gradient(np.array([theta.draw(rng)]), np.ones(1)))
    return theta


def test_starts_with_edge_probability_one_half_and_uniform_categoricals(space):
    for table in GraphDistribution(space).tables().values():
        assert np.ptp(table) == 0
    assert set(GraphDistribution(space).tables()["edges"]) == {0.5}


@pytest.mark.parametrize(
    ("vertices", "ops", "expected"),
    [
        (3, ("a",), {"edges": [0.5] * 3}),
        (3, ("a", "b"), {"edges": [0.5] * 3, "ops": [[0.5, 0.5]] * 3}),
        ((2, 3), ("a",), {"edges": [0.5] * 3, "vertices": [0.5, 0.5]}),
    ],
)
def test_tables_name_only_what_varies(vertices, ops, expected):
    assert GraphDistribution(CellSpace(vertices=vertices, ops=ops)).tables() == expected


def test_draws_have_the_probabilities_of_the_tables():
    theta = moved(SPACES["labelled range"], seed=1)
    tables, rng, n = theta.tables(), np.random.default_rng(0), 4000
    cells = [theta.cell(theta.draw(rng)) for _ in range(n)]
    assert np.mean([cell.vertices == 3 for cell in cells]) == pytest.approx(tables["vertices"][1], abs=0.04)
    ops = [op for cell in cells for tail, head, op in cell.edges if (tail, head) == (0, 1)]
    assert len(ops) / n == pytest.approx(tables["edges"][0], abs=0.04)
    assert ops.count("conv5") / len(ops) == pytest.approx(tables["ops"][0][1], abs=0.04)


def test_entropy_is_that_of_the_drawings():
    theta = moved(SPACES["labelled range"], seed=3)
    rng, n = np.random.default_rng(0), 20000
    counts = Counter(drawing(theta.cell(theta.draw(rng))) for _ in range(n))
    estimate = -sum(count / n * log(count / n) for count in counts.values())
    assert theta.entropy() * theta.variables == pytest.approx(estimate, abs=0.05)


def test_entropy_of_a_plain_start_is_one_bit_a_pair():
    assert GraphDistribution(SPACES["plain"]).entropy() == pytest.approx(log(2))


def test_gradient_is_the_sum_over_draws_and_active_variables(space):
    theta, rng = moved(space, seed=2), np.random.default_rng(7)
    choices, weights = np.array([theta.draw(rng) for _ in range(4)]), rng.normal(size=4)
    expected = np.zeros_like(theta.probabilities)
    for choice, weight in zip(choices, weights, strict=True):
        for row in np.flatnonzero(theta.active(choice)):
            one_hot = np.arange(expected.shape[1]) == choice[row]
            expected[row] += weight * (one_hot - theta.probabilities[row])
    assert theta.gradient(choices, weights) == pytest.approx(expected)


def test_ops_learn_only_from_draws_that_have_the_edge():
    theta = GraphDistribution(SPACES["labelled"])
    choices = np.array([theta.draw(np.random.default_rng(seed)) for seed in range(6)])
    choices[:, 0] = 0
    before = theta.tables()
    theta.move(0.2 * theta.gradient(choices, np.ones(6)))
    after = theta.tables()
    assert after["ops"][0] == pytest.approx(before["ops"][0])
    assert after["ops"][1:] != before["ops"][1:]
    assert after["edges"][0] < before["edges"][0]


def test_stays_above_its_floor_and_on_the_simplex_whatever_the_step(space):
    theta, rng = GraphDistribution(space), np.random.default_rng(0)
    high = space.sizes[-1]
    epsilon = min(2 / (high * (high - 1)), 0.25)
    for size in (0.1, 1.0, 100.0):
        for _ in range(20):
            theta.move(size * theta.gradient(np.array([theta.draw(rng)]), rng.normal(size=1)))
            rows = theta.probabilities
            categories = (rows > 0).sum(axis=1)
            assert rows.sum(axis=1) == pytest.approx(np.ones(len(rows)))
            assert (np.where(rows > 0, rows, 1).min(axis=1) >= epsilon / (categories - 1) - 1e-12).all()
            assert rows.max() <= 1 - epsilon + 1e-12
            assert theta.entropy() >= theta.least_entropy() - 1e-12


def test_a_small_step_inside_is_taken_as_it_is():
    theta = GraphDistribution(SPACES["labelled"])
    step = 0.01 * theta.gradient(np.array([theta.draw(np.random.default_rng(0))]), np.ones(1))
    before = theta.probabilities.copy()
    theta.move(step)
    assert theta.probabilities == pytest.approx(before + step)


def test_a_mutation_changes_the_drawing_in_one_place(space):
    theta, rng = GraphDistribution(space), np.random.default_rng(5)
    for _ in range(50):
        choice = theta.draw(rng)
        mutant = theta.mutate(choice, rng)
        assert (mutant != choice).sum() == 1
        assert drawing(theta.cell(mutant)) != drawing(theta.cell(choice))


def test_mutations_reach_every_class(space):
    theta, rng = GraphDistribution(space), np.random.default_rng(5)
    choice, seen = theta.draw(rng), set()
    for _ in range(20 * space.count()):
        choice = theta.mutate(choice, rng)
        seen.add(theta.cell(choice))
        if len(seen) > 40:
            break
    assert len(seen) == min(space.count(), 41)


def test_mode_takes_likely_edges_with_their_likeliest_op():
    theta = GraphDistribution(CellSpace(vertices=(2, 3), ops=("conv3", "conv5")))
    assert drawing(theta.mode()) == (2, ())
    wanted = np.array([1, 0, 1, 0, 0, 1, 1])
    theta.move(0.2 * theta.gradient(wanted[None], np.ones(1)))
    assert drawing(theta.mode()) == drawing(Cell(3, [(0, 1, "conv3"), (1, 2, "conv5")]))
