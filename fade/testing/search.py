"""What every outer search must do, whatever it does."""

from __future__ import annotations

import json

import numpy as np
import pytest

from fade.search import OuterSearch, SearchConfig
from fade.search.fixed import contains
from fade.space import PROPERTIES, Cell, CellList, CellSpace, HierarchicalSpace, Region

SPACES = {
    "plain": HierarchicalSpace(cell_space=CellSpace(vertices=4, ops=("conv3",)), depth=3),
    "labelled range": HierarchicalSpace(cell_space=CellSpace(vertices=(2, 4), ops=("conv3", "identity")), depth=2),
    "listed": HierarchicalSpace(cell_space=CellList([Cell.atomic(name) for name in ("a", "b", "c", "d")]), depth=4),
}


def drawings(region: Region) -> list[list[str]]:
    """The cells of a region as drawn."""
    return [[cell.drawing for cell in cells] for cells in region.cells]


def play(search: OuterSearch, scores_seed: int = 0) -> list[Region]:
    """Ask and tell random scores to the end."""
    rng, regions = np.random.default_rng(scores_seed), []
    while not search.done:
        regions.append(search.ask())
        search.tell(regions[-1], rng.normal(size=(regions[-1].depth, regions[-1].candidates)))
    return regions


class SearchConformance:
    """Subclass it with a fixture ``config``: a `SearchConfig` with K = 3 candidates, or 1 for a search on networks.

    Override the fixture ``space`` where the search does not take every space.
    """

    @pytest.fixture
    def config(self) -> SearchConfig:
        """The configuration under test."""
        raise NotImplementedError("give a fixture `config` that returns your SearchConfig")

    @pytest.fixture(params=SPACES)
    def space(self, request: pytest.FixtureRequest) -> HierarchicalSpace:
        """A plain space, one with labelled edges and several sizes, and one of listed cells."""
        return SPACES[request.param]

    def test_asks_valid_regions_as_many_as_stated(self, space: HierarchicalSpace, config: SearchConfig) -> None:
        """Each has D stages of K different cells of the space, alike in what is matched."""
        regions = play(config.build(space, seed=0))
        assert 1 <= len(regions) <= config.most_regions
        for region in regions:
            assert (region.depth, region.candidates) == (space.depth, config.candidates)
            for cells in region.cells:
                assert len(set(cells)) == config.candidates
                for name in config.match:
                    assert len({PROPERTIES[name](cell) for cell in cells}) == 1
                assert all(contains(space.cell_space, cell) for cell in cells)

    def test_is_a_function_of_the_seed_and_of_the_scores(self, space: HierarchicalSpace, config: SearchConfig) -> None:
        """Two searches with one seed, told the same, ask the same, and end in one state."""
        first, second = config.build(space, seed=3), config.build(space, seed=3)
        assert list(map(drawings, play(first))) == list(map(drawings, play(second)))
        assert first.trajectory_point() == second.trajectory_point()
        assert first.mode() == second.mode()

    def test_asks_the_same_region_until_it_is_told(self, space: HierarchicalSpace, config: SearchConfig) -> None:
        """Asking changes nothing."""
        search = config.build(space, seed=0)
        region = search.ask()
        assert search.ask() is region
        assert not search.done

    def test_takes_a_region_read_back_from_its_texts(self, space: HierarchicalSpace, config: SearchConfig) -> None:
        """What was asked is known by its texts; a second telling is refused."""
        search = config.build(space, seed=0)
        region = Region.parse(search.ask().texts)
        search.tell(region, np.zeros((region.depth, region.candidates)))
        with pytest.raises(ValueError, match="not asked"):
            search.tell(region, np.zeros((region.depth, region.candidates)))

    def test_refuses_scores_that_are_none(self, space: HierarchicalSpace, config: SearchConfig) -> None:
        """Another region, another shape, and numbers that are not finite."""
        search = config.build(space, seed=0)
        region = search.ask()
        zeros = np.zeros((region.depth, region.candidates))
        with pytest.raises(ValueError, match="not asked"):
            search.tell(Region(region.cells[:-1]), zeros[:-1])
        for bad, message in ((zeros[:-1], "shape"), (zeros.T[None], "shape"), (zeros + np.nan, "finite")):
            with pytest.raises(ValueError, match=message):
                search.tell(region, bad)
        assert search.ask() is region
        search.tell(region, zeros)
        assert search.told == 1

    def test_ends(self, space: HierarchicalSpace, config: SearchConfig) -> None:
        """After the last region there is none to ask for."""
        search = config.build(space, seed=0)
        play(search)
        with pytest.raises(RuntimeError, match="done"):
            search.ask()

    def test_does_not_change_the_scores(self, space: HierarchicalSpace, config: SearchConfig) -> None:
        """They belong to whoever tells them."""
        search = config.build(space, seed=0)
        scores = np.random.default_rng(0).normal(size=(space.depth, config.candidates))
        given = scores.copy()
        search.tell(search.ask(), given)
        assert (given == scores).all()

    def test_its_state_is_json_and_its_mode_lies_in_the_space(
        self, space: HierarchicalSpace, config: SearchConfig
    ) -> None:
        """A trajectory point goes into metrics.json; the mode is an architecture."""
        search = config.build(space, seed=0)
        play(search)
        point = search.trajectory_point()
        assert json.loads(json.dumps(point, allow_nan=False)) == point
        mode = search.mode()
        assert mode is None or (len(mode) == space.depth and all(contains(space.cell_space, cell) for cell in mode))
