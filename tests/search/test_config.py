"""Settings that fit, and those that do not."""

import numpy as np
import pytest

from fade.search import FixedConfig, PseudoGradientConfig, RandomRegionsConfig
from fade.space import CellSpace, HierarchicalSpace

SPACE = HierarchicalSpace(cell_space=CellSpace(vertices=3, ops=("conv3",)), depth=2)


@pytest.mark.parametrize(
    ("config", "settings", "message"),
    [
        (PseudoGradientConfig, {"candidates": 1}, "search.candidates=1"),
        (PseudoGradientConfig, {"regions": 0}, "search.regions=0"),
        (PseudoGradientConfig, {"update": "sgd"}, "search.update=sgd .* nes, pbil, asng"),
        (PseudoGradientConfig, {"utilities": "luck"}, "search.utilities=luck .* ranks, scores, random, true"),
        (PseudoGradientConfig, {"step_size": 0.0}, "search.step_size=0"),
        (RandomRegionsConfig, {"candidates": 0}, "search.candidates=0"),
        (RandomRegionsConfig, {"regions": -1}, "search.regions=-1"),
        (RandomRegionsConfig, {"match": ["sinks", "girth"]}, "search.match=girth .* sinks, edges, depth"),
        (RandomRegionsConfig, {"budget": 0.0}, "search.budget=0"),
        (FixedConfig, {"cells": ["3", "3/0-1:conv3"]}, "search.cells"),
        (FixedConfig, {"cells": [["3", "3"], ["3", "3"]]}, "search.cells .* isomorphic"),
        (FixedConfig, {"cells": [["3"], ["3/x"]]}, "search.cells"),
    ],
)
def test_bad_settings_are_errors_that_name_the_key(config, settings, message):
    with pytest.raises(ValueError, match=message):
        config(**settings)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (PseudoGradientConfig(candidates=7), "search.candidates=7 .* 6 classes"),
        (RandomRegionsConfig(candidates=7), "search.candidates=7 .* 6 classes"),
        (FixedConfig(candidates=7), "search.candidates=7 .* 6 classes"),
        (PseudoGradientConfig(entropy_bound=0.1), "search.entropy_bound=0.1 is never met"),
        (PseudoGradientConfig(entropy_bound=0.7), "search.entropy_bound=0.7 is met before .* 0.693 nats .* give less"),
        (FixedConfig(cells=[["3"], ["3"], ["3"]]), "search.cells has cells for 3 stages; .*each of 2 "),
        (FixedConfig(cells=[["3"], ["4"]]), "search.cells: number 0 of stage 1, 4 .* is no cell"),
        (FixedConfig(cells=[["3"], ["3/0-1:conv5"]]), "search.cells: number 0 of stage 1, 3/.*conv5 .* is no cell"),
    ],
)
def test_settings_that_do_not_fit_the_space_are_errors_before_any_work(config, message):
    with pytest.raises(ValueError, match=message):
        config.build(SPACE, seed=0)


def test_a_fixed_region_is_the_given_one():
    cells = [["3/0-1:conv3/1-2:conv3", "3"], ["3", "3/0-1:conv3"]]
    region = FixedConfig(cells=cells).build(SPACE, seed=0).ask()
    assert [list(row) for row in region.texts] == [
        [str(type(region.cells[0][0]).parse(t)) for t in row] for row in cells
    ]


def test_a_fixed_random_region_is_the_first_of_random_regions():
    first = RandomRegionsConfig(candidates=3).build(SPACE, seed=5).ask()
    assert FixedConfig(candidates=3).build(SPACE, seed=5).ask().texts == first.texts


def test_single_networks_are_regions_of_one_candidate():
    search = RandomRegionsConfig(candidates=1, regions=2).build(SPACE, seed=0)
    search.tell(search.ask(), np.zeros((2, 1)))
    assert search.ask().candidates == 1
