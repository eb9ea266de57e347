"""Every estimator and read-out of this package passes the suites that users' parts pass."""

import pytest

from fade.estimators import ESTIMATORS, READOUTS, Need
from fade.estimators.independent_paths import IndependentPathsConfig
from fade.estimators.readouts.base import available
from fade.estimators.supernet import SupernetConfig
from fade.estimators.synthetic import SyntheticConfig
from fade.testing import EstimatorConformance, ReadoutConformance
from fade.testing.samples import region

SHORT = {"epochs": 1, "batch_size": 20}
CONFIGS = {
    "joint": SupernetConfig(**SHORT),
    "first_order": SupernetConfig(name="first_order", **SHORT),
    "second_order": SupernetConfig(name="second_order", **SHORT),
    "fair": SupernetConfig(name="fair", alpha_lr=0.0, readout="training_effects", **SHORT),
    "consensus": SupernetConfig(fair_repeats=1, readout="consensus", all_readouts=False, **SHORT),
    "independent_paths": IndependentPathsConfig(region_steps=2, readout_paths=6, **SHORT),
    "synthetic": SyntheticConfig(rank_correlation=0.6),
}


class TestEstimators(EstimatorConformance):
    @pytest.fixture(params=CONFIGS)
    def config(self, request):
        return CONFIGS[request.param]


class TestSingleNetworks(EstimatorConformance):
    @pytest.fixture
    def config(self):
        return SupernetConfig(**SHORT)

    @pytest.fixture
    def region(self):
        return region(candidates=1)


class TestReadouts(ReadoutConformance):
    @pytest.fixture(params=READOUTS.names())
    def readout(self, request):
        return READOUTS[request.param]


def test_all_estimators_are_tested():
    assert {type(config) for config in CONFIGS.values()} == {schema for _, schema in ESTIMATORS.items()}


@pytest.mark.parametrize("name", [name for name in CONFIGS if name != "synthetic"])
@pytest.mark.parametrize("readout", READOUTS.names())
def test_a_read_out_is_offered_exactly_where_its_needs_are_met(name, readout):
    config = CONFIGS[name]
    others = [Need.EARLIER_RUNS]
    fits = available(READOUTS[readout], config.provided(), others)
    changed = {**vars(config), "readout": readout, "earlier_runs": ["folder"], "all_readouts": True}
    changed = {key: value for key, value in changed.items() if key in vars(config)}
    if fits:
        assert type(config)(**changed).readout == readout
    else:
        with pytest.raises(ValueError, match=rf"trainer\.readout={readout} needs .* use one of"):
            type(config)(**changed)
