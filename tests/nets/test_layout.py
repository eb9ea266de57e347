import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fade.nets.config import SpaceConfig
from fade.nets.layout import SMALLEST, spread_pools
from fade.nets.network import Network

SHAPES = [(1, 8, 8), (3, 28, 28), (2, 17), (5, 7, 9), (1, 4, 4), (1, 1), (2, 1, 3), (4, 40)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", ["conv", "mlp"])
@pytest.mark.parametrize("classes", [1, 2, 101])
def test_any_input_and_number_of_classes(name, shape, classes):
    config = SpaceConfig(name=name, depth=3, channels=8, width=5, ops=["linear"])
    network = Network(
        [config.build().sample_region(np.random.default_rng(0), 1)], config.layout(shape, classes), seeds=[0]
    )
    assert network(torch.randn(3, *shape)).shape == (1, 3, classes)


@settings(deadline=None)
@given(st.integers(1, 12), st.lists(st.integers(1, 300), min_size=1, max_size=2))
def test_pools_are_spread_as_the_size_allows(depth, spatial):
    pools = spread_pools(depth, spatial)
    assert sorted(set(pools)) == pools
    assert all(0 <= d < depth - 1 for d in pools)
    assert min(spatial) >> len(pools) >= min(SMALLEST, min(spatial))
    assert len(pools) == depth - 1 or min(spatial) >> len(pools) + 1 < SMALLEST
    gaps = np.diff([-1, *pools, depth - 1])
    assert gaps.max() - gaps.min() <= 1


def test_width_doubles_at_each_pooling_and_ends_at_channels():
    stages = SpaceConfig(depth=4, channels=32, pool=[0, 2]).layout((3, 28, 28), 10).stages
    assert [(s.inputs, s.channels, s.spatial, s.pool) for s in stages] == [
        (3, 8, (28, 28), True),
        (8, 16, (14, 14), False),
        (16, 16, (14, 14), True),
        (16, 32, (7, 7), False),
    ]


def test_pooling_behind_the_last_stage_leaves_the_width():
    stages = SpaceConfig(depth=2, channels=6, pool=[0, 1]).layout((1, 9), 3).stages
    assert [(s.channels, s.spatial) for s in stages] == [(3, (9,)), (6, (4,))]


@pytest.mark.parametrize(
    ("values", "shape", "message"),
    [
        ({"pool": [0, 1, 2, 3], "depth": 5}, (1, 8, 8), r"space\.pool=.*fewer"),
        ({"pool": [3]}, (1, 8, 8), r"space\.pool=\[3\].*0 to 2"),
        ({"pool": [-1]}, (1, 8, 8), r"space\.pool=\[-1\]"),
        ({"pool": [1, 1]}, (1, 8, 8), r"space\.pool=\[1, 1\].*twice"),
        ({"channels": 6}, (1, 28, 28), r"space\.channels=6.*multiple of 4"),
    ],
)
def test_what_cannot_be_built_is_named(values, shape, message):
    with pytest.raises(ValueError, match=message):
        SpaceConfig(**values).layout(shape, 10)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "rnn"}, r"space\.name=rnn.*conv, mlp"),
        ({"depth": 0}, r"space\.depth=0"),
        ({"channels": 0}, r"space\.channels=0"),
        ({"width": -1}, r"space\.width=-1"),
        ({"vertices": 0}, r"space\.vertices=0"),
        ({"vertices": [6, 4]}, r"space\.vertices=\[6, 4\]"),
        ({"vertices": "5"}, r"space\.vertices=5"),
        ({"vertices": [1, 2, 3]}, r"space\.vertices"),
        ({"ops": []}, r"space\.ops=\[\]"),
        ({"ops": ["conv4"]}, r"space\.ops: 'conv4'.*conv3"),
        ({"ops": ["conv3", "conv3"]}, r"space\.ops.*twice"),
        ({"output_op": "conv"}, r"space\.output_op: 'conv'"),
        ({"name": "mlp"}, r"space\.ops: 'conv3'.*linear"),
        ({"name": "mlp", "ops": ["linear", "maxpool3"]}, r"space\.ops: 'maxpool3'.*linear"),
        ({"normalise": "layer"}, r"space\.normalise=layer.*output"),
    ],
)
def test_a_wrong_space_is_named(values, message):
    with pytest.raises(ValueError, match=message):
        SpaceConfig(**values)
