"""A region of one candidate a stage: a network, whose validation accuracy is its score."""

import pytest

from fade.estimators.independent_paths import IndependentPathsConfig
from fade.estimators.supernet import SupernetConfig
from fade.space import Region
from fade.training.steps import MODES
from tests.training.samples import make_data, make_estimator, make_trainings, planted_region, train_alone

CONFIGS = [SupernetConfig(name=mode, epochs=6, batch_size=20) for mode in MODES.names()]
CONFIGS += [
    SupernetConfig(epochs=6, batch_size=20, repeats=3, fair_repeats=3, readout="consensus"),
    IndependentPathsConfig(epochs=6, batch_size=20),
]


def test_the_one_network_that_carries_the_signal_scores_high_whatever_the_estimator(monkeypatch, tmp_path):
    data, planted = make_data(train=300), planted_region(monkeypatch)
    announced, scores = [], {}
    for path in ((1, 2), (1, 0), (0, 2)):
        region = Region([[cell] for cell in planted.architecture(path)])
        for config in CONFIGS:
            trainings = make_trainings(data, tmp_path, announce=announced.append)
            estimator = make_estimator(config, trainings, candidates=1)
            estimate = estimator.estimate(region, 0)
            (network,) = train_alone(trainings, [planted.architecture(path)], config.network)
            accuracy = network["validation_accuracy"]
            assert estimate.stage_scores == [[accuracy]] * 2
            assert list(estimate.readouts) == [estimate.record["readout"]] == ["validation_accuracy"]
            assert estimate.ranks.score([0, 0]) == pytest.approx(accuracy)
            assert estimate.train_flops == network["train_flops"] == estimator.price(region)
            scores.setdefault(path, set()).add(accuracy)
    assert all(len(each) == 1 for each in scores.values())
    assert len(announced) == 3  # any estimator finds what another has trained
    best, *others = (each.pop() for each in scores.values())
    assert best > 0.9
    assert max(others) < 0.6  # chance is 1/3
