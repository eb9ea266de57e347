"""Small data and regions for tests of trainings."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from fade.data import Data, DatasetConfig
from fade.data.data import prepare
from fade.data.examples import Examples
from fade.estimators import Resources
from fade.estimators.supernet import SupernetConfig, measure
from fade.nets import vocabulary
from fade.nets.config import SpaceConfig
from fade.space import Cell, Region
from fade.store import Store
from fade.training.cached import CachedTrainings, Networks
from fade.training.region import RegionTrainer, hyper_architecture, train_region


def make_data(shape=(1, 16), train=200, classes=3, noise=0.1, seed=0, augment="none"):
    """Waves along the last axis, a frequency a class; of 200: weights 120, alpha 40, validation 40."""
    rng = np.random.default_rng(seed)
    steps = np.arange(shape[-1])

    def draw(n):
        labels = np.arange(n) % classes
        phase = rng.uniform(0, 2 * np.pi, (n, *shape[:-1], 1))
        frequency = (np.pi * (1 + labels) / (classes + 1)).reshape(n, *[1] * len(shape))
        waves = np.sin(frequency * steps + phase)
        return (waves + noise * rng.normal(size=(n, *shape))).astype(np.float32), labels

    (x, y), (x_test, y_test) = draw(train), draw(60)
    examples = Examples(
        train=x, train_labels=y, test=x_test, test_labels=y_test, class_names=tuple("abcdefgh"[:classes])
    )
    config = DatasetConfig(name="npz", root="unused", augment=augment)
    return prepare(config, examples, seed=0, device="cpu")


def with_labels(data: Data, *splits: str, add=1) -> Data:
    """The same data with wrong labels in some splits."""
    y, start = data._y.clone(), 0
    for split, size in data.sizes.items():
        if split in splits:
            y[start : start + size] = (y[start : start + size] + add) % data.classes
        start += size
    return replace(data, _y=y)


SPACE = SpaceConfig(depth=2, vertices=3, channels=8, ops=["conv3", "identity"], pool=[])


def make_region(candidates=3, seed=0, space=SPACE):
    return space.build().sample_region(np.random.default_rng(seed), candidates)


def make_trainer(data, *, region=None, space=SPACE, seed=0, kind=RegionTrainer, **values):
    recipe = SupernetConfig(**{"epochs": 2, "batch_size": 20, **values}).of_region
    region = region or make_region(space=space)
    network = hyper_architecture(region, recipe, space.layout(data.shape, data.classes), seed=seed)
    return kind(network, recipe, data, seed=seed)


def trained_once(region, config, data, *, space=SPACE, seed=0, readout_seed=None):
    """The JSON result of one training of a region, the read-outs measured of it among it."""
    layout = space.layout(data.shape, data.classes)
    module, trained = train_region(region, config.of_region, layout, data, seed=seed, readout_seed=readout_seed)
    return measure(module, trained, {name: config.make_readout(name) for name in config.measured})


def train_alone(trainings, architectures, recipe, seed=0):
    """Results of stand-alone networks, one each."""
    (results,) = trainings.networks([Networks(architectures=architectures, recipe=recipe, seed=seed)])
    return results


def make_trainings(data, folder, *, space=SPACE, seed=5, **more):
    """Trainings with a store in a folder."""
    return CachedTrainings(Store(folder), space.layout(data.shape, data.classes), data, seed=seed, **more)


def make_estimator(config, trainings, *, space=SPACE, candidates=3, earlier=()):
    """The estimator of a configuration, which trains by given trainings."""
    return config.build(Resources(space.build(), candidates, {}.__getitem__, trainings, earlier))


def state(module):
    """Every number of a trainer or a network, copied."""
    return {name: value.detach().clone() for name, value in module.state_dict().items()}


def same(one, other):
    assert one.keys() == other.keys()
    return all(torch.equal(value, other[name]) for name, value in one.items())


class Neighbour(torch.nn.Module):
    """An op that gives each example what belongs to another: as loud as the others, and of no use."""

    def forward(self, x):
        return x.roll(1, 0)


def planted_region(patch: pytest.MonkeyPatch) -> Region:
    """Two stages of three candidates; (1, 2) is the one path that carries the signal."""
    patch.setattr(vocabulary, "_REGISTERED", {"neighbour": lambda channels, dims: Neighbour()})
    deaf = [Cell.parse("2/0-1:neighbour"), Cell.parse("3/0-1:neighbour/1-2:conv3")]
    return Region([[deaf[0], Cell.parse("2/0-1:conv3"), deaf[1]], [*deaf, Cell.parse("3/0-1:conv3/1-2:conv3")]])
