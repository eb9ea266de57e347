"""Zero-cost proxies, against values derived by hand on chains of linear layers, and by their properties."""

from math import prod

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from fade.nets import vocabulary
from fade.nets.blocks import ConvNorm
from fade.nets.config import SpaceConfig
from fade.nets.network import Network
from fade.space import Region
from fade.truth import config
from fade.truth.proxies import PROXIES, ReluAgreement
from tests.training.samples import same, state

CHAIN, SIDE_BY_SIDE = "2/0-1:linear", "3"
CONV = SpaceConfig(depth=2, vertices=4, channels=8, ops=["conv3", "sepconv3", "maxpool3"], pool=[0])
BRANCHED = ["4/0-1:conv3/0-2:sepconv3/1-3:maxpool3", "3/0-2:conv3/1-2:sepconv3"]
MACRO = SpaceConfig(name="nas_bench_macro", depth=8, stem=4)
BLOCKS = [f"block:{name}" for name in ("mbconv3_e3", "identity", "identity", "mbconv5_e6", *["mbconv3_e3"] * 4)]


def network_of(texts, space, shape, seed=0) -> Network:
    region = Region.parse([[text] for text in texts])
    return Network([region], space.layout(shape, 3), seeds=[seed])


def linear(cell=CHAIN, normalise="none", seed=0) -> Network:
    """Layers of width 5 between 7 features and 3 classes, in double precision."""
    space = SpaceConfig(name="mlp", depth=1, width=5, ops=["linear"], normalise=normalise)
    return network_of([cell], space, (1, 7), seed).double()


def matrices(network: Network) -> list[torch.Tensor]:
    """Weights of the layers in turn: into the stage, of the cell, out to the classes."""
    (stage,) = network.stages
    return [stage.entry[0][0, :, :, 0], *stage.cells.op("linear").weight[..., 0], network.head_weight[0]]


def batch(shape=(1, 7), examples=6, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(examples, *shape, generator=generator, dtype=dtype)
    return x, torch.arange(examples) % 3


def activations(network: Network, x: torch.Tensor) -> list[torch.Tensor]:
    """After each ReLU of a chain, by its definition."""
    found = [x.flatten(1)]
    for weight in matrices(network)[:-1]:
        found.append(torch.relu(found[-1] @ weight.T))
    return found[1:]


CASES = {
    "cells": (BRANCHED, CONV, (2, 12, 12)),
    "signals": (BRANCHED, CONV, (1, 16)),
    "blocks": (BLOCKS, MACRO, (3, 16, 16)),
}


@pytest.fixture(params=CASES)
def case(request):
    texts, space, shape = CASES[request.param]
    return network_of(texts, space, shape), *batch(shape, dtype=torch.float32)


@pytest.mark.parametrize("name", PROXIES)
def test_every_proxy_is_a_finite_number_and_leaves_the_network_as_it_was(name, case):
    network, x, y = case
    before, kept = state(network), x.clone()
    value = PROXIES[name].score(network, x, y)
    assert np.isfinite(value)
    assert PROXIES[name].score(network, x, y) == value
    assert same(before, state(network))
    assert torch.equal(x, kept)
    assert all(p.grad is None for p in network.parameters())
    assert {stage.cells.statistics for stage in network.stages} == {"update"}


def test_the_configuration_knows_the_registry():
    assert tuple(PROXIES) == config.PROXIES


@pytest.mark.parametrize(("names", "said"), [(["synflow", "zen"], "zen is unknown"), (["naswot"] * 2, "twice")])
def test_wrong_names_are_told(names, said):
    with pytest.raises(ValueError, match=rf"truth\.proxies.*{said}.*"):
        config.TruthConfig(proxies=names)


def test_synflow_of_a_chain_is_its_length_times_the_product_of_its_matrices():
    network = linear()
    first, one, two, last = (weight.abs() for weight in matrices(network))
    flow = (last @ two @ one @ first).sum().item()
    assert PROXIES["synflow"].score(network, *batch()) == pytest.approx(4 * flow)


def test_synflow_of_layers_side_by_side_adds_them():
    network = linear(SIDE_BY_SIDE)
    first, *middle, last = (weight.abs() for weight in matrices(network))
    assert len(middle) == 3
    flow = (last @ sum(middle) @ first).sum().item()
    assert PROXIES["synflow"].score(network, *batch()) == pytest.approx(3 * flow)


def test_synflow_is_taken_without_normalisation():
    plain, normalised = (PROXIES["synflow"].score(linear(normalise=kind), *batch()) for kind in ("none", "output"))
    assert normalised == pytest.approx(plain / np.sqrt(1 + 1e-5), rel=1e-12)


def test_synflow_is_how_the_flow_grows_with_all_weights(case):
    network, x, y = case
    value = PROXIES["synflow"].score(network, x, y)
    network = network.double()
    weights = [p for p in network.parameters() if p.dim() > 2 or p.shape[0] == 1]
    weights += [norm.weight for norm in network.modules() if isinstance(norm, ConvNorm) and norm.weight.dim() < 3]
    ones = torch.ones(1, *x.shape[1:], dtype=torch.float64)

    def flow(growth: float) -> float:
        copy = [weight.clone() for weight in weights]
        with torch.no_grad(), network.statistics("running"):
            for weight in weights:
                weight.abs_().mul_(np.exp(growth))
            found = network(ones).sum().item()
            for weight, kept in zip(weights, copy, strict=True):
                weight.copy_(kept)
        return found

    assert value == pytest.approx((flow(1e-5) - flow(-1e-5)) / 2e-5, rel=1e-6)


def test_synflow_needs_no_data_and_no_signs():
    network = linear()
    value = PROXIES["synflow"].score(network, *batch())
    assert PROXIES["synflow"].score(network, *batch(seed=1, examples=2)) == value
    with torch.no_grad():
        network.head_weight.neg_()
    assert PROXIES["synflow"].score(network, *batch()) == value


def test_synflow_scales_with_a_layer_and_naswot_does_not():
    x, y = batch()
    plain = {name: PROXIES[name].score(linear(), x, y) for name in ("synflow", "naswot")}
    scaled = linear()
    with torch.no_grad():
        scaled.stages[0].entry[0].mul_(3)
    assert PROXIES["synflow"].score(scaled, x, y) == pytest.approx(3 * plain["synflow"])
    assert PROXIES["naswot"].score(scaled, x, y) == plain["naswot"]


def test_naswot_is_the_determinant_of_agreeing_codes():
    network, (x, y) = linear(), batch()
    codes = (torch.cat(activations(network, x), 1) > 0).numpy()
    kernel = np.array([[np.sum(a == b) for b in codes] for a in codes], dtype=float)
    assert PROXIES["naswot"].score(network, x, y) == pytest.approx(np.log(np.linalg.det(kernel)))


def test_naswot_of_examples_with_one_code_is_minus_infinity():
    x, y = batch()
    assert PROXIES["naswot"].score(linear(), torch.cat([x, 2 * x[:1]]), torch.cat([y, y[:1]])) == -np.inf
    assert np.isfinite(PROXIES["naswot"].score(linear(), torch.cat([x, -x[:1]]), torch.cat([y, y[:1]])))


@pytest.mark.parametrize("execution", ["loop", "grouped"])
def test_all_relus_of_cells_are_seen_whatever_way_they_run(execution):
    network, (x, _) = network_of(BRANCHED, CONV, (2, 12, 12)), batch((2, 12, 12), dtype=torch.float32)
    for stage in network.stages:
        stage.cells.execution = execution
    with ReluAgreement(len(x)) as seen, torch.no_grad():
        network(x)
    with_relu = [1 + 2 + 2, 1 + 2 + 1]  # into the stage; edges that are no pooling; sinks
    expected = sum(
        count * stage.channels * prod(stage.spatial)
        for count, stage in zip(with_relu, network.layout.stages, strict=True)
    )
    assert seen.kernel.diagonal().tolist() == [expected] * len(x)


def test_all_relus_of_blocks_are_seen_with_their_codes():
    network, (x, _) = network_of(BLOCKS, MACRO, (3, 16, 16)), batch((3, 16, 16), dtype=torch.float32)
    codes = []
    for norm in network.modules():
        if isinstance(norm, ConvNorm) and norm.relu:
            norm.register_forward_hook(lambda _module, _inputs, out: codes.append((out > 0).flatten(1)))
    with ReluAgreement(len(x)) as seen, torch.no_grad():
        network(x)
    assert len(codes) == 2 + 2 * 6  # stem, neck, two a bottleneck
    together = torch.cat(codes, 1)
    expected = (together[:, None] == together[None]).sum(2)
    assert torch.equal(seen.kernel, expected.double())


def test_the_relus_of_an_op_of_ones_own_are_seen(monkeypatch):
    def twice(channels: int, dims: int) -> torch.nn.Module:
        return torch.nn.Sequential(torch.nn.ReLU(), torch.nn.ReLU(inplace=True))

    monkeypatch.setattr(vocabulary, "_REGISTERED", {"twice": twice})
    space = SpaceConfig(depth=1, vertices=2, channels=8, ops=["twice"], output_op="identity", pool=[])
    x, _ = batch((1, 16), dtype=torch.float32)
    with ReluAgreement(len(x)) as seen, torch.no_grad():
        network_of(["2/0-1:twice"], space, (1, 16))(x)
    assert seen.kernel[0, 0] == 3 * 8 * 16


@pytest.mark.parametrize("cell", [CHAIN, SIDE_BY_SIDE])
def test_grad_norm_is_the_sum_of_the_layers_norms(cell):
    network, (x, y) = linear(cell), batch()
    first, *middle, last = layers = [weight.detach().clone().requires_grad_() for weight in matrices(network)]
    h = torch.relu(x.flatten(1) @ first.T)
    if cell == CHAIN:
        for weight in middle:
            h = torch.relu(h @ weight.T)
    else:
        h = sum(torch.relu(h @ weight.T) for weight in middle)
    F.cross_entropy(h @ last.T, y).backward()
    expected = sum(weight.grad.norm().item() for weight in layers)
    assert PROXIES["grad_norm"].score(network, x, y) == pytest.approx(expected)


def test_grad_norm_leaves_out_biases_scales_and_shifts():
    network, (x, y) = network_of(BLOCKS, MACRO, (3, 16, 16)), batch((3, 16, 16), dtype=torch.float32)
    with network.statistics("batch"):
        F.cross_entropy(network(x)[0], y).backward()
    norms = [norm.weight.grad.norm() for norm in network.modules() if isinstance(norm, ConvNorm)]
    expected = (sum(norms) + network.head_weight.grad.norm()).item()
    assert PROXIES["grad_norm"].score(network, x, y) == pytest.approx(expected, rel=1e-5)


def test_jacob_cov_of_a_chain_comes_from_its_masked_products():
    network, (x, y) = linear(), batch()
    first, one, two, last = matrices(network)
    jacobians = []
    for masks in zip(*((h > 0).double() for h in activations(network, x)), strict=True):
        a, b, c = map(torch.diag, masks)
        jacobians.append((last @ c @ two @ b @ one @ a @ first).sum(0))
    values = np.linalg.eigvalsh(np.corrcoef(torch.stack(jacobians).detach().numpy())).clip(0) + 1e-5
    assert PROXIES["jacob_cov"].score(network, x, y) == pytest.approx(-np.sum(np.log(values) + 1 / values))


def test_jacob_cov_takes_the_statistics_of_the_batch_for_constants():
    network, (x, y) = linear(normalise="output"), batch()
    first, one, two, last = matrices(network)
    hidden = activations(network, x)
    spread = (hidden[-1].var(0, correction=0) + 1e-5).sqrt()
    jacobians = []
    for masks in zip(*((h > 0).double() for h in hidden), strict=True):
        a, b, c = map(torch.diag, masks)
        jacobians.append((last @ torch.diag(1 / spread) @ c @ two @ b @ one @ a @ first).sum(0))
    values = np.linalg.eigvalsh(np.corrcoef(torch.stack(jacobians).detach().numpy())).clip(0) + 1e-5
    assert PROXIES["jacob_cov"].score(network, x, y) == pytest.approx(-np.sum(np.log(values) + 1 / values))


@pytest.mark.parametrize("name", PROXIES)
def test_no_proxy_is_made_of_rounding(name, case):
    network, x, y = case
    single = PROXIES[name].score(network, x, y)
    assert PROXIES[name].score(network.double(), x.double(), y) == pytest.approx(single, rel=1e-3)


def test_jacob_cov_of_a_linear_model_is_the_lowest_there_is():
    network, (x, y) = linear(), batch()
    with torch.no_grad():
        network.stages[0].entry[1].fill_(1e3)  # every ReLU is on
        for op in network.stages[0].cells.ops.values():
            op.weight.abs_()
    n, k = len(x), 1e-5
    expected = -(np.log(n + k) + 1 / (n + k)) - (n - 1) * (np.log(k) + 1 / k)
    assert PROXIES["jacob_cov"].score(network, x, y) == pytest.approx(expected)
    assert PROXIES["jacob_cov"].score(linear(), x, y) > expected


def test_jacob_cov_is_undefined_where_a_jacobian_is_constant():
    network, (x, y) = linear(), batch()
    with torch.no_grad():
        network.head_weight.zero_()
    assert np.isnan(PROXIES["jacob_cov"].score(network, x, y))


def test_flops_are_those_of_the_passes_made():
    found = {name: proxy.flops(10, 64) for name, proxy in PROXIES.items()}
    assert found == {"synflow": 30, "naswot": 640, "grad_norm": 1920, "jacob_cov": 1920}
