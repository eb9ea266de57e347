"""Which paths are held against the truth."""

import numpy as np
import pytest

from fade.space import CellSpace, HierarchicalSpace, Region
from fade.truth import paths as module
from fade.truth.paths import sample_paths


def region(depth: int = 3, candidates: int = 4, seed: int = 0) -> Region:
    space = HierarchicalSpace(cell_space=CellSpace(vertices=5), depth=depth)
    return space.sample_region(np.random.default_rng(seed), candidates)


@pytest.fixture(params=[module.LISTED, 10], ids=["permuted", "drawn"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LISTED", request.param)


@pytest.mark.usefixtures("either_way")
def test_fewer_paths_are_a_prefix_of_more() -> None:
    many = sample_paths(region(), 50, seed=1)
    for count in (1, 7, 49):
        assert np.array_equal(sample_paths(region(), count, seed=1), many[:count])


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("count", ["all", 64, 10_000])
def test_all_paths_come_once(count: int | str) -> None:
    drawn = sample_paths(region(), count, seed=0)
    assert sorted(map(tuple, drawn.tolist())) == list(region().paths())


@pytest.mark.usefixtures("either_way")
def test_each_path_is_as_likely_as_another() -> None:
    here = region(depth=2, candidates=3)
    counts = np.zeros((3, 3))
    for seed in range(900):
        for path in sample_paths(here, 3, seed):
            counts[tuple(path)] += 1
    assert np.all(np.abs(counts - 300) < 4 * np.sqrt(300))


def test_they_depend_on_the_region_and_the_seed() -> None:
    base = sample_paths(region(), 10, 0)
    assert np.array_equal(base, sample_paths(Region.parse(region().texts), 10, 0))
    assert not np.array_equal(base, sample_paths(region(), 10, 1))
    assert not np.array_equal(base, sample_paths(region(seed=1), 10, 0))


def test_a_huge_region_is_sampled_at_once() -> None:
    huge = region(depth=30, candidates=10)
    drawn = sample_paths(huge, 100, 0)
    assert drawn.shape == (100, 30)
    assert len({tuple(path) for path in drawn.tolist()}) == 100
