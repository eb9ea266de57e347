"""The training of a region: its hyper-architecture, by one of the modes."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call

from fade.data import Data
from fade.nets.layout import Layout
from fade.nets.network import Network
from fade.ranking.main_effects import design, step_effects
from fade.seeds import subseed
from fade.space import Region
from fade.training.evaluate import evaluate_mixed, evaluate_paths, evaluate_swapped
from fade.training.fit import Report, fit
from fade.training.mixing import Noise, draw_noise, mix
from fade.training.recipe import RegionRecipe, design_size
from fade.training.steps import MODES
from fade.training.steps.fair import disjoint_paths
from fade.training.trainer import Batch, NetworkTrainer

Scores = NDArray[np.float64]


class RegionTrainer(NetworkTrainer):
    """Trains the weights w of a hyper-architecture, and α, by one of the modes.

    Args:
        network: The hyper-architecture of a region.
        recipe: How.
        data: The data, on the device.
        seed: Seed of batches and noise; initial weights have the network's own.

    Attributes:
        alphas: ``[D]`` architecture parameters ``[1, K]``, zero at first; empty where none is learnt.
        stage_weights_epochs: ``[E][D][K]`` softmax(α) after each epoch.
        training_effects_epochs: ``[E][D][K]`` main effects on the training losses of the paths that each epoch drew;
            empty but in modes that train paths.
    """

    recipe: RegionRecipe

    def __init__(self, network: Network, recipe: RegionRecipe, data: Data, *, seed: int) -> None:
        super().__init__(network, recipe, data, seed=seed)
        self.watches_memory = True
        self.candidates, self.mode = network.regions[0].candidates, MODES[recipe.mode]
        self.alphas = nn.ParameterList(
            nn.Parameter(torch.zeros(1, self.candidates))
            for _ in (network.layout.stages if recipe.learns_alpha else ())
        )
        self.stage_weights_epochs: list[list[list[float]]] = []
        self.training_effects_epochs: list[list[list[float]]] = []
        self._generator = torch.Generator()
        self._rng = np.random.default_rng()
        self._steps_an_epoch = 1
        self._paths: list[tuple[NDArray[np.int64], Tensor]] = []

    @property
    def one_split(self) -> bool:
        """See `NetworkTrainer`; without α, what was its split trains w, too."""
        return MODES[self.recipe.mode].one_split or not self.recipe.learns_alpha

    @property
    def progress(self) -> float:
        """Fraction of the steps that are over."""
        return (self.current_epoch + self._step / self._steps_an_epoch) / self.epochs

    @property
    def alpha_epochs(self) -> int:
        """Epochs in which α moves: the last ones, after its warm-up."""
        warmup = bisect_left(range(self.epochs), self.recipe.alpha_warmup, key=lambda epoch: epoch / self.epochs)
        return self.epochs - warmup if self.alphas else 0

    @property
    def alpha_moves(self) -> bool:
        """Whether there is an α, and its warm-up is over."""
        return len(self.alphas) > 0 and self.current_epoch >= self.epochs - self.alpha_epochs

    @property
    def learning_rate(self) -> float:
        """The weights' current learning rate."""
        return float(self.optimizer_at(0).param_groups[0]["lr"])

    def configure_optimizers(self) -> Any:
        """That of w; Adam with β = (0.5, 0.999) for α, as in DARTS."""
        optimizer, schedule = self.optimizer_of_weights()
        if not self.alphas:
            return [optimizer], [schedule]
        return [
            optimizer,
            torch.optim.Adam(list(self.alphas), lr=self.recipe.alpha_lr, betas=(0.5, 0.999), fused=True),
        ], [schedule]

    def on_train_epoch_start(self) -> None:
        """Seed this epoch's noise and paths, too."""
        super().on_train_epoch_start()
        self._steps_an_epoch = int(self.trainer.num_training_batches)
        self._paths.clear()  # an interrupted epoch begins anew
        self._generator.manual_seed(subseed(self.seed, "noise", self.current_epoch))
        self._rng = np.random.default_rng(subseed(self.seed, "paths", self.current_epoch))

    def record_epoch(self) -> None:
        """Record α and the effects on the losses of the epoch's paths, too."""
        if self.alphas:
            self.stage_weights_epochs.append(self.stage_weights().tolist())
        if self._paths:
            paths, losses = zip(*self._paths, strict=True)
            values = torch.stack(losses).double().cpu().numpy()  # [steps, K]
            self.training_effects_epochs.append(step_effects(np.stack(paths), values).tolist())
            self._paths.clear()
        super().record_epoch()

    def records(self) -> dict[str, Any]:
        """See `NetworkTrainer.records`."""
        own = {"stage_weights": self.stage_weights_epochs, "training_effects": self.training_effects_epochs}
        return own | super().records()

    def take_up(self, records: dict[str, Any]) -> None:
        """See `NetworkTrainer.take_up`."""
        super().take_up(records)
        self.stage_weights_epochs, self.training_effects_epochs = records["stage_weights"], records["training_effects"]

    def do_step(self, batch: Batch, alpha_batch: Batch | None) -> None:
        """One step of the mode."""
        self.mode.step(self, batch, alpha_batch)

    @property
    def is_steady(self) -> bool:
        """Whether α has moved, too, where there is one."""
        return super().is_steady and (not self.alphas or len(self.optimizer_at(1).state) > 0)

    def draw_noise(self) -> Noise:
        """This step's Gumbel noise and left-out candidates."""
        return draw_noise(list(self.alphas), self.recipe.candidate_dropout, self._generator)

    def draw_disjoint_paths(self) -> NDArray[np.int64]:
        """K paths ``[K, D]`` that use each candidate once."""
        return disjoint_paths(self.candidates, len(self.network.layout.stages), self._rng)

    def record_paths(self, paths: NDArray[np.int64], losses: Tensor) -> None:
        """Keep the losses ``[K]`` of a step's paths ``[K, D]`` until the epoch ends; nothing waits for them."""
        self._paths.append((paths, losses))

    def mixing(self, noise: Noise) -> list[Tensor]:
        """``[D]`` mixing weights ``[1, K]``."""
        r = self.recipe
        temperature = r.temperature * math.pow(r.temperature_end / r.temperature, self.progress)
        return [
            mix(alpha, gumbel, keep, mixing=r.mixing, temperature=temperature)
            for alpha, gumbel, keep in zip(self.alphas, noise.gumbel, noise.keep, strict=True)
        ]

    def loss(self, batch: Batch, noise: Noise, weights: dict[str, Tensor] | None = None) -> Tensor:
        """The mixture's cross-entropy, the mean over the batch.

        Args:
            batch: ``x [B, C, *spatial]`` and ``y [B]``.
            noise: The step's noise.
            weights: Values to use in place of the network's parameters.
        """
        x, y = batch
        choices = self.mixing(noise) if self.alphas else None
        logits: Tensor = (
            self.network(x, choices) if weights is None else functional_call(self.network, weights, (x, choices))
        )
        return self.loss_of(logits, y)

    def step_alpha(self, gradients: Sequence[Tensor | None]) -> None:
        """One step of α's optimizer along given gradients."""
        for alpha, gradient in zip(self.alphas, gradients, strict=True):
            alpha.grad = gradient
        self.optimizer_at(1).step()

    @torch.no_grad()
    def stage_weights(self) -> Tensor:
        """softmax(α) ``[D, K]``; uniform where no α is learnt."""
        depth, candidates = len(self.network.layout.stages), self.candidates
        if not self.alphas:
            return torch.full((depth, candidates), 1 / candidates)
        return torch.cat([torch.softmax(alpha, -1) for alpha in self.alphas]).cpu()


@dataclass
class TrainedRegion:
    """A hyper-architecture after its training, as a read-out measures it.

    Attributes:
        network: The hyper-architecture, weights as trained.
        data: The data; read-outs look at the validation split alone.
        recipe: By which it was trained.
        seed: Seed of a read-out's own chance.
        stage_weights: ``[D, K]`` softmax(α) at the end; uniform where no α was learnt.
        learnt: Whether α was learnt.
    """

    network: Network
    data: Data
    recipe: RegionRecipe
    seed: int
    stage_weights: Scores
    learnt: bool

    def choices(self) -> list[Tensor]:
        """The final mixture, ``[D]`` mixing weights ``[1, K]``."""
        weights = torch.as_tensor(self.stage_weights, dtype=torch.float32, device=self.data.device)
        return [row[None] for row in weights]

    def losses(self, instead: Sequence[Sequence[Tensor | int]]) -> Scores:
        """Validation losses of the final mixture with one stage's choice swapped for another, by batch statistics.

        Args:
            instead: ``[D][S]`` what stands in place of each stage's mixing weights: others, or one candidate.

        Returns:
            ``[D, S]``.
        """
        return evaluate_swapped(self.network, self.choices(), instead, self.data, self.recipe.batch_size)

    def accuracy(self) -> float:
        """Validation accuracy of the final mixture, by batch statistics."""
        return evaluate_mixed(self.network, self.choices(), self.data, self.recipe.batch_size)[1]

    @cached_property
    def sampled_paths(self) -> tuple[NDArray[np.int64], Scores, Scores]:
        """Paths ``[P, D]`` of a balanced design; their validation losses ``[P]`` and accuracies by batch statistics."""
        depth, candidates = self.stage_weights.shape
        paths = sampled_paths(design_size(self.recipe.paths, candidates, depth), candidates, depth, self.seed)
        return paths, *evaluate_paths(self.network, paths, self.data, self.recipe.batch_size)


def sampled_paths(size: int, candidates: int, depth: int, seed: int) -> NDArray[np.int64]:
    """The one-hot paths ``[P, D]`` that a training of a region measures, a balanced design; see `design`."""
    return design(candidates, depth, size, subseed(seed, "main_effects"))


def hyper_architecture(region: Region, recipe: RegionRecipe, layout: Layout, *, seed: int | None) -> Network:
    """The hyper-architecture of a region, as a recipe trains it; its weights undrawn without a seed."""
    return Network(
        [region],
        layout,
        seeds=None if seed is None else [seed],
        share=recipe.share_weights,
        checkpoint_activations=recipe.checkpoint_activations,
    )


def train_region(
    region: Region,
    recipe: RegionRecipe,
    layout: Layout,
    data: Data,
    *,
    seed: int,
    readout_seed: int | None = None,
    checkpoint: Path | None = None,
    report: Report | None = None,
) -> tuple[RegionTrainer, TrainedRegion]:
    """Train the hyper-architecture of a region: a pure function of its arguments.

    Args:
        region: D stages of K candidates.
        recipe: How.
        layout: The skeleton.
        data: The data.
        seed: Of initial weights, batches and noise.
        readout_seed: Of the paths that read-outs sample; None is `seed`.
        checkpoint: See `fit`.
        report: See `fit`.

    Returns:
        The module with its records, and what read-outs measure.
    """
    network = hyper_architecture(region, recipe, layout, seed=subseed(seed, "init")).to(data.device)
    module = RegionTrainer(network, recipe, data, seed=seed)
    fit(module, checkpoint=checkpoint, report=report)
    trained = TrainedRegion(
        network=network,
        data=data,
        recipe=recipe,
        seed=subseed(seed if readout_seed is None else readout_seed, "readout"),
        stage_weights=module.stage_weights().double().numpy(),
        learnt=len(module.alphas) > 0,
    )
    return module, trained
