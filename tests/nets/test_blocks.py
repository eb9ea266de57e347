"""NAS-Bench-Macro's networks, held against the published table's counts."""

import itertools

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from fade.nets.blocks import ConvNorm
from fade.nets.config import SpaceConfig
from fade.nets.network import Network
from fade.space import Region
from fade.training.flops import network_cost

BLOCKS = ("identity", "mbconv3_e3", "mbconv5_e6")
# Published strings, their parameters and multiply-accumulates of convolutions and the linear layer.
PUBLISHED = {
    "00000000": (387882, 7713280),
    "10000000": (396298, 12128768),
    "20000000": (409834, 17854976),
    "01000000": (415082, 14447104),
    "02012100": (890666, 47327744),
}


def region_of(text):
    return Region.parse([[f"block:{BLOCKS[int(digit)]}"] for digit in text])


@pytest.mark.parametrize("text", PUBLISHED)
def test_costs_are_the_published_ones(text):
    layout = SpaceConfig(name="nas_bench_macro", depth=8, stem=32).layout((3, 32, 32), 10)
    parameters, flops = network_cost([stage[0] for stage in region_of(text).cells], layout)
    assert (parameters, flops // 2) == PUBLISHED[text]


def small(candidates=BLOCKS):
    layout = SpaceConfig(name="nas_bench_macro", depth=8, stem=4).layout((3, 8, 8), 10)
    region = Region.parse([[f"block:{name}" for name in candidates]] * 8)
    return Network([region], layout, seeds=[0])


def test_paths_equal_the_networks_of_the_same_weights():
    hyper, x = small(), torch.randn(16, 3, 8, 8)
    paths = np.array([[0] * 8, [2, 1, 0, 2, 1, 0, 2, 1], [1] * 8, [2, 1, 0, 2, 1, 0, 2, 0]])
    with hyper.statistics("batch"), torch.no_grad():
        together = hyper.forward_paths(x, paths)
        for path, logits in zip(paths, together, strict=True):
            torch.testing.assert_close(logits, hyper(x, path.tolist())[0], atol=1e-5, rtol=1e-5)
            alone = hyper.path_network(path.tolist())
            with alone.statistics("batch"):
                torch.testing.assert_close(logits, alone(x)[0], atol=1e-5, rtol=1e-5)


def test_each_of_several_networks_can_be_taken_out():
    layout, x = small().layout, torch.randn(8, 3, 8, 8)
    together = Network([region_of(text) for text in ("02012100", "10000000", "22102012")], layout, seeds=[0, 1, 2])
    with together.statistics("batch"), torch.no_grad():
        for n, logits in enumerate(together(x)):
            alone = together.single(n)
            with alone.statistics("batch"):
                torch.testing.assert_close(logits, alone(x)[0], atol=1e-5, rtol=1e-5)


def test_identities_at_stride_one_commute():
    hyper, x = small(), torch.randn(16, 3, 8, 8)
    with torch.no_grad():
        hyper.stages[3].cells.blocks[1].load_state_dict(hyper.stages[4].cells.blocks[1].state_dict())
        with hyper.statistics("batch"):
            first, second = (hyper(x, [1, 0, 1, *middle, 1, 1, 1]) for middle in ((1, 0), (0, 1)))
    torch.testing.assert_close(first, second)


def test_the_space_holds_all_strings():
    space = SpaceConfig(name="nas_bench_macro", depth=8).build()
    assert space.count() == len(list(itertools.product(BLOCKS, repeat=8))) == 6561


class Convolutions(TorchDispatchMode):
    """Keeps kernel and stride of every convolution."""

    def __init__(self):
        super().__init__()
        self.found = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func is torch.ops.aten.convolution.default:
            self.found.add((args[1].shape[-1], args[3][0]))
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("side", [7, 8])
def test_identity_with_a_stride_is_a_pointwise_convolution_but_never_a_strided_one(side):
    """oneDNN's backward pass of a strided 1 x 1 convolution of few channels corrupts memory (its issue 6035)."""
    layer = ConvNorm(4, 8, 1, stride=2, relu=False)
    torch.nn.init.normal_(layer.weight)
    x = torch.randn(3, 4, side, side)
    with Convolutions() as convolutions:
        y = layer(x)
    assert convolutions.found == {(1, 1)}
    expected = torch.einsum("oi,bihw->bohw", layer.weight[:, :, 0, 0], x[:, :, ::2, ::2])
    torch.testing.assert_close(y, torch.nn.functional.batch_norm(expected, None, None, training=True))
