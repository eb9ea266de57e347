"""Sampling and mutation in spaces of cells, whichever kind."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fade.space import Cell, CellList, CellSpace

SPACES = {
    "plain": CellSpace(4),
    "labelled": CellSpace(3, ("a", "b", "c")),
    "range": CellSpace((1, 3), ("a", "b")),
    "list": CellList([Cell.atomic(name) for name in ("identity", "mbconv3_e3", "mbconv5_e6")]),
}


@pytest.mark.parametrize("name", SPACES)
class TestEverySpace:
    def test_samples_and_mutants_are_among_the_cells(self, name):
        space, rng = SPACES[name], np.random.default_rng(0)
        classes = set(space.cells())
        assert len(classes) == space.count()
        for _ in range(50):
            cell = space.sample(rng)
            assert cell in classes
            assert space.mutate(cell, rng) in classes

    def test_a_mutant_is_another_class(self, name):
        space, rng = SPACES[name], np.random.default_rng(1)
        assert all(space.mutate(cell, rng) != cell for cell in space.cells() for _ in range(5))

    def test_mutation_reaches_every_class(self, name):
        space, rng = SPACES[name], np.random.default_rng(2)
        cell = space.sample(rng)
        seen = {cell}
        for _ in range(5000):
            cell = space.mutate(cell, rng)
            seen.add(cell)
        assert len(seen) == space.count()

    def test_chance_is_the_generator_alone(self, name):
        space = SPACES[name]

        def walk():
            rng = np.random.default_rng(3)
            cell = space.sample(rng)
            return [cell := space.mutate(cell, rng) for _ in range(20)]

        assert walk() == walk()

    def test_has_agrees_with_count(self, name):
        space = SPACES[name]
        assert space.has(space.count())
        assert not space.has(space.count() + 1)


def test_each_pair_has_an_edge_half_of_the_time_and_labels_are_uniform():
    space, rng = CellSpace((3, 4), ("a", "b")), np.random.default_rng(4)
    drawn = [space.sample(rng) for _ in range(3000)]
    sizes = Counter(cell.vertices for cell in drawn)
    assert sizes[3] / len(drawn) == pytest.approx(0.5, abs=0.05)
    labels = Counter(edge for cell in drawn if cell.vertices == 3 for edge in cell.edges)
    assert len(labels) == 6
    assert all(count / sizes[3] == pytest.approx(0.25, abs=0.06) for count in labels.values())


@given(st.integers(0, 2**32 - 1))
def test_a_mutation_changes_one_edge_or_one_vertex(seed):
    space, rng = CellSpace((3, 5), ("a", "b")), np.random.default_rng(seed)
    cell = space.sample(rng)
    mutant = space.mutate(cell, rng)
    if mutant.vertices == cell.vertices:
        changed = {edge[:2] for edge in set(cell.edges) ^ set(mutant.edges)}
        assert len(changed) == 1
    else:
        larger, smaller = sorted([cell, mutant], key=lambda c: -c.vertices)
        assert larger.vertices == smaller.vertices + 1
        without = [
            Cell(smaller.vertices, [(i - (i > v), j - (j > v), op) for i, j, op in larger.edges if v not in (i, j)])
            for v in range(larger.vertices)
        ]
        assert smaller in without


def test_thirty_vertices_enumerate_nothing():
    space, rng = CellSpace((20, 30)), np.random.default_rng(5)
    assert space.has(10**9)
    assert 20 <= space.mutate(space.sample(rng), rng).vertices <= 30


def test_a_space_of_one_class_mutates_into_itself():
    assert CellSpace(1).mutate(Cell(1), np.random.default_rng(0)) == Cell(1)


@pytest.mark.parametrize("vertices", [0, -1, 257, (5, 3), (0, 3), (1, 2, 3), (), "5", 5.0])
def test_wrong_vertices_name_their_key(vertices):
    with pytest.raises(ValueError, match=r"space\.vertices"):
        CellSpace(vertices)


@pytest.mark.parametrize("ops", [(), ("a", "a"), ("Conv",), "conv3", ("a b",)])
def test_wrong_ops_name_their_key(ops):
    with pytest.raises(ValueError, match=r"space\.ops"):
        CellSpace(3, ops)


def test_lists_from_yaml_will_do():
    assert CellSpace([2, 5], ["a", "b"]) == CellSpace((2, 5), ("a", "b"))
