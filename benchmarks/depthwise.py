"""Depthwise convolutions of NAS-Bench-Macro at 16 pixels: torch's backward pass, `fade.nets.depthwise` beside it.

python -m benchmarks.depthwise [--threads 1] [--batch 50]
"""

import argparse
from collections.abc import Callable
from unittest.mock import patch

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.engine import seconds
from fade.nets.config import SpaceConfig
from fade.nets.depthwise import depthwise_convolution
from fade.nets.network import Network
from fade.nets.vocabulary import BLOCKS
from fade.space import Region
from fade.training.steps.fair import disjoint_paths

LAYERS = (
    (96, 16, 5, 2),
    (192, 8, 5, 1),
    (192, 8, 5, 2),
    (384, 4, 5, 1),
    (384, 4, 5, 2),
    (768, 2, 5, 1),
    (384, 2, 3, 1),
)
"""Channels, side, kernel and stride of the depthwise convolutions that cost most."""


def torch_s(x: Tensor, weight: Tensor, *, stride: int = 1) -> Tensor:
    return F.conv2d(x, weight, stride=stride, padding=weight.shape[-1] // 2, groups=len(weight))


def layer(convolve: Callable[..., Tensor], shape: tuple[int, int, int, int], batch: int) -> Callable[[], None]:
    """Forward and backward pass of one convolution."""
    channels, side, kernel, stride = shape
    x = torch.randn(batch, channels, side, side).to(memory_format=torch.channels_last).requires_grad_()
    weight = torch.randn(channels, 1, kernel, kernel, requires_grad=True)

    def run() -> None:
        torch.autograd.grad(convolve(x, weight, stride=stride).sum(), (x, weight))

    return run


def step(batch: int) -> Callable[[], None]:
    """A step of `fair` training without the optimizer: K disjoint paths of the region."""
    region = Region.parse([[f"block:{name}" for name in BLOCKS]] * 8)
    network = Network([region], SpaceConfig(name="nas_bench_macro", depth=8).layout((3, 16, 16), 10), seeds=[0])
    x, y, rng = torch.randn(batch, 3, 16, 16), torch.randint(10, (batch,)), np.random.default_rng(0)
    parameters = list(network.parameters())

    def run() -> None:
        logits = network.forward_paths(x, disjoint_paths(3, 8, rng))
        loss = F.cross_entropy(logits.flatten(0, 1), y.repeat(3))
        torch.autograd.grad(loss, parameters, allow_unused=True)

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=10)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    print("| what | torch's | ours |\n|---|---|---|")
    for shape in LAYERS:
        both = [1000 * seconds(layer(c, shape, args.batch), args.repeats) for c in (torch_s, depthwise_convolution)]
        print("| {} channels, side {}, kernel {}, stride {} | {:.2f} | {:.2f} |".format(*shape, *both))
    run = step(args.batch)
    with patch("fade.nets.blocks.depthwise_convolution", torch_s):
        before = 1000 * seconds(run, args.repeats)
    print(f"| a step of K disjoint paths | {before:.0f} | {1000 * seconds(run, args.repeats):.0f} |")


if __name__ == "__main__":
    main()
