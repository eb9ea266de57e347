"""The training of stand-alone networks side by side: a LightningModule; that of regions builds on it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.optim.lr_scheduler import LRScheduler

from fade.data import Data
from fade.nets.network import Network
from fade.seeds import subseed
from fade.training.memory import peak_memory
from fade.training.recipe import NetworkRecipe

Batch = tuple[Tensor, Tensor]


class EpochBatches:
    """The batches of an epoch: of the split that trains w, each beside one of the alpha split where there is one.

    Args:
        data: The data.
        recipe: Its batch size.
        seed: Of the order.
        epoch: Number of the pass.
        one_split: Whether w trains on weights and alpha together, and no batch of the alpha split stands beside.
        steps: Where a training has so many steps in place of epochs: of these, those that this epoch has.
    """

    def __init__(
        self, data: Data, recipe: NetworkRecipe, *, seed: int, epoch: int, one_split: bool, steps: int | None = None
    ) -> None:
        self.main = data.batches(
            *(("weights", "alpha") if one_split else ("weights",)),
            batch_size=recipe.batch_size,
            seed=seed,
            epoch=epoch,
            shuffle=True,
            augment=True,
            drop_last=True,
        )
        self.data, self.recipe, self.seed, self.epoch, self.one_split = data, recipe, seed, epoch, one_split
        every = len(self.main)
        self.steps = every if steps is None else min(every, steps - epoch * every)

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[tuple[Batch, Batch | None]]:
        main = itertools.islice(self.main, self.steps)
        if self.one_split:
            return ((batch, None) for batch in main)
        return zip(main, self._alpha(), strict=False)

    def _alpha(self) -> Iterator[Batch]:
        """The alpha split again and again, in a new order each time."""
        size = min(self.recipe.batch_size, self.data.sizes["alpha"])
        for lap in range(len(self)):
            seed = subseed(self.seed, "alpha", lap)
            options: dict[str, Any] = {"shuffle": True, "augment": True, "drop_last": True}
            yield from self.data.batches("alpha", batch_size=size, seed=seed, epoch=self.epoch, **options)


class NetworkTrainer(pl.LightningModule):
    """Trains the weights w of N stand-alone networks, side by side.

    All chance is a function of (seed, epoch), so a checkpoint at an epoch's end continues exactly.

    Args:
        network: The networks, K = 1.
        recipe: How.
        data: The data, on the device.
        seed: Seed of batches and noise; initial weights have the network's own.

    Attributes:
        epochs: Passes over the training split; the last one may be cut short by the recipe's steps.
        epoch_seconds: ``[E]``.
        watches_memory: Whether a step is measured: the first one that finds all that a step needs, done as any other.
        memory: Bytes at the peak of that step: weights, their gradients, the optimizer's state and activations. None
            until it was done.
    """

    def __init__(self, network: Network, recipe: NetworkRecipe, data: Data, *, seed: int) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.network, self.recipe, self.data, self.seed = network, recipe, data, seed
        self.epochs, self.steps = recipe.epochs, recipe.steps
        self.epoch_seconds: list[float] = []
        self.watches_memory = False
        self.memory: int | None = None
        self._started = 0.0
        self._step = 0
        self._optimizers: list[torch.optim.Optimizer] = []
        self._schedule: LRScheduler
        if self.steps is not None:
            epoch = EpochBatches(data, recipe, seed=0, epoch=0, one_split=self.one_split)
            self.epochs = -(-self.steps // len(epoch))

    @property
    def one_split(self) -> bool:
        """Whether w trains on weights and alpha together."""
        return True

    @property
    def all_steps(self) -> int:
        """Of w, in all epochs."""
        return self.steps or self.epochs * len(self.train_dataloader())

    def optimizer_of_weights(self) -> tuple[torch.optim.Optimizer, LRScheduler]:
        """Adam or SGD for w, with a cosine schedule over all steps."""
        r, w = self.recipe, list(self.network.parameters())
        optimizer: torch.optim.Optimizer = (
            torch.optim.Adam(w, lr=r.lr, weight_decay=r.weight_decay, fused=True)
            if r.optimizer == "adam"
            else torch.optim.SGD(w, lr=r.lr, momentum=r.momentum, weight_decay=r.weight_decay)
        )
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=max(self.all_steps, 1), eta_min=r.lr_end)
        return optimizer, schedule

    def configure_optimizers(self) -> Any:
        """See `optimizer_of_weights`."""
        optimizer, schedule = self.optimizer_of_weights()
        return [optimizer], [schedule]

    def train_dataloader(self) -> EpochBatches:
        """This epoch's batches."""
        return EpochBatches(
            self.data,
            self.recipe,
            seed=subseed(self.seed, "batches"),
            epoch=self.current_epoch,
            one_split=self.one_split,
            steps=self.steps,
        )

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """Batches are on the device already."""
        return batch

    def on_train_epoch_start(self) -> None:
        """Seed this epoch's noise of registered ops, which draw from torch's global generator."""
        optimizers, schedule = self.optimizers(use_pl_optimizer=False), self.lr_schedulers()
        assert isinstance(schedule, LRScheduler)
        self.use_optimizers(optimizers if isinstance(optimizers, list) else [optimizers], schedule)
        self._started = time.perf_counter()
        torch.manual_seed(subseed(self.seed, "ops", self.current_epoch))

    def record_epoch(self) -> None:
        """Record the epoch; called by `fit` before it keeps a checkpoint, which shall hold the record."""
        self.epoch_seconds.append(time.perf_counter() - self._started)

    def records(self) -> dict[str, Any]:
        """What a checkpoint holds of the epochs that are over."""
        return {"seconds": self.epoch_seconds, "memory": self.memory}

    def take_up(self, records: dict[str, Any]) -> None:
        """Go on from the `records` of a checkpoint."""
        self.epoch_seconds = records["seconds"]
        self.memory = records.get("memory")  # which those of an earlier version lack

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the records."""
        checkpoint["records"] = self.records()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take the records up again."""
        self.take_up(checkpoint["records"])

    def training_step(self, batch: tuple[Batch, Batch | None], batch_idx: int) -> None:
        """One step, measured where it is the one to be."""
        self._step = batch_idx
        if self.watches_memory and self.memory is None and self.is_steady:
            self.memory = peak_memory(lambda: self.do_step(*batch), self._lasting(), self.data.device)
        else:
            self.do_step(*batch)

    def do_step(self, batch: Batch, alpha_batch: Batch | None) -> None:
        """One step of w."""
        self.backward_weights(self.loss_of(self.network(batch[0], None), batch[1]))
        self.step_weights()

    @property
    def is_steady(self) -> bool:
        """Whether an earlier step has left all that steps leave: gradients, and the state of optimizers."""
        return self.network.head_bias.grad is not None

    def _lasting(self) -> Iterator[Tensor]:
        """The tensors that are there between steps."""
        for parameter in self.parameters():
            yield parameter
            if parameter.grad is not None:
                yield parameter.grad
        yield from self.buffers()
        for optimizer in self._optimizers:
            for state in optimizer.state.values():
                yield from (value for value in state.values() if isinstance(value, Tensor))

    @staticmethod
    def loss_of(logits: Tensor, labels: Tensor) -> Tensor:
        """Cross-entropy, the mean over the batch and the sum over the N networks, which so train independently.

        Args:
            logits: ``[N, B, classes]``.
            labels: ``[B]``.
        """
        return F.cross_entropy(logits.flatten(0, 1), labels.repeat(len(logits))) * len(logits)

    def backward_weights(self, loss: Tensor) -> None:
        """Gradients of a loss by w, and by α where it takes part."""
        for parameter in self._parameters_once:
            parameter.grad = None
        loss.backward()

    def step_weights(self) -> None:
        """One step of the weights' optimizer and of its schedule."""
        self.optimizer_at(0).step()
        self._schedule.step()

    def optimizer_at(self, index: int) -> torch.optim.Optimizer:
        """The optimizer of w (0), or of α (1)."""
        return self._optimizers[index]

    def use_optimizers(self, optimizers: list[torch.optim.Optimizer], schedule: LRScheduler) -> None:
        """Take steps by these, `configure_optimizers`'s, which may be Lightning's or a plain loop's.

        They are used as they are: Lightning's wrappers scale no gradient here, and take 0.3 ms a step
        (benchmarks/README.md).
        """
        self._optimizers, self._schedule = optimizers, schedule

    @cached_property
    def _parameters_once(self) -> list[torch.nn.Parameter]:
        """To walk through all modules would take a tenth of a millisecond a step."""
        return list(self.parameters())
