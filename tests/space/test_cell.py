"""A cell: its grammar, its properties as drawn, equality by class."""

import copy
import pickle
from dataclasses import FrozenInstanceError

import pytest

from fade.space import Cell


def test_properties_are_those_of_the_drawing():
    cell = Cell(5, [(1, 4, "conv3"), (0, 1, "conv3"), (0, 2, "conv5")])
    assert cell.edges == ((0, 1, "conv3"), (0, 2, "conv5"), (1, 4, "conv3"))
    assert cell.sources == (0, 3)
    assert cell.sinks == (2, 3, 4)
    assert cell.depth == 2
    assert cell.drawing == "5/0-1:conv3/0-2:conv5/1-4:conv3"


def test_the_edgeless_cell_is_its_number_of_vertices():
    assert str(Cell(5)) == "5"
    assert Cell.parse("5") == Cell(5)
    assert Cell(5).sources == Cell(5).sinks == (0, 1, 2, 3, 4)
    assert Cell(5).depth == 0


def test_isomorphic_drawings_are_one_element_of_a_set():
    drawings = [Cell(3, [edge]) for edge in [(0, 1, "a"), (0, 2, "a"), (1, 2, "a")]]
    assert len(set(drawings)) == 1
    assert len({cell.drawing for cell in drawings}) == 3
    assert len({cell.canonical().drawing for cell in drawings}) == 1


def test_labels_and_isolated_vertices_tell_cells_apart():
    chain = Cell(3, [(0, 1, "a"), (1, 2, "b")])
    assert chain != Cell(3, [(0, 1, "b"), (1, 2, "a")])
    assert chain != Cell(4, [(0, 1, "a"), (1, 2, "b")])
    assert Cell(2, [(0, 1, "a")]) != Cell(2, [(0, 1, "b")])
    assert chain != str(chain)


def test_an_atomic_cell_equals_its_namesakes_only():
    block = Cell.atomic("mbconv3_e3")
    assert str(block) == "block:mbconv3_e3"
    assert block.block == "mbconv3_e3"
    assert Cell.parse("block:mbconv3_e3") == block
    assert block not in {Cell.atomic("identity"), Cell(1)}
    assert block.canonical() == block
    assert (block.vertices, block.edges, block.sinks) == (1, (), (0,))


def test_a_cell_is_frozen_and_survives_copies():
    cell = Cell(3, [(0, 2, "a")])
    with pytest.raises(FrozenInstanceError):
        cell.vertices = 4
    for twin in [pickle.loads(pickle.dumps(cell)), copy.deepcopy(cell)]:
        assert twin == cell
        assert twin.drawing == cell.drawing


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "number of vertices"),
        ("five", "number of vertices"),
        ("identity", "a block like block:"),
        ("0", "1 to 256"),
        ("99999999", "1 to 256"),
        ("5/0-1", "odd part '0-1'"),
        ("5//0-1:a", "odd part ''"),
        ("5/0-1:Conv", "odd part"),
        ("5/0-5:a", "the last one is 4"),
        ("5/2-1:a", "runs backwards"),
        ("5/1-1:a", "runs backwards"),
        ("5/0-1:a/0-1:b", "one a pair"),
        ("block:", "impossible name"),
        ("block:A", "impossible name"),
    ],
)
def test_a_wrong_text_is_answered_in_one_line(text, reason):
    with pytest.raises(ValueError, match=reason) as error:
        Cell.parse(text)
    assert "\n" not in str(error.value)
