"""Running a training with Lightning: quiet, resumable, interruptible."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytorch_lightning as pl
import torch
from lightning_fabric.plugins.environments.lightning import LightningEnvironment
from pytorch_lightning.utilities.exceptions import SIGTERMException

from fade.errors import first_line
from fade.store import whole
from fade.training.trainer import NetworkTrainer

Report = Callable[[int, int], None]
"""Called after each epoch with (epochs done, epochs in all)."""

NVML_CHECK = "PYTORCH_NVML_BASED_CUDA_CHECK"
CHECKPOINT_SECONDS = 30.0
"""A training keeps a checkpoint at the first epoch end after so long; shorter ones are cheaper to repeat."""


class EpochEnd(pl.Callback):
    """At an epoch's end: record it, write a checkpoint, report it; in this order, so that what is reported is safe.

    One callback, since Lightning runs a module's own hook after those of all callbacks: a checkpoint would lack the
    record. A checkpoint is written beside and renamed, at most every so many seconds; after the last epoch too, for
    what is read from a training can take as long as itself. Where one cannot be written, a
    warning says so, and the training goes on.
    """

    def __init__(self, checkpoint: Path | None, every: float, report: Report | None) -> None:
        self.checkpoint, self.every, self.report = checkpoint, every, report
        self.last = time.monotonic()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """See the class."""
        assert isinstance(pl_module, NetworkTrainer)
        pl_module.record_epoch()
        done, epochs = trainer.current_epoch + 1, pl_module.epochs
        if self.checkpoint and time.monotonic() - self.last >= self.every:
            self._keep(trainer, self.checkpoint)
            self.last = time.monotonic()
        if self.report:
            self.report(done, epochs)

    @staticmethod
    def _keep(trainer: pl.Trainer, checkpoint: Path) -> None:
        try:
            with whole(checkpoint) as beside:
                trainer.save_checkpoint(beside)
        except OSError as error:
            warnings.warn(f"{checkpoint} cannot be written ({first_line(error)}); training on without", stacklevel=1)


@contextmanager
def quick_optimizers(device: torch.device) -> Iterator[None]:
    """Let optimizers on a CPU not ask a driver for devices at each step.

    Lightning sets this variable on import, so that processes can be forked before CUDA is used; each step of Adam then
    opens the driver's library again, in 0.26 ms.
    """
    before = os.environ.get(NVML_CHECK)
    if device.type == "cpu":
        os.environ.pop(NVML_CHECK, None)
    try:
        yield
    finally:
        if before is not None:
            os.environ[NVML_CHECK] = before


@contextmanager
def signals_kept() -> Iterator[None]:
    """Undo what Lightning does to signals: handlers are given back, and an interruption ends as one.

    Lightning answers Ctrl-C with exit code 1, and SIGTERM, after the batch, with exit code 0.

    Raises:
        KeyboardInterrupt: After Ctrl-C.
        SystemExit: With code 143, after SIGTERM.
    """
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except SIGTERMException:
        raise SystemExit(128 + signal.SIGTERM) from None
    except SystemExit as end:
        if isinstance(end.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        raise
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, handler in handlers.items():
                signal.signal(number, signal.SIG_DFL if handler is None else handler)


def usable(checkpoint: Path | None) -> Path | None:
    """A checkpoint that is there and whole; a damaged one is moved aside, and its training starts anew."""
    if checkpoint is None:
        return None
    try:
        with zipfile.ZipFile(checkpoint) as file:  # torch looks at no checksum
            if damaged := file.testzip():
                raise zipfile.BadZipFile(damaged)
        state = torch.load(checkpoint, map_location="cpu", weights_only=True)
        if missing := {"state_dict", "records", "pytorch-lightning_version"} - set(state):
            raise KeyError(*missing)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except Exception as error:  # torch, zipfile and pickle raise a dozen kinds on a file that is not theirs
        aside = checkpoint.with_name(f"{checkpoint.name}.damaged")
        checkpoint.replace(aside)
        warnings.warn(f"{checkpoint} is damaged ({type(error).__name__}); moved to {aside.name}", stacklevel=3)
        return None
    return checkpoint


def fit(
    module: NetworkTrainer,
    *,
    checkpoint: Path | None = None,
    every: float = CHECKPOINT_SECONDS,
    report: Report | None = None,
) -> None:
    """Train a module for its epochs on the device of its data.

    Args:
        module: What to train.
        checkpoint: Where a long training keeps its state; a training that finds it goes on from there, exactly. Whoever
            has stored what came of the training removes it.
        every: Seconds between checkpoints.
        report: Told of each epoch.

    Raises:
        KeyboardInterrupt: After Ctrl-C.
        SystemExit: With code 143, after SIGTERM.
    """
    device = module.data.device
    resume = usable(checkpoint)
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    with (
        signals_kept(),
        quick_optimizers(device),
        warnings.catch_warnings(),
        torch.random.fork_rng(devices=[device] if device.type == "cuda" else []),
    ):
        warnings.filterwarnings("ignore", module="pytorch_lightning")
        warnings.filterwarnings("ignore", message=".*lr_scheduler.step.*")
        trainer = pl.Trainer(
            max_epochs=module.epochs,
            accelerator="cpu" if device.type == "cpu" else "gpu",
            devices=1 if device.index is None else [device.index],
            precision=module.recipe.precision,  # type: ignore[arg-type]
            plugins=LightningEnvironment(),  # else a job under SLURM would be taken for one of Lightning's own
            callbacks=EpochEnd(checkpoint, every, report),
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            reload_dataloaders_every_n_epochs=1,
            num_sanity_val_steps=0,
            inference_mode=False,
        )
        trainer.fit(module, ckpt_path=resume, weights_only=True if resume else None)
        if trainer.received_sigterm:  # in the last batch, where Lightning forgets it
            raise SIGTERMException
    module.to(device)


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
