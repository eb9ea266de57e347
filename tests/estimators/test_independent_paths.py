"""Paths of a region that train as networks of their own."""

from dataclasses import replace

import numpy as np
import pytest

from fade.seeds import subseed
from fade.space import Region
from fade.store import Store
from fade.training import stored
from fade.training.config import PATH_READOUTS, TrainerConfig
from fade.training.reading import read_region
from fade.training.region import EpochBatches
from fade.training.cached import StoredTrainings
from fade.training.train import hyper_flops, network_cost, train_paths
from tests.training.samples import SPACE, make_data, make_region, planted_region

CONFIG = TrainerConfig(
    name="apart", repeats=2, region_steps=11, batch_size=20, alpha_lr=0, readout="accuracy_effects", readout_paths=6
)


@pytest.fixture(scope="module")
def data():
    return make_data()


def trained(data, store, config=CONFIG, region=None, told=lambda what: None, **seeds):
    layout = SPACE.layout(data.shape, data.classes)
    trainings = StoredTrainings(Store(store), config, layout, data, seed=5, announce=told, **seeds)
    return trainings.region(region or make_region())


def lasting(result):
    return {key: value for key, value in result.items() if key != "seconds"}


def test_each_path_is_a_network_of_its_own(data, tmp_path):
    """However many train at once, and whatever the others are. By SGD: Adam makes whole steps of rounded gradients."""
    config, layout = replace(CONFIG, repeats=1, optimizer="sgd", lr=0.1), SPACE.layout(data.shape, data.classes)
    found = trained(data, tmp_path, config)["path_losses"]
    assert len(found["paths"]) == len(set(found["losses"])) == 6
    for path, loss, accuracy in zip(found["paths"], found["losses"], found["accuracies"], strict=True):
        alone = train_paths([make_region().architecture(path)], config, layout, data, seed=subseed(5, "apart", 0))
        assert alone["losses"] == pytest.approx([loss], rel=1e-5)
        assert alone["accuracies"] == pytest.approx([accuracy])


def test_trainings_are_those_of_other_weights_on_the_same_paths(data, tmp_path):
    one, two = (trained(data, tmp_path, replace(CONFIG, repeats=repeats)) for repeats in (1, 2))
    assert one["path_losses"]["paths"] == two["path_losses"]["paths"]
    assert not np.isin(one["path_losses"]["losses"], two["path_losses"]["losses"]).any()
    assert two["train_flops"] == 2 * one["train_flops"]


def test_they_owe_nothing_to_the_networks_of_a_truth(data, tmp_path):
    """Which may have the same seed and recipe: chance that both shared would look like knowledge."""
    results = [trained(data, tmp_path / str(seed), networks_seed=seed) for seed in (5, 6)]
    assert lasting(results[0]) == lasting(results[1])
    layout, region = SPACE.layout(data.shape, data.classes), make_region()
    like = TrainerConfig(epochs=2, batch_size=20)
    config = replace(CONFIG, region_steps=None, region_epochs=2, repeats=1)
    trainings = StoredTrainings(Store(tmp_path / "same"), config, layout, data, seed=5)
    found = trainings.region(region)["path_losses"]
    networks = StoredTrainings(trainings.store, like, layout, data, seed=5).networks(
        [region.architecture(path) for path in found["paths"]], seed=0
    )
    assert not np.isin(found["losses"], [network["validation_loss"] for network in networks]).any()


def test_an_interrupted_training_goes_on_where_it_was(data, tmp_path, monkeypatch):
    monkeypatch.setitem(stored.CHUNK, "cpu", 2)
    told = []

    def interrupt(what):
        told.append(what)
        if len(told) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(data, tmp_path / "cut", told=interrupt)
    result = trained(data, tmp_path / "cut", told=told.append)
    assert told[2] == told[3] == "paths 5–6 of 6, training 1 of 2"
    assert len(told) == 7
    assert lasting(result) == lasting(trained(data, tmp_path / "whole"))
    trained(data, tmp_path / "cut", told=told.append)
    assert len(told) == 7


def test_steps_end_where_they_are_said_to(data):
    """In the second pass of the eight steps that an epoch of 160 examples has."""
    for epoch, steps in ((0, 8), (1, 3)):
        batches = EpochBatches(data, CONFIG, seed=0, epoch=epoch, alone=True, steps=11)
        assert len(batches) == len(list(batches)) == steps
    whole = EpochBatches(data, CONFIG, seed=0, epoch=1, alone=True)
    cut = EpochBatches(data, CONFIG, seed=0, epoch=1, alone=True, steps=11)
    for (a, _), (b, _) in zip(list(whole)[:3], cut, strict=True):
        assert (a[0] == b[0]).all()


def test_as_many_steps_as_epochs_have_are_these_epochs(data, tmp_path):
    epochs, steps = (
        trained(data, tmp_path, replace(CONFIG, repeats=1, **length))
        for length in ({"region_steps": None, "region_epochs": 2}, {"region_steps": 16})
    )
    assert lasting(epochs) == lasting(steps)


def test_the_cost_is_that_of_all_networks_and_of_reading_them(data, tmp_path):
    region, layout = make_region(), SPACE.layout(data.shape, data.classes)
    result = trained(data, tmp_path)
    forward = [network_cost(region.architecture(path), layout)[1] for path in result["path_losses"]["paths"]]
    assert result["train_flops"] == 2 * sum(forward) * (3 * 11 * 20 + data.sizes["validation"])
    assert hyper_flops(region, CONFIG, layout, data) == result["train_flops"]


def test_a_planted_path_ranks_first_in_every_readout(monkeypatch, tmp_path):
    config = replace(CONFIG, repeats=1, region_steps=60, readout_paths=None)
    region, data = planted_region(monkeypatch), make_data(train=300)
    readings = read_region(trained(data, tmp_path, config, region), 2, 3, config)
    assert set(readings) == set(PATH_READOUTS)
    for name, reading in readings.items():
        assert np.argmax(reading.stage_scores, 1).tolist() == [1, 2], name


def test_a_region_of_one_candidate_has_nothing_to_rank(data, tmp_path):
    region = Region([[stage[0]] for stage in make_region().cells])
    config = replace(CONFIG, readout_paths=None)
    readings = read_region(trained(data, tmp_path, config, region), 2, 1, config)
    assert readings["accuracy_effects"].stage_scores == [[0], [0]]


@pytest.mark.parametrize(
    ("paths", "candidates", "depth", "size"), [(None, 5, 3, 120), (None, 3, 2, 9), (7, 5, 3, 10), (None, 3, 8, 192)]
)
def test_how_many_paths_train(paths, candidates, depth, size):
    assert replace(CONFIG, readout_paths=paths).design_size(candidates, depth) == size
