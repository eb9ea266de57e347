"""The canonical drawing, against brute force and on drawings made to be hard."""

from itertools import combinations, permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fade.space import Cell, CellSpace
from fade.space.canonical import canonical


@st.composite
def cells(draw, largest=9):
    vertices = draw(st.integers(1, largest))
    op = st.sampled_from(["", "", "a", "b", "c"])
    return Cell(vertices, [(i, j, o) for i, j in combinations(range(vertices), 2) if (o := draw(op))])


def redrawn(cell, rng):
    """The same cell with its vertices in another random order that keeps all edges forward."""
    place = {}
    while len(place) < cell.vertices:
        ready = [
            v
            for v in range(cell.vertices)
            if v not in place and all(tail in place for tail, head, _ in cell.edges if head == v)
        ]
        place[ready[rng.integers(len(ready))]] = len(place)
    return Cell(cell.vertices, [(place[tail], place[head], op) for tail, head, op in cell.edges])


def brute_force_code(cell):
    """The least list of edges over all orders of the vertices: obviously right, and slow."""
    return min(sorted((p[i], p[j], op) for i, j, op in cell.edges) for p in permutations(range(cell.vertices)))


@given(cells(), st.integers(0, 2**32 - 1))
def test_redrawing_leaves_the_text(cell, seed):
    assert str(redrawn(cell, np.random.default_rng(seed))) == str(cell)


@given(cells())
def test_the_text_parses_back_to_the_canonical_drawing(cell):
    parsed = Cell.parse(str(cell))
    assert parsed == cell
    assert parsed.drawing == str(cell) == cell.canonical().drawing
    assert sorted(op for *_, op in parsed.edges) == sorted(op for *_, op in cell.edges)
    assert (len(parsed.sources), len(parsed.sinks), parsed.depth) == (len(cell.sources), len(cell.sinks), cell.depth)


@pytest.mark.parametrize(("vertices", "ops"), [(4, "ab"), (5, "a")])
def test_equal_texts_are_isomorphic_cells_by_brute_force(vertices, ops):
    pairs = list(combinations(range(vertices), 2))
    code_of = {}
    for labels in product(["", *ops], repeat=len(pairs)):
        cell = Cell(vertices, [(*pair, op) for pair, op in zip(pairs, labels, strict=True) if op])
        code_of.setdefault(str(cell), set()).add(tuple(brute_force_code(cell)))
    assert all(len(codes) == 1 for codes in code_of.values())
    assert len(set.union(*code_of.values())) == len(code_of)


def test_names_that_a_cell_does_not_use_change_nothing():
    rng = np.random.default_rng(0)
    drawings = np.triu(rng.integers(0, 3, size=(500, 6, 6)), 1)
    spread = np.array([0, 2, 4])
    few, many = canonical(drawings, ("b", "d")), canonical(spread[drawings], ("a", "b", "c", "d"))
    assert (spread[few] == many).all()


def copies(number, vertices, edges):
    return Cell(number * vertices, [(vertices * k + i, vertices * k + j, "a") for k in range(number) for i, j in edges])


def bipartite(left, right, joined):
    edges = [(i, left + j, "a") for i in range(left) for j in range(right) if joined(i, j)]
    return Cell(left + right, edges)


SYMMETRIC = {
    "edgeless": Cell(12),
    "edgeless, large": Cell(60),
    "complete bipartite": bipartite(6, 6, lambda i, j: True),
    "six edges": copies(6, 2, [(0, 1)]),
    "fifteen edges": copies(15, 2, [(0, 1)]),
    "ten chains": copies(10, 3, [(0, 1), (1, 2)]),
    "four diamonds": copies(4, 4, [(0, 1), (0, 2), (1, 3), (2, 3)]),
    "crown": bipartite(6, 6, lambda i, j: i != j),
    "one ring": bipartite(12, 12, lambda i, j: (j - i) % 12 in (0, 1)),
    "two rings": bipartite(12, 12, lambda i, j: i // 6 == j // 6 and (j - i) % 6 in (0, 1)),
    "rings of 4 and 8": bipartite(12, 12, lambda i, j: (i > 3) == (j > 3) and (j - i) % (8 if i > 3 else 4) in (0, 1)),
    "cube": Cell(16, [(i, i | 1 << b, "a") for i in range(16) for b in range(4) if not i >> b & 1]),
}


@pytest.mark.parametrize("name", SYMMETRIC)
def test_symmetric_cells_end_and_are_right(name):
    rng = np.random.default_rng(1)
    cell = SYMMETRIC[name]
    assert {str(redrawn(cell, rng)) for _ in range(3)} == {str(cell)}


def test_refinement_alone_would_confuse_one_ring_with_two():
    assert SYMMETRIC["one ring"] != SYMMETRIC["two rings"]


def test_large_random_cells_are_right():
    rng = np.random.default_rng(2)
    space = CellSpace(30, ("a", "b", "c"))
    for _ in range(20):
        cell = space.sample(rng)
        assert redrawn(cell, rng) == cell


def test_texts_stay_as_they_are():
    # Texts are keys of stored results: a change here makes every store worthless.
    cell = Cell(6, [(0, 2, "conv3"), (1, 3, "conv5"), (2, 4, "conv3"), (3, 5, "conv3"), (0, 5, "identity")])
    assert str(cell) == "6/0-2:conv3/0-4:identity/1-3:conv5/2-5:conv3/3-4:conv3"
