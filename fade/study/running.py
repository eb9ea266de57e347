"""A study from its configuration to its report."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fade.report import build_run
from fade.run_files import intact
from fade.study.config import ConfigurationError, StudyConfig
from fade.study.console import StudyConsole, result_table
from fade.study.ending import find_best, metrics_of, rank_rows
from fade.study.folder import RunFolder
from fade.study.loop import Study
from fade.study.preparation import check_store, prepare, threads
from fade.study.record import log_end
from fade.tracking.base import Tracker


@dataclass(frozen=True)
class Result:
    """What a study leaves.

    Attributes:
        folder: With config.yaml, metrics.json, regions.jsonl, ranks.csv, report.html, best/.
        metrics: The content of metrics.json.
    """

    folder: Path
    metrics: dict[str, Any]


def run(config: StudyConfig, *, folder: str | Path | None = None, group: str | None = None) -> Result:
    """Run one study; the same study again continues where it stopped, or repeats it from the store.

    Args:
        config: What to do.
        folder: Where; None is an unfinished folder of the same configuration, or a new one in ``outputs/<name>``.
        group: Group of runs for the tracker, in a sweep.

    Returns:
        The folder and its metrics.

    Raises:
        ConfigurationError: Before any work, for what the configuration or the data get wrong.
    """
    if config.plan:
        raise ConfigurationError("plan=true runs nothing; call fade.study.plan.print_plan, or leave plan=false")
    started = time.perf_counter()
    with ExitStack() as stack:
        stack.enter_context(threads(config.threads))
        prepared = prepare(config)
        check_store(config.store)
        run_folder = stack.enter_context(RunFolder.open(config, folder))
        if intact(run_folder.path):
            return Result(run_folder.path, json.loads((run_folder.path / "metrics.json").read_text()))
        console = stack.enter_context(StudyConsole(config.search.most_regions))
        console.say(f"{config.name}: {run_folder.path}")
        tracker = stack.enter_context(_tracker(config, run_folder, group))
        if prepared.trainings is not None:
            prepared.trainings.announce = console.training
        study = Study(
            config,
            prepared.space,
            prepared.search,
            prepared.estimator,
            run_folder,
            tracker,
            console,
            prepared.trainings,
        )
        study.run_regions()
        console.purpose = "best"
        best = find_best(study)
        metrics = metrics_of(study, best, prepared)
        depth = prepared.space.depth
        run_folder.write_ranks(
            ["region", "rank", "score", "path", *(f"stage_{d}" for d in range(depth))], rank_rows(study)
        )
        metrics["seconds"] = time.perf_counter() - started
        run_folder.write_metrics(metrics)
        build_run(run_folder.path)
        log_end(tracker, metrics)
    console.console.print(result_table(metrics))
    console.say(f"report: {run_folder.path / 'report.html'}")
    return Result(run_folder.path, metrics)


def _tracker(config: StudyConfig, folder: RunFolder, group: str | None) -> Tracker:
    name = f"{config.name}/{folder.path.name}"
    try:
        return config.tracking.build(folder.path, run_id=folder.run_id, name=name, group=group, config=asdict(config))
    except ValueError as error:
        raise ConfigurationError(str(error)) from error
