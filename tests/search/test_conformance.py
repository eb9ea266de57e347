"""What every outer search must do, whatever it does."""

import json

import numpy as np
import pytest

from fade.search import OuterSearch
from fade.search import FixedConfig, PseudoGradientConfig, RandomRegionsConfig
from fade.search.fixed import contains
from fade.space import PROPERTIES, Cell, CellList, CellSpace, HierarchicalSpace, Region

SPACES = {
    "plain": HierarchicalSpace(cell_space=CellSpace(vertices=4, ops=("conv3",)), depth=3),
    "labelled range": HierarchicalSpace(cell_space=CellSpace(vertices=(2, 4), ops=("conv3", "identity")), depth=2),
    "listed": HierarchicalSpace(cell_space=CellList([Cell.atomic(name) for name in ("a", "b", "c", "d")]), depth=4),
}
SEARCHES = {
    "fixed": FixedConfig(candidates=3),
    "random_regions": RandomRegionsConfig(candidates=3, regions=5),
    "random_regions, matched": RandomRegionsConfig(candidates=3, regions=3, match=["sinks", "edges"]),
    "nes": PseudoGradientConfig(candidates=3, regions=5),
    "nes, matched": PseudoGradientConfig(candidates=3, regions=3, match=["edges", "depth"]),
    "nes, scores": PseudoGradientConfig(candidates=3, regions=5, utilities="scores"),
    "pbil": PseudoGradientConfig(candidates=3, regions=5, update="pbil"),
    "asng": PseudoGradientConfig(candidates=3, regions=5, update="asng"),
    "drift": PseudoGradientConfig(candidates=3, regions=5, utilities="random"),
    "oracle": PseudoGradientConfig(candidates=3, regions=5, utilities="true"),
}


@pytest.fixture(params=SPACES)
def space(request) -> HierarchicalSpace:
    return SPACES[request.param]


@pytest.fixture(params=SEARCHES)
def config(request):
    return SEARCHES[request.param]


def drawings(region: Region) -> list[list[str]]:
    return [[cell.drawing for cell in cells] for cells in region.cells]


def play(search: OuterSearch, scores_seed: int = 0) -> list[Region]:
    """Ask and tell random scores to the end."""
    rng, regions = np.random.default_rng(scores_seed), []
    while not search.done:
        regions.append(search.ask())
        search.tell(regions[-1], rng.normal(size=(regions[-1].depth, regions[-1].candidates)))
    return regions


def test_asks_valid_regions_as_many_as_stated(space, config):
    regions = play(config.build(space, seed=0))
    assert len(regions) == getattr(config, "regions", 1)
    for region in regions:
        assert (region.depth, region.candidates) == (space.depth, config.candidates)
        for cells in region.cells:
            assert len(set(cells)) == config.candidates
            for name in config.match:
                assert len({PROPERTIES[name](cell) for cell in cells}) == 1
            for cell in cells:
                assert contains(space.cell_space, cell)


def test_is_a_function_of_the_seed_and_of_what_it_is_told(space, config):
    first, second = config.build(space, seed=3), config.build(space, seed=3)
    assert list(map(drawings, play(first))) == list(map(drawings, play(second)))
    assert first.trajectory_point() == second.trajectory_point()
    assert first.mode() == second.mode()
    assert drawings(config.build(space, seed=3).ask()) != drawings(config.build(space, seed=4).ask())


def test_asks_the_same_region_until_it_is_told(space, config):
    search = config.build(space, seed=0)
    region = search.ask()
    assert search.ask() is region
    assert not search.done


def test_takes_a_region_read_back_from_its_texts(space, config):
    search = config.build(space, seed=0)
    region = Region.parse(search.ask().texts)
    search.tell(region, np.zeros((region.depth, region.candidates)))
    with pytest.raises(ValueError, match="not asked"):
        search.tell(region, np.zeros((region.depth, region.candidates)))


def test_refuses_what_it_did_not_ask_and_scores_that_are_none(space, config):
    search = config.build(space, seed=0)
    region = search.ask()
    zeros = np.zeros((region.depth, region.candidates))
    other = Region(region.cells[:-1])
    with pytest.raises(ValueError, match="not asked"):
        search.tell(other, zeros[:-1])
    for bad, message in (
        (zeros[:-1], "shape"),
        (zeros[0], "shape"),
        (zeros.T[None], "shape"),
        (zeros + np.nan, "finite"),
    ):
        with pytest.raises(ValueError, match=message):
            search.tell(region, bad)
    with pytest.raises(ValueError, match="finite"):
        search.tell(region, np.where(np.arange(config.candidates) == 1, -np.inf, zeros))
    assert search.ask() is region
    search.tell(region, zeros)
    assert search.told == 1


def test_ends(space, config):
    search = config.build(space, seed=0)
    play(search)
    with pytest.raises(RuntimeError, match="done"):
        search.ask()


def test_does_not_change_the_scores_it_is_told(space, config):
    search = config.build(space, seed=0)
    scores = np.random.default_rng(0).normal(size=(space.depth, config.candidates))
    told = scores.copy()
    search.tell(search.ask(), told)
    assert (told == scores).all()


def test_its_state_is_json_and_its_mode_lies_in_the_space(space, config):
    search = config.build(space, seed=0)
    play(search)
    point = search.trajectory_point()
    assert json.loads(json.dumps(point, allow_nan=False)) == point
    assert set(point) <= {"entropy", "theta"}
    mode = search.mode()
    assert mode is None or (len(mode) == space.depth and all(contains(space.cell_space, cell) for cell in mode))
