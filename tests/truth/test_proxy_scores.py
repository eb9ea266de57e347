"""Scores of many architectures by zero-cost proxies."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from fade.nets.config import SpaceConfig
from fade.nets.network import Network
from fade.seeds import subseed
from fade.space import Cell, Region
from fade.truth.proxies import EXAMPLES, PROXIES, proxy_scores
from tests.training.samples import make_data

SPACE = SpaceConfig(depth=2, vertices=3, channels=4, ops=["conv3"], pool=[])
ARCHITECTURES = [[Cell.parse(a), Cell.parse(b)] for a, b in (("3", "2/0-1:conv3"), ("3/0-2:conv3", "3/0-1:conv3"))]


def scores(data, architectures=ARCHITECTURES, **options):
    layout = SPACE.layout(data.shape, data.classes)
    return proxy_scores(architectures, list(PROXIES), layout, data, **{"seed": 0, **options})


def test_an_architectures_score_is_its_own_and_of_the_seed():
    data = make_data()
    found = scores(data)
    assert {name: values[::-1] for name, values in found.items()} == scores(data, ARCHITECTURES[::-1])
    drawn_otherwise = [
        [Cell.parse("3"), Cell.parse("2/0-1:conv3")],
        [Cell.parse("3/1-2:conv3"), Cell.parse("3/0-2:conv3")],
    ]
    assert found == scores(data, drawn_otherwise)
    other = scores(data, seed=1)
    assert all(np.all(np.array(values) != other[name]) for name, values in found.items())


def test_several_initial_weights_are_averaged():
    data = make_data()
    layout, values = SPACE.layout(data.shape, data.classes), []
    for number in range(3):
        seeds = [subseed(0, "init", number, *map(str, ARCHITECTURES[0]))]
        network = Network([Region([[cell] for cell in ARCHITECTURES[0]])], layout, seeds=seeds)
        values.append(PROXIES["synflow"].score(network, *next(iter(data.batches("test", batch_size=2, seed=0)))))
        assert scores(data, initialisations=number + 1)["synflow"][0] == pytest.approx(np.mean(values))
    assert len(set(values)) == 3


def test_only_examples_of_the_weights_split_are_seen():
    data = make_data()
    x, y, start = data._x.clone(), data._y.clone(), data.sizes["weights"]
    x[start:], y[start:] = torch.nan, 0
    assert data.sizes["weights"] > EXAMPLES
    assert scores(replace(data, _x=x, _y=y)) == scores(data)
