"""Networks that train from scratch, side by side."""

import json

import numpy as np
import pytest
import torch

from fade.estimators.supernet import SupernetConfig
from fade.nets.config import SpaceConfig
from fade.nets.network import Network
from fade.training.flops import network_cost
from fade.training.networks import train_networks
from fade.training.recipe import NetworkRecipe
from tests.training.samples import SPACE, make_data, make_region, same, state, trained_once

IMAGES = SpaceConfig(depth=2, vertices=3, channels=4, ops=["conv3", "sepconv3"], normalise="vertex")


def distance(one, other):
    """Of all weights and kept statistics, relative to their norm: Adam makes noise of the smallest gradients."""
    mine, theirs = (torch.cat([value.flatten() for value in network.state_dict().values()]) for network in (one, other))
    return (mine - theirs).norm() / theirs.norm()


@pytest.mark.parametrize(
    ("space", "shape", "optimizer"),
    [
        (SPACE, (1, 16), "adam"),
        (IMAGES, (2, 8, 8), "sgd"),
        (SpaceConfig(name="mlp", ops=["linear"], depth=2), (1, 16), "adam"),
    ],
    ids=["1-d", "2-d", "mlp"],
)
def test_networks_trained_at_once_equal_each_alone(space, shape, optimizer):
    data, region = make_data(shape), make_region(space=space, candidates=2)
    layout = space.layout(data.shape, data.classes)
    recipe = NetworkRecipe(epochs=2, batch_size=20, optimizer=optimizer, lr=0.002, lr_end=0.001)
    architectures = [region.architecture(path) for path in ((0, 0), (1, 0), (0, 0), (1, 1))]
    together = train_networks(architectures, recipe, layout, data, seed=4)
    reversed_order = train_networks(architectures[::-1], recipe, layout, data, seed=4)
    assert together.result["parameters"] == [network_cost(cells, layout)[0] for cells in architectures]
    for n, architecture in enumerate(architectures):
        alone = train_networks([architecture], recipe, layout, data, seed=4)
        for other in (together.network.single(n), reversed_order.network.single(3 - n)):
            assert distance(other, alone.network) < 1e-3
        for key in ("validation_accuracy", "test_accuracy"):
            for result in (together.result[key][n], reversed_order.result[key][3 - n]):
                assert result == pytest.approx(alone.result[key][0], abs=0.02)
        for key in ("parameters", "flops", "train_flops"):
            assert together.result[key][n] == alone.result[key][0]


def test_a_network_learns_and_its_accuracy_is_that_of_running_statistics():
    data, region = make_data(), make_region(candidates=1)
    recipe = NetworkRecipe(epochs=8, batch_size=20)
    trained = train_networks([region.architecture((0, 0))], recipe, SPACE.layout(data.shape, 3), data, seed=0)
    assert trained.result["test_accuracy"][0] > 0.8
    hits = []
    with torch.no_grad(), trained.network.statistics("running"):
        for x, y in data.batches("test", batch_size=1, seed=0):  # an example at a time: no batch to lean on
            hits.append((trained.network(x)[0].argmax(-1) == y).item())
    assert np.mean(hits) == pytest.approx(trained.result["test_accuracy"][0], abs=1e-9)


def test_trainings_are_functions_of_their_arguments():
    data, region, layout = make_data(), make_region(), SPACE.layout((1, 16), 3)
    config = SupernetConfig(name="first_order", mixing="gumbel", epochs=2, batch_size=20)

    def numbers(seed):
        torch.manual_seed(seed + 100)
        np.random.seed(seed)  # noqa: NPY002 - that no one may draw from
        result = trained_once(region, config, data, seed=seed)
        return {key: value for key, value in result.items() if key != "epoch_seconds"}

    assert numbers(0) == numbers(0) != numbers(1)
    architectures = [region.architecture((0, 1))]
    first, second, other = (
        train_networks(architectures, config.network, layout, data, seed=seed) for seed in (0, 0, 1)
    )
    assert same(state(first.network), state(second.network))
    assert not same(state(first.network), state(other.network))


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_what_is_trained_is_read_in_the_same_precision(precision, monkeypatch):
    data, region, layout = make_data(), make_region(), SPACE.layout((1, 16), 3)
    config, autocast, head = SupernetConfig(epochs=1, batch_size=20, precision=precision), set(), Network._head

    def spy(self, h):  # every pass ends here
        autocast.add(torch.is_autocast_enabled("cpu"))
        return head(self, h)

    monkeypatch.setattr(Network, "_head", spy)
    trained_once(region, config, data)
    train_networks([region.architecture((0, 0))], config.network, layout, data, seed=0)
    assert autocast == {precision == "bf16-mixed"}


def test_a_result_is_json():
    data, layout = make_data(), SPACE.layout((1, 16), 3)
    region = make_region()
    config = SupernetConfig(epochs=1, batch_size=20)
    for result in (
        trained_once(region, config, data),
        train_networks([region.architecture((0, 0))], config.network, layout, data, seed=0).result,
    ):
        assert json.loads(json.dumps(result, allow_nan=False)) == result
