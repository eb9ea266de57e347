"""Images keep their channels last in memory, forwards and backwards: where layouts meet, torch's steps are slow."""

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from fade.nets.config import SpaceConfig
from fade.nets.network import Network
from fade.space import Region
from fade.training.steps.fair import disjoint_paths


class Layouts(TorchDispatchMode):
    """Collects the calls that get images in another order."""

    def __init__(self):
        super().__init__()
        self.calls, self.others = 0, []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.__name__
        if name.startswith(("native_batch_norm", "threshold_backward", "convolution")):
            images = args[: 1 if name.startswith(("native_batch_norm.", "convolution.")) else 2]
            images = [image for image in images if image.dim() == 4 and min(image.shape[1:]) > 1]
            self.calls += len(images)
            self.others += [name for i in images if not i.is_contiguous(memory_format=torch.channels_last)]
        return func(*args, **(kwargs or {}))


def cells():
    config = SpaceConfig(depth=3, channels=8)
    return config, config.build().sample_region(np.random.default_rng(1), 3)


def blocks():
    config = SpaceConfig(name="nas_bench_macro", depth=8, stem=4)
    return config, config.build().sample_region(np.random.default_rng(1), 3)


@pytest.mark.parametrize("space", [cells, blocks])
@pytest.mark.parametrize("step", ["mixed", "paths", "networks"])
def test_every_image_and_gradient_has_channels_last(space, step):
    config, region = space()
    paths = disjoint_paths(3, region.depth, np.random.default_rng(0))
    alone = [Region([[cell] for cell in region.architecture(path)]) for path in paths]
    regions = alone if step == "networks" else [region]
    network = Network(regions, config.layout((3, 16, 16), 5), seeds=range(len(regions)))
    x, even = torch.randn(4, 3, 16, 16), [torch.full((1, 3), 1 / 3)] * region.depth
    with Layouts() as layouts:
        logits = network.forward_paths(x, paths) if step == "paths" else network(x, even if step == "mixed" else None)
        logits.square().sum().backward()
    assert layouts.calls > 50
    assert not layouts.others
