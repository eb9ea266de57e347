"""Paths of a region that train as networks of their own."""

from dataclasses import replace

import numpy as np
import pytest

from fade.estimators import READOUTS, Need
from fade.estimators.independent_paths import IndependentPathsConfig
from fade.seeds import subseed
from fade.training import cached
from fade.training.flops import network_cost
from fade.training.networks import train_paths
from fade.training.recipe import NetworkRecipe, design_size
from fade.training.trainer import EpochBatches
from tests.training.samples import (
    SPACE,
    make_data,
    make_estimator,
    make_region,
    make_trainings,
    planted_region,
    train_alone,
)

CONFIG = IndependentPathsConfig(repeats=2, region_steps=11, batch_size=20, readout_paths=6)
SEED_NAME = "apart"  # which names the seed of these trainings, as ever


@pytest.fixture(scope="module")
def data():
    return make_data()


def trained(data, store, config=CONFIG, **more):
    return make_estimator(config, make_trainings(data, store, **more)).train(make_region())


def lasting(result):
    return {key: value for key, value in result.items() if key != "seconds"}


def test_each_path_is_a_network_of_its_own(data, tmp_path):
    """However many train at once, and whatever the others are. By SGD: Adam makes whole steps of rounded gradients."""
    config, layout = replace(CONFIG, repeats=1, optimizer="sgd", lr=0.1), SPACE.layout(data.shape, data.classes)
    found = trained(data, tmp_path, config)["path_losses"]
    assert len(found["paths"]) == len(set(found["losses"])) == 6
    for path, loss, accuracy in zip(found["paths"], found["losses"], found["accuracies"], strict=True):
        alone = train_paths(
            [make_region().architecture(path)], config.of_region, layout, data, seed=subseed(5, SEED_NAME, 0)
        )
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
    region, config = make_region(), replace(CONFIG, region_steps=None, epochs=2, repeats=1)
    found = trained(data, tmp_path / "same", config)["path_losses"]
    assert config.network == config.of_region
    architectures = [region.architecture(path) for path in found["paths"]]
    networks = train_alone(make_trainings(data, tmp_path / "same"), architectures, config.network)
    assert not np.isin(found["losses"], [network["validation_loss"] for network in networks]).any()


def test_an_interrupted_training_goes_on_where_it_was(data, tmp_path, monkeypatch):
    monkeypatch.setitem(cached.CHUNK, "others", 2)
    announced = []

    def interrupt(what):
        announced.append(what)
        if len(announced) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(data, tmp_path / "cut", announce=interrupt)
    result = trained(data, tmp_path / "cut", announce=announced.append)
    assert announced[2] == announced[3] == "paths 5–6 of 6, training 1 of 2"
    assert len(announced) == 7
    assert lasting(result) == lasting(trained(data, tmp_path / "whole"))
    trained(data, tmp_path / "cut", announce=announced.append)
    assert len(announced) == 7


def test_steps_end_where_they_are_said_to(data):
    """In the second pass of the eight steps that an epoch of 160 examples has."""
    recipe = NetworkRecipe(batch_size=20)
    for epoch, steps in ((0, 8), (1, 3)):
        batches = EpochBatches(data, recipe, seed=0, epoch=epoch, one_split=True, steps=11)
        assert len(batches) == len(list(batches)) == steps
    whole = EpochBatches(data, recipe, seed=0, epoch=1, one_split=True)
    cut = EpochBatches(data, recipe, seed=0, epoch=1, one_split=True, steps=11)
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
    assert make_estimator(CONFIG, make_trainings(data, tmp_path)).price(region) == result["train_flops"]


def test_a_planted_path_ranks_first_in_every_readout(monkeypatch, tmp_path):
    config = replace(CONFIG, repeats=1, region_steps=60, readout_paths=None)
    region, data = planted_region(monkeypatch), make_data(train=300)
    estimate = make_estimator(config, make_trainings(data, tmp_path)).estimate(region, 0)
    assert set(estimate.readouts) == {name for name, one in READOUTS.items() if one.needs == {Need.PATH_LOSSES}}
    for name, reading in estimate.readouts.items():
        assert np.argmax(reading.stage_scores, 1).tolist() == [1, 2], name
    assert estimate.stage_scores == estimate.readouts["accuracy_effects"].stage_scores
    assert estimate.ranks.top(1)[0][0] == (1, 2)


@pytest.mark.parametrize(
    ("paths", "candidates", "depth", "size"), [(None, 5, 3, 120), (None, 3, 2, 9), (7, 5, 3, 10), (None, 3, 8, 192)]
)
def test_how_many_paths_train(paths, candidates, depth, size):
    assert design_size(paths, candidates, depth, per_effect=CONFIG.paths_per_effect) == size
    region = make_region(candidates=candidates, space=replace(SPACE, depth=depth))
    assert replace(CONFIG, readout_paths=paths).paths_read(region) == size
