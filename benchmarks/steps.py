"""A training step of a hyper-architecture, beside a plain PyTorch loop of the same cells as its floor.

Forward, backward, and Adam for weights and α; joint training. The loop has one layer an edge, and channels last in
memory for images, which is how such a loop is fastest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from benchmarks.bare import BareNetwork
from benchmarks.measure import Timing, alternating
from fade.nets.config import SpaceConfig
from fade.nets.layout import Layout
from fade.nets.network import Network
from fade.space import Region
from fade.training.peak import peak_flops_per_second

COLUMNS = ("work", "plain loop, ms", "fade, ms", "fade / loop", "fade, GFLOP/s", "share of peak")


@dataclass(frozen=True)
class Case:
    """A hyper-architecture and its batches."""

    name: str
    space: SpaceConfig
    shape: tuple[int, ...]
    batch: int
    candidates: int = 5


CASES = (
    Case("mlp of width 43, D = 2, batches of 257 images of 28 × 28",
         SpaceConfig(name="mlp", ops=["linear"], depth=2, width=43), (1, 28, 28), 257),
    Case("conv, 8 channels at 28 × 28, then 16 at 14 × 14, batches of 257",
         SpaceConfig(depth=2, channels=16, pool=[0]), (1, 28, 28), 257),
    Case("conv, 8 channels at 28 × 28 twice, batches of 257",
         SpaceConfig(depth=2, channels=8, pool=[]), (1, 28, 28), 257),
    Case("signals of 40, D = 3, K = 4, 16 channels, batches of 50",
         SpaceConfig(depth=3), (1, 40), 50, 4),
    Case("images of 16 × 16, D = 3, 32 channels, batches of 50",
         SpaceConfig(depth=3, channels=32), (3, 16, 16), 50),
    Case("images of 32 × 32, D = 3, 32 channels, batches of 50",
         SpaceConfig(depth=3, channels=32), (3, 32, 32), 50),
)  # fmt: skip


def same_cells(case: Case) -> tuple[Region, Layout]:
    """One draw of candidates in every stage."""
    stage = case.space.build().sample_region(np.random.default_rng(0), case.candidates).cells[0]
    return Region([stage] * case.space.depth), case.space.layout(case.shape, 10)


def steps(case: Case) -> tuple[dict[str, Callable[[], None]], float]:
    """The step of the plain loop and of this package, and its FLOPs."""
    region, layout = same_cells(case)
    x, y = torch.randn(case.batch, *case.shape), torch.randint(10, (case.batch,))
    bare = BareNetwork(region, layout)
    seen = x
    if x.dim() == 4 and not layout.flatten:
        bare, seen = bare.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(bare.parameters(), lr=1e-3)

    def loop() -> None:
        optimizer.zero_grad()
        F.cross_entropy(bare(seen), y).backward()
        optimizer.step()

    network = Network([region], layout, seeds=[0])
    alphas = [torch.zeros(1, case.candidates, requires_grad=True) for _ in layout.stages]
    optimizers = [torch.optim.Adam(network.parameters(), lr=1e-3), torch.optim.Adam(alphas, lr=1e-2)]

    def fade() -> None:
        for each in optimizers:
            each.zero_grad()
        logits = network(x, [torch.softmax(alpha, -1) for alpha in alphas])
        F.cross_entropy(logits.flatten(0, 1), y).backward()
        for each in optimizers:
            each.step()

    return {"loop": loop, "fade": fade}, 3.0 * case.batch * network.cost().mixed_flops()


def rows(repeats: int) -> list[tuple[str, ...]]:
    """A row a case."""
    peak, found = peak_flops_per_second(), []
    for case in CASES:
        work, flops = steps(case)
        times: dict[str, Timing] = alternating(work, repeats)
        loop, fade = times["loop"], times["fade"]
        rate = flops / fade.median
        ratio = f"{fade.median / loop.median:.2f}"
        found.append((case.name, str(loop), str(fade), ratio, f"{rate / 1e9:.0f}", f"{rate / peak:.0%}"))
        print(" | ".join(found[-1]), flush=True)
    return found
