"""Weights & Biases, offline unless asked."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import wandb

from fade.errors import first_line
from fade.tracking.base import Cell, Tracker

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from fade.tracking.config import TrackingConfig

INIT_SECONDS = 20


class WandbTracker(Tracker):
    """One W&B run, finished for certain: two jobs in one process would silently become one run otherwise."""

    def __init__(
        self,
        tracking: TrackingConfig,
        folder: Path,
        *,
        run_id: str,
        name: str,
        group: str | None,
        config: dict[str, Any],
    ) -> None:
        # An offline run must not ask for a login, nor write outside its folder.
        os.environ.setdefault("WANDB_SILENT", "true")
        try:
            self.run = wandb.init(
                dir=folder,
                mode=tracking.mode,  # type: ignore[arg-type]
                project=tracking.project,
                group=group,
                tags=tracking.tags or None,
                id=run_id,
                resume="allow" if tracking.mode == "online" else None,
                name=name,
                config=config,
                settings=wandb.Settings(
                    init_timeout=INIT_SECONDS, console="off", x_disable_stats=True, silent=True, disable_git=True
                ),
            )
        except (wandb.Error, OSError, ValueError) as error:
            online = tracking.mode == "online"
            remedy = "tracking.mode=offline and synchronise later with `wandb sync`" if online else "tracking=csv"
            raise ValueError(
                f"tracking.mode={tracking.mode}: W&B did not start ({first_line(error)}); use {remedy}"
            ) from error
        self.run.define_metric("region")
        self.run.define_metric("*", step_metric="region")

    def log(self, values: dict[str, float], step: int) -> None:
        """See `Tracker.log`."""
        self.run.log({"region": step, **values})

    def table(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
        """See `Tracker.table`."""
        self.run.log({name: wandb.Table(columns=list(columns), data=[list(row) for row in rows])})

    def figure(self, name: str, figure: Figure) -> None:
        """See `Tracker.figure`."""
        self.run.log({name: wandb.Image(figure)})

    def summary(self, values: dict[str, float | int | str | None]) -> None:
        """See `Tracker.summary`."""
        self.run.summary.update({name: value for name, value in values.items() if value is not None})

    def close(self, failed: bool) -> None:
        """See `Tracker.close`."""
        self.run.finish(exit_code=int(failed))
