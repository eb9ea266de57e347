import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from fade.nets import vocabulary
from fade.nets.config import SpaceConfig
from fade.nets.network import Network
from fade.nets.vocabulary import CONVOLUTIONS, PARAMETER_FREE, register_op
from fade.space import Cell, Region
from fade.training.flops import network_cost
from tests.nets.reference import evaluate_path

OPS = [*CONVOLUTIONS, *PARAMETER_FREE]
SPACES = {
    "1-d": (SpaceConfig(depth=3, channels=8, ops=OPS, output_op="conv3"), (2, 17)),
    "2-d": (SpaceConfig(depth=3, channels=8, ops=OPS, output_op="conv3"), (3, 8, 9)),
    "3-d": (SpaceConfig(depth=3, channels=8, ops=["conv3", "maxpool3", "identity"], output_op="conv3"), (2, 4, 6, 5)),
    "mlp": (SpaceConfig(name="mlp", depth=3, width=7, ops=["linear", "identity"]), (2, 5)),
}
every_space = pytest.mark.parametrize("space", SPACES)
both_executions = pytest.mark.parametrize("execution", ["grouped", "loop"])
close = {"atol": 2e-5, "rtol": 2e-5}


def hyper(space, candidates=4, execution=None, share=False):
    config, shape = SPACES[space]
    region = config.build().sample_region(np.random.default_rng(1), candidates)
    network = Network([region], config.layout(shape, 5), seeds=[3], share=share)
    for stage in network.each_stage():
        stage.cells.execution = execution
    return network, torch.randn(6, *shape)


def one_hot(path, candidates):
    return [torch.eye(candidates)[k][None] for k in path]


@every_space
@both_executions
@pytest.mark.parametrize("share", [False, True], ids=["own weights", "shared weights"])
def test_one_hot_mixing_is_the_stand_alone_network(space, execution, share):
    network, x = hyper(space, execution=execution, share=share)
    for path in ([0, 1, 2], [3, 3, 0]):
        alone = network.path_network(path)
        expected = evaluate_path(network, path, x)
        with network.statistics("batch"), alone.statistics("batch"):
            torch.testing.assert_close(alone(x)[0], expected, **close)
            torch.testing.assert_close(network(x, path)[0], expected, **close)
            torch.testing.assert_close(network(x, one_hot(path, 4))[0], expected, **close)
            torch.testing.assert_close(network.forward_paths(x, np.array([path]))[0], expected, **close)


@every_space
@both_executions
@pytest.mark.parametrize(
    "paths",
    [
        [[0, 0, 0], [0, 0, 1], [0, 2, 1]],
        [[2, 1, 0], [2, 1, 0], [1, 1, 0]],
        [[3, 0, 1], [1, 2, 0], [0, 1, 3], [2, 3, 2]],
        np.random.default_rng(0).integers(4, size=(9, 3)).tolist(),
    ],
    ids=["shared prefix", "repeated", "disjoint", "random"],
)
def test_paths_together_equal_one_by_one(space, execution, paths):
    network, x = hyper(space, execution=execution)
    with network.statistics("batch"):
        together = network.forward_paths(x, np.array(paths))
    for logits, path in zip(together, paths, strict=True):
        torch.testing.assert_close(logits, evaluate_path(network, path, x), **close)


@pytest.mark.parametrize("space", ["1-d", "2-d"])
@both_executions
@pytest.mark.parametrize("normalise", ["output", "vertex"])
def test_running_statistics_hold_for_a_path_as_for_the_stand_alone_network(space, execution, normalise):
    config, shape = SPACES[space]
    config = SpaceConfig(depth=2, channels=8, ops=config.ops, output_op="conv3", normalise=normalise)
    region = config.build().sample_region(np.random.default_rng(1), 3)
    network, x = Network([region], config.layout(shape, 5), seeds=[3]), torch.randn(6, *shape)
    for stage in network.each_stage():
        stage.cells.execution = execution
    for _ in range(3):
        network(torch.randn(6, *shape), [torch.full((1, 3), 1 / 3)] * 2)
    path = [2, 1]
    alone = network.path_network(path)
    with network.statistics("running"), alone.statistics("running"):
        expected = alone(x)[0]
        torch.testing.assert_close(network(x, path)[0], expected, **close)
        torch.testing.assert_close(network.forward_paths(x, np.array([path, [0, 1]]))[0], expected, **close)
        torch.testing.assert_close(alone(x[:1])[0], expected[:1], **close)  # no example sees another


@every_space
@both_executions
def test_networks_side_by_side_equal_each_alone(space, execution):
    config, shape = SPACES[space]
    rng, layout = np.random.default_rng(5), config.layout(shape, 4)
    regions = [config.build().sample_region(rng, 1) for _ in range(3)]
    together, x = Network(regions, layout, seeds=[5, 6, 7]), torch.randn(6, *shape)
    for stage in together.each_stage():
        stage.cells.execution = execution
    logits = together(x)
    for n, region in enumerate(regions):
        torch.testing.assert_close(logits[n], Network([region], layout, seeds=[5 + n])(x)[0], **close)
        with together.single(n).statistics("batch"):
            torch.testing.assert_close(logits[n], together.single(n)(x)[0], **close)


def test_mixed_regions_side_by_side_equal_each_alone():
    config, shape = SPACES["1-d"]
    rng, layout = np.random.default_rng(5), config.layout(shape, 4)
    regions = [config.build().sample_region(rng, 3) for _ in range(2)]
    together, x = Network(regions, layout, seeds=[5, 6]), torch.randn(6, *shape)
    mixing = [torch.softmax(torch.randn(2, 3), -1) for _ in range(3)]
    logits = together(x, mixing)
    for n, region in enumerate(regions):
        alone = Network([region], layout, seeds=[5 + n])
        torch.testing.assert_close(logits[n], alone(x, [m[n : n + 1] for m in mixing])[0], **close)


def counted(network, x):
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(x)
    return counter.get_total_flops(), sum(p.numel() for p in network.parameters())


def chain(op, output_op):
    """A cell with three edges of an op, two of them into one vertex."""
    return Cell(4, [(0, 1, op), (0, 2, output_op), (1, 3, op), (2, 3, op)])


class Gated(nn.Module):
    def __init__(self, channels, dims):
        super().__init__()
        layer = {1: nn.Conv1d, 2: nn.Conv2d}[dims]
        self.norm = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d}[dims](channels, affine=False)
        self.value, self.gate = (layer(channels, channels, 1, bias=bias) for bias in (True, False))

    def forward(self, x):
        return self.value(self.norm(x)) * torch.sigmoid(self.gate(x))


@pytest.fixture
def registry(monkeypatch):
    monkeypatch.setattr(vocabulary, "_REGISTERED", {})
    register_op("gated", Gated)
    register_op("double", lambda channels, dims: Scale())


class Scale(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("factor", torch.tensor(2.0))

    def forward(self, x):
        return x * self.factor


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(
    ("op", "shape"),
    [(op, shape) for op in [*OPS, "gated", "double"] for shape in ((2, 17), (3, 8, 9))]
    + [(op, "mlp") for op in ("linear", "identity", "gated")],
)
def test_cost_agrees_with_torch(op, shape):
    mlp = shape == "mlp"
    output_op = "linear" if mlp else "conv3"
    ops = sorted({op, output_op})
    config = SpaceConfig(name="mlp" if mlp else "conv", depth=2, channels=8, width=6, ops=ops, output_op=output_op)
    shape = (2, 5) if mlp else shape
    architecture = (chain(op, output_op), Cell(2, [(0, 1, op)]))
    layout = config.layout(shape, 3)
    network = Network([Region([[cell] for cell in architecture])], layout, seeds=[0])
    before = copy.deepcopy(network.state_dict())
    cost = network.cost()
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    flops, parameters = counted(network, torch.randn(2, *shape))
    assert (cost.path_parameters([0, 0]), 2 * cost.path_flops([0, 0])) == (parameters, flops)
    assert network_cost(architecture, layout) == (parameters, flops // 2)


@every_space
def test_cost_of_each_path_is_that_of_its_stand_alone_network(space):
    network, x = hyper(space)
    cost = network.cost()
    for path in ([0, 1, 2], [3, 0, 0]):
        flops, parameters = counted(network.path_network(path), x)
        assert (6 * cost.path_flops(path), cost.path_parameters(path)) == (flops, parameters)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(x, [torch.full((1, 4), 0.25)] * 3)
    assert counter.get_total_flops() == 6 * cost.mixed_flops()


@pytest.mark.usefixtures("registry")
def test_read_outs_move_no_state_of_a_registered_op():
    config = SpaceConfig(depth=1, channels=4, ops=["gated", "double"], output_op="conv3")
    network = Network(
        [Region([[Cell(2, [(0, 1, "gated")]), Cell(2, [(0, 1, "double")])]])], config.layout((2, 9), 3), seeds=[0]
    )
    mixing, x = [torch.full((1, 2), 0.5)], torch.randn(4, 2, 9)
    before = copy.deepcopy(network.state_dict())
    for kind in ("batch", "running"):
        with network.statistics(kind):
            network(x, mixing)
            network.forward_paths(x, np.array([[0], [1]]))
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    network(x, mixing)
    moved = "stages.0.cells.ops.op_gated.modules_.0.norm.running_mean"
    assert not torch.equal(network.state_dict()[moved], before[moved])


@every_space
@pytest.mark.parametrize("normalise", ["output", "vertex"])
def test_mixed_precision_runs_every_op(space, normalise):
    config, shape = SPACES[space]
    config = SpaceConfig(
        name=config.name, depth=2, channels=8, ops=config.ops, output_op=config.output_op, normalise=normalise
    )
    region = config.build().sample_region(np.random.default_rng(2), 4)
    network, x = Network([region], config.layout(shape, 5), seeds=[0]), torch.randn(6, *shape)
    for execution in ("grouped", "loop"):
        for stage in network.each_stage():
            stage.cells.execution = execution
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(x, [torch.full((1, 4), 0.25)] * 2)
        exact = network(x, [torch.full((1, 4), 0.25)] * 2)
        assert torch.isfinite(logits).all()
        torch.testing.assert_close(logits.float(), exact, atol=0.15, rtol=0.15)
