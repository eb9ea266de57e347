"""CSV and TensorBoard, by Lightning's loggers."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger

from fade.tracking.base import Tracker


class LightningTracker(Tracker):
    """Curves and final values; tables and pictures are in the run's report and files."""

    def __init__(self, kind: str, folder: Path, *, config: dict[str, Any]) -> None:
        shutil.rmtree(folder / kind, ignore_errors=True)  # a run that continues logs all its regions again
        self.logger: CSVLogger | TensorBoardLogger = (
            CSVLogger(folder, name="", version="csv")
            if kind == "csv"
            else TensorBoardLogger(str(folder), name="", version="tensorboard")
        )
        self.logger.log_hyperparams(config)

    def log(self, values: dict[str, float], step: int) -> None:
        """See `Tracker.log`."""
        self.logger.log_metrics(dict(values), step)

    def summary(self, values: dict[str, float | int | str | None]) -> None:
        """See `Tracker.summary`."""
        self.logger.log_metrics({f"final/{k}": float(v) for k, v in values.items() if isinstance(v, float | int)}, 0)

    def close(self, failed: bool) -> None:
        """See `Tracker.close`."""
        self.logger.finalize("failed" if failed else "success")
