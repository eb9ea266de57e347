"""Recomputed activations: the gradients, the running statistics and the random numbers of kept ones."""

from contextlib import nullcontext

import numpy as np
import pytest
import torch
from torch import nn

from fade.nets import vocabulary
from fade.nets.config import SpaceConfig
from fade.nets.network import Network
from fade.nets.recompute import recomputed
from fade.training.steps.fair import disjoint_paths


class Kept(nn.Module):
    """Draws random numbers, and computes with a buffer that each pass moves."""

    def __init__(self, channels, dims):
        super().__init__()
        self.convolve = nn.Conv1d(channels, channels, 3, padding=1)
        self.register_buffer("moved", torch.ones(()))

    def forward(self, x):
        if self.training:
            self.moved = self.moved + 0.5
        return nn.functional.dropout(self.convolve(x), 0.3) * self.moved


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setattr(vocabulary, "_REGISTERED", {"kept": Kept})


SPACES = {
    "images, loop": ({"depth": 3, "channels": 8}, (3, 8, 8), "loop"),
    "images, vertices normalised": ({"depth": 3, "channels": 8, "normalise": "vertex"}, (3, 8, 8), "loop"),
    "signals, grouped": ({"depth": 3, "channels": 8, "normalise": "vertex"}, (2, 16), "grouped"),
    "mlp, matmul": ({"name": "mlp", "depth": 3, "width": 7, "ops": ["linear", "identity"]}, (2, 5), "matmul"),
    "blocks": ({"name": "nas_bench_macro", "depth": 8, "stem": 4}, (3, 16, 16), "loop"),
    "a registered op": ({"depth": 2, "channels": 4, "ops": ["kept", "conv3"]}, (2, 16), "grouped"),
}
every_space = pytest.mark.parametrize("space", SPACES)


def both(space, candidates=3):
    """One hyper-architecture twice: activations kept, and recomputed; and the way to run them."""
    values, shape, execution = SPACES[space]
    config = SpaceConfig(**values)
    region = config.build().sample_region(np.random.default_rng(1), candidates)
    x, layout = torch.randn(6, *shape), config.layout(shape, 5)
    networks = [Network([region], layout, seeds=[3], checkpoint_activations=again) for again in (False, True)]
    with networks[0].statistics("batch"):
        arriving = networks[0]._prepare(x)
    assert {stage.cells.execution_on(arriving) for stage in networks[0].each_stage()} == {execution}
    return networks, x


def gradients(network, x, step, statistics="update"):
    """Of weights and mixing weights, by a step; and the network's state after it."""
    depth, candidates = len(network.layout.stages), network.regions[0].candidates
    mixing = torch.linspace(0.1, 0.6, depth * candidates).view(depth, 1, candidates).requires_grad_()
    generator = np.random.default_rng(5)
    torch.manual_seed(7)
    with network.statistics(statistics):
        if step == "mixture":
            logits = network(x, list(mixing))
        elif step == "disjoint paths":
            logits = network.forward_paths(x, disjoint_paths(candidates, depth, generator))
        else:
            logits = network.forward_paths(x, generator.integers(candidates, size=(5, depth)))
    # After the context, whose statistics the recomputation must have all the same.
    found = torch.autograd.grad(logits.square().sum(), [mixing, *network.parameters()], materialize_grads=True)
    return found, network.state_dict()


@every_space
@pytest.mark.parametrize("step", ["mixture", "disjoint paths", "random paths"])
@pytest.mark.parametrize("statistics", ["update", "batch"])
def test_gradients_and_running_statistics_are_those_of_kept_activations(space, step, statistics):
    networks, x = both(space)
    (kept, state), (again, state_again) = (gradients(network, x, step, statistics) for network in networks)
    assert all(map(torch.equal, kept, again))
    assert all(map(torch.equal, state.values(), state_again.values()))


def test_nothing_is_recomputed_without_gradients():
    networks, x = both("images, loop")
    paths, calls = np.array([[0, 1, 2], [1, 1, 0]]), []
    for network in networks:
        network.stages[0].register_forward_hook(lambda *_: calls.append(1))
        with torch.no_grad(), network.statistics("batch"):
            network.forward_paths(x, paths)
    assert len(calls) == 2


def test_a_second_backward_pass_recomputes_the_same():
    module, x = Kept(4, 1), torch.randn(3, 4, 8)
    loss = recomputed(module, x, alike=nullcontext).square().sum()
    first = torch.autograd.grad(loss, module.convolve.weight, retain_graph=True)
    assert torch.equal(*first, *torch.autograd.grad(loss, module.convolve.weight))
    assert module.moved == 1.5
