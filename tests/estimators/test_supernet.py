"""What the hyper-architecture of a region says of its candidates: a planted path, by each mode and read-out."""

from dataclasses import replace

import numpy as np
import pytest

from fade.estimators import READOUTS, MeasuredReadout, Need, TrainingRecord
from fade.estimators.predictor import EarlierRegion
from fade.estimators.supernet import SupernetConfig
from fade.training.steps import MODES
from tests.training.samples import (
    make_data,
    make_estimator,
    make_region,
    make_trainings,
    planted_region,
    trained_once,
)


@pytest.fixture(scope="module")
def data():
    return make_data()


@pytest.mark.parametrize(
    ("mode", "mixing"), [*((mode, "softmax") for mode in MODES.names()), ("first_order", "gumbel")]
)
def test_a_planted_path_ranks_first_in_every_readout(monkeypatch, mode, mixing):
    config = SupernetConfig(name=mode, epochs=6, batch_size=20, alpha_lr=0.05, mixing=mixing, all_readouts=True)
    region, data = planted_region(monkeypatch), make_data(train=300)
    result = trained_once(region, config, data)
    assert set(result["readouts"]) == {name for name, one in READOUTS.items() if issubclass(one, MeasuredReadout)}
    readings = TrainingRecord(region, result, config, config.provided()).readings()
    lacking = {Need.EARLIER_RUNS} | (set() if mode == "fair" else {Need.FAIR_LOSSES})
    assert set(readings) == {name for name, one in READOUTS.items() if not one.needs & lacking}
    for name, reading in readings.items():
        assert np.argmax(reading.stage_scores, 1).tolist() == [1, 2], name
        if READOUTS[name].probabilities:
            np.testing.assert_allclose(np.sum(reading.stage_scores, 1), 1, rtol=1e-6)


def earlier_region():
    """Another region, all of whose networks were trained."""
    region = make_region(seed=1)
    paths = np.array(list(region.paths()))
    return EarlierRegion(region, paths, paths @ [1.0, 2.0], np.ones(len(paths), np.int64))


@pytest.mark.parametrize("name", READOUTS.names())
def test_one_readout_alone_reads_the_same_for_less(data, name, tmp_path):
    mode = "fair" if name.startswith("training") else "joint"
    whole = SupernetConfig(
        name=mode, epochs=1, batch_size=20, readout=name, earlier_runs=["outputs/first"], all_readouts=True
    )
    first, second = (
        make_estimator(config, make_trainings(data, tmp_path), earlier=[earlier_region()]).estimate(make_region(), 0)
        for config in (whole, replace(whole, all_readouts=False))
    )
    assert second.readouts[name] == first.readouts[name]
    assert second.stage_scores == first.stage_scores == first.readouts[name].stage_scores
    assert set(second.readouts) < set(first.readouts)
    assert second.train_flops < first.train_flops
    assert whole.of_region.request() != replace(whole, all_readouts=False).of_region.request()
