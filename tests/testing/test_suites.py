"""A suite finds a part that does not keep what it says."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

from fade.estimators import READOUTS, Need, Readout
from fade.nets import register_op, vocabulary
from fade.ranking import Reading
from fade.search import OuterSearch, RandomRegionsConfig
from fade.search.random_regions import RandomRegions
from fade.testing import OpConformance, ReadoutConformance, SearchConformance
from fade.testing.samples import region
from fade.testing.search import SPACES


def read(record):
    losses = record.result["path_losses"]["losses"]
    edges = [[float(len(cell.edges)) for cell in stage] for stage in record.region.cells]
    return Reading((np.array(edges) - np.mean(losses)).tolist())


class Greedy(Readout):
    """Needs losses of paths and says that it needs nothing of the kind."""

    name = "greedy"
    needs = frozenset({Need.ALPHA})

    def read(self, record):
        return read(record)


class Modest(Greedy):
    """Says that it needs α, too, which it never looks at."""

    name = "modest"
    needs = frozenset({Need.PATH_LOSSES})
    uses = frozenset({Need.ALPHA})


@pytest.mark.parametrize(
    ("readout", "test"),
    [
        (Greedy, "test_needs_no_more_than_it_says"),
        (Modest, "test_what_it_uses_makes_a_difference"),
    ],
)
def test_a_readout_that_is_not_what_it_says(readout, test, monkeypatch):
    monkeypatch.setattr(READOUTS, "_parts", dict(READOUTS.items()))
    READOUTS.register(readout)
    suite = ReadoutConformance()
    suite.test_is_registered_and_says_what_it_needs(readout)
    with pytest.raises((AssertionError, KeyError)):
        getattr(suite, test)(readout, region())


class Inplace(nn.Module):
    def forward(self, x):
        return x.relu_()


class Neighbour(nn.Module):
    def forward(self, x):
        return x.roll(1, 0)


class Unused(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))

    def forward(self, x):
        return x.relu()


@pytest.mark.parametrize(
    ("op", "test"),
    [
        (Inplace, "test_keeps_the_shape_and_its_input"),
        (Neighbour, "test_in_evaluation_an_output_is_a_function_of_its_example"),
        (Unused, "test_everything_has_a_finite_gradient"),
    ],
)
def test_an_op_that_no_cell_can_use(op, test, monkeypatch):
    monkeypatch.setattr(vocabulary, "_REGISTERED", {})
    register_op("mine", lambda channels, dims: op())
    with pytest.raises(AssertionError):
        getattr(OpConformance(), test)("mine", 1)


class Restless(RandomRegions):
    """Draws by a global generator."""

    def _propose(self):
        return self.space.sample_region(np.random.default_rng(), 3)


@dataclass(kw_only=True)
class RestlessConfig(RandomRegionsConfig):
    def build(self, space, *, seed) -> OuterSearch:
        return Restless(space, regions=3, candidates=3, match=[], seed=seed)


def test_a_search_that_cannot_be_replayed():
    with pytest.raises(AssertionError):
        SearchConformance().test_is_a_function_of_the_seed_and_of_the_scores(SPACES["plain"], RestlessConfig())
