"""The training of a region: a LightningModule over the hyper-architecture, or over stand-alone networks (K = 1)."""

from __future__ import annotations

import itertools
import math
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from pytorch_lightning.core.optimizer import LightningOptimizer
from torch import Tensor, nn
from torch.func import functional_call

from fade.nets.network import Network
from fade.seeds import subseed
from fade.training.config import TrainerConfig
from fade.training.data import Data
from fade.training.effects import step_effects
from fade.training.mixing import Noise, draw_noise, mix
from fade.training.modes import STEPS, Batch, disjoint_paths


class EpochBatches:
    """The batches of an epoch: of the split that trains w, each beside one of the alpha split where there is one.

    Where a training has so many steps in place of epochs, those of them that this epoch has.
    """

    def __init__(
        self, data: Data, config: TrainerConfig, *, seed: int, epoch: int, alone: bool, steps: int | None = None
    ) -> None:
        self.main = data.batches(
            *(("weights", "alpha") if alone else ("weights",)),
            batch_size=config.batch_size,
            seed=seed,
            epoch=epoch,
            shuffle=True,
            augment=True,
            drop_last=True,
        )
        self.data, self.config, self.seed, self.epoch, self.alone = data, config, seed, epoch, alone
        every = len(self.main)
        self.steps = every if steps is None else min(every, steps - epoch * every)

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[tuple[Batch, Batch | None]]:
        main = itertools.islice(self.main, self.steps)
        if self.alone:
            return ((batch, None) for batch in main)
        return zip(main, self._alpha(), strict=False)

    def _alpha(self) -> Iterator[Batch]:
        """The alpha split again and again, in a new order each time."""
        size = min(self.config.batch_size, self.data.sizes["alpha"])
        for lap in range(len(self)):
            seed = subseed(self.seed, "alpha", lap)
            options: dict[str, Any] = {"shuffle": True, "augment": True, "drop_last": True}
            yield from self.data.batches("alpha", batch_size=size, seed=seed, epoch=self.epoch, **options)


class RegionTrainer(pl.LightningModule):
    """Trains the weights w, and α where K > 1, by one of the modes.

    All chance is a function of (seed, epoch), so a checkpoint at an epoch's end continues exactly.

    Args:
        network: The hyper-architecture of a region (N = 1), or N stand-alone networks (K = 1).
        config: The recipe.
        data: The data, on the device.
        seed: Seed of batches and noise; initial weights have the network's own.
        epochs: Passes over the training split; None is the recipe's.
        steps: In place of epochs: as many passes as hold so many, the last one cut short.

    Attributes:
        alphas: ``[D]`` architecture parameters ``[1, K]``, zero at first; empty where nothing is mixed.
        stage_weights_epochs: ``[E][D][K]`` softmax(α) after each epoch.
        training_effects_epochs: ``[E][D][K]`` main effects on the training losses of the paths that each epoch drew;
            empty but in ``fair``.
        epoch_seconds: ``[E]``.
    """

    def __init__(
        self,
        network: Network,
        config: TrainerConfig,
        data: Data,
        *,
        seed: int,
        epochs: int | None = None,
        steps: int | None = None,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.network, self.config, self.data = network, config, data
        self.seed, self.epochs = seed, config.epochs if epochs is None else epochs
        self.steps: int | None = None
        self.candidates = network.regions[0].candidates
        self.mode = config.name if self.candidates > 1 else "joint"
        learns = self.candidates > 1 and config.learns_alpha
        self.alphas = nn.ParameterList(
            nn.Parameter(torch.zeros(1, self.candidates)) for _ in (network.layout.stages if learns else ())
        )
        self.stage_weights_epochs: list[list[list[float]]] = []
        self.training_effects_epochs: list[list[list[float]]] = []
        self.epoch_seconds: list[float] = []
        self._generator = torch.Generator()
        self._rng = np.random.default_rng()
        self._started = 0.0
        self._step, self._steps_an_epoch = 0, 1
        self._steps: list[tuple[NDArray[np.int64], Tensor]] = []
        if steps is not None:
            self.epochs, self.steps = -(-steps // len(self.train_dataloader())), steps

    @property
    def all_steps(self) -> int:
        """Of w, in all epochs."""
        return self.steps or self.epochs * len(self.train_dataloader())

    @property
    def trains_paths(self) -> bool:
        """Whether w trains on K disjoint paths a step, in place of the mixture."""
        return self.mode == "fair"

    @property
    def trains_on_both(self) -> bool:
        """Whether w trains on weights and alpha together: joint training, networks, and fair training without α."""
        return self.mode == "joint" or (self.trains_paths and not self.alphas)

    @property
    def progress(self) -> float:
        """Fraction of the steps that are over."""
        return (self.current_epoch + self._step / self._steps_an_epoch) / self.epochs

    @property
    def alpha_epochs(self) -> int:
        """Epochs in which α moves: the last ones, after its warm-up."""
        warmup = bisect_left(range(self.epochs), self.config.alpha_warmup, key=lambda epoch: epoch / self.epochs)
        return self.epochs - warmup if self.alphas else 0

    @property
    def alpha_moves(self) -> bool:
        """Whether there is an α, and its warm-up is over."""
        return len(self.alphas) > 0 and self.current_epoch >= self.epochs - self.alpha_epochs

    @property
    def learning_rate(self) -> float:
        """The weights' current learning rate."""
        return float(self._optimizer(0).param_groups[0]["lr"])

    def _optimizer(self, index: int) -> LightningOptimizer:
        optimizers = self.optimizers()
        return optimizers[index] if isinstance(optimizers, list) else optimizers

    def configure_optimizers(self) -> Any:
        """Adam or SGD for w with a cosine schedule over all steps; Adam with β = (0.5, 0.999) for α, as in DARTS."""
        c, w = self.config, list(self.network.parameters())
        optimizer: torch.optim.Optimizer = (
            torch.optim.Adam(w, lr=c.lr, weight_decay=c.weight_decay)
            if c.optimizer == "adam"
            else torch.optim.SGD(w, lr=c.lr, momentum=c.momentum, weight_decay=c.weight_decay)
        )
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=max(self.all_steps, 1), eta_min=c.lr_end)
        if not self.alphas:
            return [optimizer], [schedule]
        return [optimizer, torch.optim.Adam(list(self.alphas), lr=c.alpha_lr, betas=(0.5, 0.999))], [schedule]

    def train_dataloader(self) -> EpochBatches:
        """This epoch's batches."""
        return EpochBatches(
            self.data,
            self.config,
            seed=subseed(self.seed, "batches"),
            epoch=self.current_epoch,
            alone=self.trains_on_both,
            steps=self.steps,
        )

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """Batches are on the device already."""
        return batch

    def on_train_epoch_start(self) -> None:
        """Seed this epoch's noise, that of registered ops too, which draw from torch's global generator."""
        self._started = time.perf_counter()
        self._steps_an_epoch = int(self.trainer.num_training_batches)
        self._steps.clear()  # an interrupted epoch begins anew
        torch.manual_seed(subseed(self.seed, "ops", self.current_epoch))
        self._generator.manual_seed(subseed(self.seed, "noise", self.current_epoch))
        self._rng = np.random.default_rng(subseed(self.seed, "paths", self.current_epoch))

    def record_epoch(self) -> None:
        """Record the epoch; called by `fit` before it keeps a checkpoint, which shall hold the record."""
        if self.alphas:
            self.stage_weights_epochs.append(self.stage_weights().tolist())
        if self._steps:
            paths, losses = zip(*self._steps, strict=True)
            values = torch.stack(losses).double().cpu().numpy()  # [steps, K]
            effects = step_effects(np.stack(paths), values)
            self.training_effects_epochs.append(effects.tolist())
            self._steps.clear()
        self.epoch_seconds.append(time.perf_counter() - self._started)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the records."""
        checkpoint["records"] = {
            "stage_weights": self.stage_weights_epochs,
            "training_effects": self.training_effects_epochs,
            "seconds": self.epoch_seconds,
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take the records up again."""
        self.stage_weights_epochs = checkpoint["records"]["stage_weights"]
        self.training_effects_epochs = checkpoint["records"]["training_effects"]
        self.epoch_seconds = checkpoint["records"]["seconds"]

    def training_step(self, batch: tuple[Batch, Batch | None], batch_idx: int) -> None:
        """One step of the mode."""
        self._step = batch_idx
        STEPS[self.mode](self, *batch)

    def draw_noise(self) -> Noise:
        """This step's Gumbel noise and left-out candidates."""
        return draw_noise(list(self.alphas), self.config.candidate_dropout, self._generator)

    def draw_disjoint_paths(self) -> NDArray[np.int64]:
        """K paths ``[K, D]`` that use each candidate once."""
        return disjoint_paths(self.candidates, len(self.network.layout.stages), self._rng)

    def record_paths(self, paths: NDArray[np.int64], losses: Tensor) -> None:
        """Keep the losses ``[K]`` of a step's paths ``[K, D]`` until the epoch ends; nothing waits for them."""
        self._steps.append((paths, losses))

    def mixing(self, noise: Noise) -> list[Tensor]:
        """``[D]`` mixing weights ``[1, K]``."""
        c = self.config
        temperature = c.temperature * math.pow(c.temperature_end / c.temperature, self.progress)
        return [
            mix(alpha, gumbel, keep, mixing=c.mixing, temperature=temperature)
            for alpha, gumbel, keep in zip(self.alphas, noise.gumbel, noise.keep, strict=True)
        ]

    def loss(self, batch: Batch, noise: Noise, weights: dict[str, Tensor] | None = None) -> Tensor:
        """Cross-entropy, the mean over the batch and the sum over the N networks, which so train apart.

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
        return F.cross_entropy(logits.flatten(0, 1), y.repeat(len(logits))) * len(logits)

    def backward_weights(self, loss: Tensor) -> None:
        """Gradients of a loss by w, and by α where it takes part."""
        for parameter in self.parameters():
            parameter.grad = None
        self.manual_backward(loss)

    def step_weights(self) -> None:
        """One step of the weights' optimizer and of its schedule."""
        self._optimizer(0).step()
        schedule = self.lr_schedulers()
        assert isinstance(schedule, torch.optim.lr_scheduler.LRScheduler)
        schedule.step()

    def step_alpha(self, gradients: Sequence[Tensor | None]) -> None:
        """One step of α's optimizer along given gradients."""
        for alpha, gradient in zip(self.alphas, gradients, strict=True):
            alpha.grad = gradient
        self._optimizer(1).step()

    @torch.no_grad()
    def stage_weights(self) -> Tensor:
        """softmax(α) ``[D, K]``; uniform where no α is learnt."""
        depth, candidates = len(self.network.layout.stages), self.candidates
        if not self.alphas:
            return torch.full((depth, candidates), 1 / candidates)
        return torch.cat([torch.softmax(alpha, -1) for alpha in self.alphas]).cpu()
