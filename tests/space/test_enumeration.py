"""The enumeration: each class once, canonical, in a fixed order."""

from itertools import combinations, islice, product

import pytest

from fade.space import Cell, CellSpace


@pytest.mark.parametrize(("vertices", "ops"), [(1, "a"), (2, "abc"), (3, "ba"), (4, "ab"), (5, "a")])
def test_every_drawing_has_its_class_listed_once(vertices, ops):
    listed = list(CellSpace(vertices, tuple(ops)).cells())
    pairs = list(combinations(range(vertices), 2))
    drawn = {
        Cell(vertices, [(*pair, op) for pair, op in zip(pairs, labels, strict=True) if op])
        for labels in product(["", *ops], repeat=len(pairs))
    }
    assert len(listed) == len(set(listed))
    assert set(listed) == drawn


def test_six_vertices_are_the_published_number():
    texts = [str(cell) for cell in CellSpace(6).cells()]
    assert len(set(texts)) == len(texts) == 5984


def test_listed_cells_are_canonical_drawings():
    for cell in CellSpace((1, 5)).cells():
        assert cell.drawing == str(Cell(cell.vertices, cell.edges))
        assert cell.canonical() is cell


def test_the_order_is_fixed_by_the_space_and_not_by_the_order_of_ops():
    assert list(CellSpace(4, ("a", "b")).cells()) == list(CellSpace(4, ("b", "a")).cells())
    assert [cell.vertices for cell in CellSpace((1, 3)).cells()] == [1] + 2 * [2] + 6 * [3]


def test_a_prefix_of_a_huge_space_is_cheap():
    assert len(set(islice(CellSpace(8).cells(), 100))) == 100
