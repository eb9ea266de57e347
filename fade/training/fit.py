"""Running a training with Lightning: quiet, resumable, interruptible."""

from __future__ import annotations

import logging
import os
import signal
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytorch_lightning as pl
import torch

from fade.training.region import RegionTrainer

CHECKPOINT_SECONDS = 30.0
"""A training keeps a checkpoint at the first epoch end after so long; shorter ones are cheaper to repeat."""


class KeepCheckpoint(pl.Callback):
    """Writes a checkpoint at epoch ends, beside and renamed, at most every so many seconds."""

    def __init__(self, path: Path, every: float) -> None:
        self.path, self.every = path, every
        self.last = time.monotonic()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Keep the state that the next epoch starts from."""
        if time.monotonic() - self.last < self.every or trainer.current_epoch + 1 == trainer.max_epochs:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        trainer.save_checkpoint(beside)
        beside.replace(self.path)
        self.last = time.monotonic()


class ReportEpochs(pl.Callback):
    """Tells how many epochs are over."""

    def __init__(self, report: Callable[[int, int], None]) -> None:
        self.report = report

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Tell."""
        self.report(trainer.current_epoch + 1, trainer.max_epochs or 0)


def fit(
    module: RegionTrainer,
    *,
    checkpoint: Path | None = None,
    every: float = CHECKPOINT_SECONDS,
    report: Callable[[int, int], None] | None = None,
) -> None:
    """Train a module for its epochs on the device of its data.

    Args:
        module: What to train.
        checkpoint: Where a long training keeps its state; a training that finds it goes on from there, exactly. It is
            removed at the end.
        every: Seconds between checkpoints.
        report: Called after each epoch with (epochs done, epochs in all).
    """
    device = module.data.device
    callbacks: list[pl.Callback] = [ReportEpochs(report)] if report else []
    if checkpoint:
        callbacks.append(KeepCheckpoint(checkpoint, every))
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    terminate = signal.getsignal(signal.SIGTERM)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="pytorch_lightning")
        warnings.filterwarnings("ignore", message=".*lr_scheduler.step.*")
        trainer = pl.Trainer(
            max_epochs=module.epochs,
            accelerator="cpu" if device.type == "cpu" else "gpu",
            devices=1 if device.index is None else [device.index],
            precision=module.config.precision,  # type: ignore[arg-type]
            callbacks=callbacks,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            reload_dataloaders_every_n_epochs=1,
            num_sanity_val_steps=0,
            inference_mode=False,
        )
        resume = checkpoint if checkpoint and checkpoint.exists() else None
        trainer.fit(module, ckpt_path=resume, weights_only=True if resume else None)
    signal.signal(signal.SIGTERM, terminate)
    if trainer.interrupted:
        raise KeyboardInterrupt
    module.to(device)
    if checkpoint:
        checkpoint.unlink(missing_ok=True)


def resolve_device(name: str) -> str:
    """The device that `auto` means here, cuda where there is one.

    Raises:
        ValueError: If a device is asked for that is not there.
    """
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise ValueError(f"device={name}: there is no CUDA device here; use device=cpu or device=auto")
    return name
