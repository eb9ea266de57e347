"""Networks to export, and data for them."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from fade.data import Data, DatasetConfig
from fade.export.export import Facts
from fade.nets.config import SpaceConfig
from fade.nets.network import Network
from fade.nets.vocabulary import CONVOLUTIONS, PARAMETER_FREE
from fade.space import Region

ALL_OPS = [*CONVOLUTIONS, *PARAMETER_FREE]
SHAPES = {"signals": (2, 24), "images": (3, 9, 8)}
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "signals": ("signals", {"ops": ALL_OPS}),
    "images": ("images", {"ops": ALL_OPS, "output_op": "sepconv3"}),
    "every sum normalised": ("images", {"ops": ["conv3", "identity"], "normalise": "vertex"}),
    "nothing normalised": ("signals", {"normalise": "none", "channels": 4}),
    "mlp": ("images", {"name": "mlp", "ops": ["linear", "identity"], "width": 11, "depth": 3}),
    "registered op": ("signals", {"ops": ["gated"], "depth": 1}),
}
FACTS = Facts(
    test_accuracies=[0.25, 0.75, 0.5],
    exported=1,
    validation_accuracy=0.625,
    found={"search": "pseudo_gradient", "train_flops": 1234567},
    trained={"epochs": 3},
)


class Gate(nn.Module):
    """An op with statistics and noise of its own: evaluation must use the ones and leave out the other."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Conv1d(channels, channels, 1), nn.BatchNorm1d(channels), nn.Dropout(0.5))

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.layers(x))


def raw_examples(kind: str, count: int) -> np.ndarray:
    rng = np.random.default_rng(count)
    if kind == "images":
        return rng.integers(0, 256, (count, *SHAPES[kind]), dtype=np.uint8)
    return rng.normal(3, 7, (count, *SHAPES[kind])).astype(np.float32)


def make_datasets(folder: Path) -> dict[str, Data]:
    """Data of each kind, from files in a folder."""
    made = {}
    for kind in SHAPES:
        x, y = raw_examples(kind, 60), np.arange(60) % 3
        np.savez(folder / f"{kind}.npz", x_train=x[:45], y_train=y[:45], x_test=x[45:], y_test=y[45:])
        made[kind] = DatasetConfig(name="npz", root=str(folder / f"{kind}.npz")).build(seed=0, device="cpu")
    return made


def random_network(case: str, data: Data) -> Network:
    """A network whose running statistics are those of some batches."""
    config = SpaceConfig(**{"depth": 2, "vertices": 4} | CASES[case][1])
    rng, space = np.random.default_rng(5), config.build().cell_space
    region = Region([[space.sample(rng)] for _ in range(config.depth)])
    network = Network([region], config.layout(data.shape, data.classes), seeds=[0])
    with network.statistics("update"), torch.no_grad():
        for epoch in range(10):
            for x, _ in data.batches("weights", batch_size=16, seed=0, epoch=epoch, shuffle=True):
                network(x)
    return network


@torch.no_grad()
def logits_of(network: Network, data: Data, raw: Tensor) -> Tensor:
    column = (-1, *[1] * (raw.dim() - 2))
    with network.statistics("running"):
        logits: Tensor = network((raw - data.mean.view(column)) / data.std.view(column))[0]
    return logits
