"""One study or one job of a sweep, as Hydra calls it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from fade.cli.importing import importing
from fade.config import CONF, typed
from fade.run_files import intact
from fade.study.config import StudyConfig


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="config")
def main(composed: DictConfig) -> float | None:
    """Run one study and return its objective, which a sweeper may optimise."""
    config, context = typed(composed), HydraConfig.get()
    if config.plan:
        plan(config)
        return None
    is_job = context.mode == RunMode.MULTIRUN
    metrics = _run(config, _shown(Path(context.runtime.output_dir)), Path(context.sweep.dir).name if is_job else None)
    return objective(config.objective, metrics, needed=is_job and context.runtime.choices["hydra/sweeper"] != "basic")


def plan(config: StudyConfig) -> None:
    """Print what a study would cost."""
    with importing():
        from fade.study.plan import print_plan

    print_plan(config)


def objective(key: str, metrics: dict[str, Any], *, needed: bool) -> float | None:
    """The number of metrics.json that a dotted path leads to; None where there is none and nobody needs it.

    Args:
        key: As ``best.validation_accuracy`` or ``regions.0.correlation.spearman.value``; -1 is a list's last.
        metrics: The content of metrics.json.
        needed: Whether a sweeper optimises it.

    Raises:
        ValueError: If it is needed, or not the default, and is no number.
    """
    value: Any = metrics
    for part in key.split("."):
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError, TypeError, ValueError):
            value = None
            break
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    if not needed and key == StudyConfig.objective:
        return None
    best = metrics.get("best", {})
    known = [f"best.{name}" for name, number in best.items() if isinstance(number, int | float)]
    raise ValueError(
        f"objective={key} is no number in metrics.json of this study; give the dotted path of one, as "
        f"{', '.join(known) or 'cost.train_flops'}"
    )


def _run(config: StudyConfig, folder: Path, group: str | None) -> dict[str, Any]:
    from fade.study.terminal import starting

    with starting(), importing():
        from fade.study import run
    is_repeated = intact(folder)
    metrics = run(config, folder=folder, group=group).metrics
    if is_repeated:
        print(f"{config.name}: finished before, {folder}", flush=True)
    return metrics


def _shown(folder: Path) -> Path:
    """A folder as seen from the working directory."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) and folder != here else folder
