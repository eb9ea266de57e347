"""A training of a region by each mode, step by step: a plain PyTorch loop, our step in a plain loop, and our training.

Milliseconds of one step, data and optimisers among it. The plain loop (one layer an edge, channels last for images)
does the same work by the formulas of the mode. "Our step" is the mode's own step, called in a loop; "training" is what
`fade` runs, by Lightning. What the last column says is to be at most 0.4 ms.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.func import functional_call

from benchmarks import steps
from benchmarks.bare import BareNetwork
from benchmarks.measure import in_turn
from fade.data import DatasetConfig, Examples
from fade.data.data import Data, prepare
from fade.nets.config import SpaceConfig
from fade.nets.layout import Layout
from fade.nets.network import Network
from fade.space import Region
from fade.training.fit import NVML_CHECK, fit
from fade.training.recipe import RegionRecipe
from fade.training.region import RegionTrainer
from fade.training.steps import MODES
from fade.training.steps.fair import disjoint_paths
from fade.training.trainer import Batch

COLUMNS = ("work", "mode", "plain loop, ms", "our step, ms", "training, ms", "training / plain", "over our step, ms")


@dataclass(frozen=True)
class Case(steps.Case):
    """With the modes that it is trained by."""

    modes: tuple[str, ...] = tuple(MODES.names())


CASES = (
    Case("signals of 40, D = 3, K = 4, 16 channels, batches of 50", SpaceConfig(depth=3), (1, 40), 50, 4),
    Case("images of 16 × 16, D = 3, K = 5, 16 channels, batches of 50", SpaceConfig(depth=3), (3, 16, 16), 50, 5),
    Case("images of 32 × 32, D = 3, K = 5, 16 channels, batches of 50", SpaceConfig(depth=3), (3, 32, 32), 50, 5),
    Case("NAS-Bench-Macro, 16 × 16, batches of 100", SpaceConfig(name="nas_bench_macro", depth=8), (3, 16, 16), 100, 3,
         ("fair",)),
)  # fmt: skip


class PlainLoop:
    """The modes as one would write them without a framework."""

    def __init__(self, region: Region, layout: Layout) -> None:
        self.network = BareNetwork(region, layout)
        if layout.dims == 2 and not layout.flatten:
            self.network = self.network.to(memory_format=torch.channels_last)
        named = dict(self.network.named_parameters())
        self.alphas = list(self.network.alphas)
        self.weights = {name: value for name, value in named.items() if not name.startswith("alphas")}
        self.of_weights = torch.optim.Adam(self.weights.values(), lr=1e-3, fused=True)
        self.of_alphas = torch.optim.Adam(self.alphas, lr=1e-2)
        self.region, self.rng = region, np.random.default_rng(0)

    def step(self, mode: str, batch: Batch, alpha_batch: Batch | None) -> None:
        """One step of a mode."""
        getattr(self, mode)(batch, alpha_batch)

    def joint(self, batch: Batch, _: Batch | None) -> None:
        self._descend(self._loss(batch), self.of_weights, self.of_alphas)

    def first_order(self, batch: Batch, alpha_batch: Batch | None) -> None:
        assert alpha_batch is not None
        self._step_alphas(torch.autograd.grad(self._loss(alpha_batch), self.alphas))
        self._descend(self._loss(batch), self.of_weights)

    def second_order(self, batch: Batch, alpha_batch: Batch | None) -> None:
        assert alpha_batch is not None
        xi, w = 1e-3, self.weights
        gradient = torch.autograd.grad(self._loss(batch), list(w.values()))
        ahead = {name: (p.detach() - xi * g).requires_grad_() for (name, p), g in zip(w.items(), gradient, strict=True)}
        both = torch.autograd.grad(self._loss(alpha_batch, ahead), [*self.alphas, *ahead.values()])
        direct, vector = both[: len(self.alphas)], both[len(self.alphas) :]
        epsilon = 0.01 / torch.sqrt(sum(v.square().sum() for v in vector))
        sides = []
        for sign in (1, -1):
            moved = {name: p.detach() + sign * epsilon * v for (name, p), v in zip(w.items(), vector, strict=True)}
            sides.append(torch.autograd.grad(self._loss(batch, moved), self.alphas))
        self._step_alphas([d - xi * (p - m) / (2 * epsilon) for d, p, m in zip(direct, *sides, strict=True)])
        self._descend(self._loss(batch), self.of_weights)

    def fair(self, batch: Batch, _: Batch | None) -> None:
        paths = disjoint_paths(self.region.candidates, self.region.depth, self.rng)
        losses = [F.cross_entropy(self.network.path(batch[0], path), batch[1]) for path in paths.tolist()]
        self._descend(torch.stack(losses).mean(), self.of_weights)

    def _loss(self, batch: Batch, weights: dict[str, Tensor] | None = None) -> Tensor:
        logits = self.network(batch[0]) if weights is None else functional_call(self.network, weights, (batch[0],))
        return F.cross_entropy(logits, batch[1])

    def _step_alphas(self, gradients: Sequence[Tensor]) -> None:
        for alpha, gradient in zip(self.alphas, gradients, strict=True):
            alpha.grad = gradient
        self.of_alphas.step()

    def _descend(self, loss: Tensor, *optimizers: torch.optim.Optimizer) -> None:
        for parameter in self.network.parameters():
            parameter.grad = None
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()


def noise(shape: tuple[int, ...], examples: int) -> Data:
    """Noise in ten classes; its values do not matter to the time."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(examples, *shape)).astype(np.float32), np.arange(examples) % 10
    names = tuple(map(str, range(10)))
    found = Examples(train=x, train_labels=y, test=x[:100], test_labels=y[:100], class_names=names)
    return prepare(DatasetConfig(name="npz", root="none"), found, seed=0, device="cpu")


def ways(case: Case, mode: str) -> dict[str, Callable[[], float]]:
    """Each takes one epoch, and returns the seconds of a step."""
    region = case.space.build().sample_region(np.random.default_rng(0), case.candidates)
    batches = 60 if len(case.shape) == 2 else 16  # of which a split has six tenths
    layout, data = case.space.layout(case.shape, 10), noise(case.shape, batches * case.batch)
    recipe = RegionRecipe(mode=mode, epochs=1, batch_size=case.batch, alpha_lr=0.0 if mode == "fair" else 0.01)

    def module() -> RegionTrainer:
        return RegionTrainer(Network([region], layout, seeds=[0]), recipe, data, seed=0)

    plain, ours, trained = PlainLoop(region, layout), module(), module()
    optimizers, (schedule,) = ours.configure_optimizers()
    ours.use_optimizers(optimizers, schedule)

    def loop(step: Callable[[Batch, Batch | None], object]) -> float:
        start, batches = time.perf_counter(), ours.train_dataloader()
        for batch, alpha_batch in batches:
            step(batch, alpha_batch)
        return (time.perf_counter() - start) / len(batches)

    def training() -> float:
        fit(trained)
        return trained.epoch_seconds[-1] / len(trained.train_dataloader())

    return {
        "plain": lambda: loop(lambda batch, alpha: plain.step(mode, batch, alpha)),
        "ours": lambda: loop(lambda batch, alpha: ours.mode.step(ours, batch, alpha)),
        "training": training,
    }


def rows(repeats: int) -> list[tuple[str, ...]]:
    """A row a case and mode."""
    os.environ.pop(NVML_CHECK, None)  # as a program without Lightning has it
    found = []
    for case in CASES:
        for mode in case.modes:
            times = in_turn(ways(case, mode), min(repeats, 5))
            plain, ours, training = (times[way] for way in ("plain", "ours", "training"))
            ratio, over = training.median / plain.median, 1000 * (training.median - ours.median)
            found.append((case.name, mode, str(plain), str(ours), str(training), f"{ratio:.2f}", f"{over:.2f}"))
            print(" | ".join(found[-1]), flush=True)
    return found
