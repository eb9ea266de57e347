"""Regions, and how a hierarchical space draws them."""

import numpy as np
import pytest

from fade.space import PROPERTIES, Cell, CellList, CellSpace, HierarchicalSpace, Region


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_a_region_has_all_its_paths_in_lexicographic_order():
    region = Region.parse([["2", "2/0-1:a"], ["1", "2"], ["3", "3/0-1:a"]])
    paths = list(region.paths())
    assert (region.depth, region.candidates, region.size) == (3, 2, 8)
    assert paths == sorted(set(paths))
    assert len(paths) == 8
    assert region.architecture((1, 0, 1)) == (Cell.parse("2/0-1:a"), Cell(1), Cell.parse("3/0-1:a"))


def test_a_region_keeps_the_drawings_and_tells_canonical_texts():
    drawn = Cell(3, [(0, 2, "a")])
    region = Region([[drawn, Cell(3)]])
    assert region.cells[0][0].drawing == "3/0-2:a"
    assert region.texts == [[str(drawn), "3"]]
    assert Region.parse(region.texts) == region
    assert Region([[drawn], [drawn]]).texts[0] == Region([[drawn], [drawn]]).texts[1]


def test_a_number_from_yaml_is_an_edgeless_cell():
    assert Region.parse([[5, "5/0-1:a"]]).cells[0][0] == Cell(5)


@pytest.mark.parametrize(
    "texts",
    [[], [[]], [["1"], ["1", "2"]], [["3/0-1:a", "3/1-2:a"]], ["1"], "1", [["3/2-1:a"]]],
)
def test_wrong_regions_name_their_key(texts):
    with pytest.raises(ValueError, match=r"search\.cells"):
        Region.parse(texts)


@pytest.mark.parametrize("path", [(0,), (0, 2), (-1, 0), (0, 0, 0)])
def test_a_path_outside_is_refused(path):
    with pytest.raises(ValueError, match="path"):
        Region.parse([["1", "2"], ["1", "2"]]).architecture(path)


def test_architectures_are_classes_to_the_depth():
    assert HierarchicalSpace(cell_space=CellSpace(5), depth=3).count() == 302**3


@pytest.mark.parametrize("space", [CellSpace(3), CellSpace(4), CellSpace((1, 3), ("a", "b")), CellSpace((2, 30))])
def test_a_sampled_region_has_distinct_cells_in_a_stage(space, rng):
    region = HierarchicalSpace(cell_space=space, depth=3).sample_region(rng, 6)
    assert (region.depth, region.candidates) == (3, 6)
    assert all(len(set(stage)) == 6 for stage in region.texts)


def test_a_region_can_take_every_class_and_not_one_more(rng):
    for cells in (CellSpace(4), CellList([Cell.atomic("identity"), Cell.atomic("mbconv3_e3")])):
        space = HierarchicalSpace(cell_space=cells, depth=2)
        region = space.sample_region(rng, cells.count())
        assert all(set(stage) == set(cells.cells()) for stage in region.cells)
        with pytest.raises(ValueError, match=r"search\.candidates"):
            space.sample_region(rng, cells.count() + 1)


def test_rare_classes_come_by_mutation_when_draws_repeat(rng):
    class Stuck(CellSpace):
        """Draws the edgeless cell for ever."""

        def sample(self, rng):
            return Cell(4)

    region = HierarchicalSpace(cell_space=Stuck(4), depth=1).sample_region(rng, 31)
    assert len(set(region.texts[0])) == 31


@pytest.mark.parametrize("match", [("sinks",), ("edges",), ("depth",), ("edges", "depth", "sinks")])
def test_matched_properties_are_equal_within_a_stage(match, rng):
    region = HierarchicalSpace(cell_space=CellSpace(5, ("a", "b")), depth=2).sample_region(rng, 4, match=match)
    for stage in region.cells:
        assert all(len({PROPERTIES[name](cell) for cell in stage}) == 1 for name in match)


def test_an_impossible_match_ends_with_advice(rng):
    space = HierarchicalSpace(cell_space=CellSpace(3), depth=1)
    with pytest.raises(ValueError, match=r"search\.match.*search\.candidates"):
        space.sample_region(rng, 4, match=("edges",))


@pytest.mark.parametrize("match", [("width",), "edges"])
def test_an_unknown_property_names_its_key(match, rng):
    with pytest.raises(ValueError, match=r"search\.match"):
        HierarchicalSpace(cell_space=CellSpace(3), depth=1).sample_region(rng, 2, match=match)


def test_wrong_numbers_name_their_key(rng):
    with pytest.raises(ValueError, match=r"space\.depth"):
        HierarchicalSpace(cell_space=CellSpace(3), depth=0)
    with pytest.raises(ValueError, match=r"search\.candidates"):
        HierarchicalSpace(cell_space=CellSpace(3), depth=1).sample_region(rng, 0)
