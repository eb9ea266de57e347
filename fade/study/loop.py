"""The one loop: ask for a region, score it, hold it against the truth, tell the search, log, go on."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fade.errors import with_type
from fade.ranking import PathRanks
from fade.report import build_run
from fade.search import OuterSearch
from fade.space import Cell, HierarchicalSpace, Region
from fade.store import Store
from fade.study.best import Best, choose_best
from fade.study.budget import price
from fade.study.config import ConfigurationError, StudyConfig
from fade.study.console import StudyConsole, result_table
from fade.study.folder import RunFolder, finished
from fade.study.preparation import Prepared, check_store, prepare, threads
from fade.study.record import log_end, log_region, region_line
from fade.study.scoring import Outcome, RegionScorer, SyntheticScorer, TrainingScorer
from fade.tracking.base import Tracker
from fade.training.config import TrainerConfig
from fade.training.landscape import AdditiveLandscape
from fade.training.stored import StoredTrainings, versions
from fade.truth.comparison import compare, compare_readouts
from fade.truth.known import Truth
from fade.truth.proxied import with_proxies
from fade.truth.retrain import retrain
from fade.truth.table import look_up

TOP_PATHS = 10
RANKED_ROWS = 100_000


@dataclass(frozen=True)
class Result:
    """What a study leaves.

    Attributes:
        folder: With config.yaml, metrics.json, regions.jsonl, ranks.csv, report.html, best/.
        metrics: The content of metrics.json.
    """

    folder: Path
    metrics: dict[str, Any]


@dataclass
class Costs:
    """What has been spent: on deciding (the search's budget binds this), and on measuring."""

    train_flops: float = 0.0
    measure_flops: float = 0.0
    seconds: float = 0.0
    measure_seconds: float = 0.0
    trained_cells: int = 0


@dataclass
class Study:
    """The parts of a study at work.

    Attributes:
        config: What was asked for.
        space: The architectures.
        search: The outer search.
        scorer: What turns regions into stage scores.
        folder: Of the run.
        tracker: Of the run.
        console: What a person sees.
        trainings: None where nothing is trained.
        landscape: None where things are trained.
    """

    config: StudyConfig
    space: HierarchicalSpace
    search: OuterSearch
    scorer: RegionScorer
    folder: RunFolder
    tracker: Tracker
    console: StudyConsole
    trainings: StoredTrainings | None
    landscape: AdditiveLandscape | None
    costs: Costs = field(default_factory=Costs)
    entries: list[dict[str, Any]] = field(default_factory=list)
    ranked: list[tuple[Region, PathRanks]] = field(default_factory=list)

    @property
    def goes_on(self) -> bool:
        """Whether the search wants another region, and its budget affords it."""
        budget, trainings = self.config.search.budget, self.trainings
        if self.search.done or budget is None or trainings is None:
            return not self.search.done
        epochs = self.config.truth.epochs
        next_one = price(self.search, trainings.config, trainings.layout, trainings.data, epochs=epochs)
        return self.costs.train_flops + next_one <= budget

    def run_regions(self) -> None:
        """Go from region to region until the search is done or the budget spent."""
        going = self.goes_on
        while going:
            region, index = self.search.ask(), self.search.told
            self.console.purpose = ""
            outcome = self.scorer.score(region, index)
            self.costs.train_flops += outcome.train_flops
            self.costs.seconds += outcome.seconds
            self.costs.trained_cells += region.depth * region.candidates
            wants_truth = getattr(self.config.search, "utilities", None) == "true"
            self.search.tell(region, outcome.true_scores if wants_truth else outcome.stage_scores)  # type: ignore[arg-type]
            self.ranked.append((region, outcome.ranks))
            going = self.goes_on
            entry = self._entry(region, index, outcome, last=not going)
            self.entries.append(entry)
            self.folder.add_region(entry)
            log_region(self.tracker, entry)
            self.console.region_done(index)
            self.console.say(region_line(entry))

    def _entry(self, region: Region, index: int, outcome: Outcome, *, last: bool) -> dict[str, Any]:
        """The region's record for metrics.json, its point of the trajectory in it."""
        top = outcome.ranks.top(TOP_PATHS)
        entry: dict[str, Any] = {
            "index": index,
            "cells": region.texts,
            "stage_scores": outcome.stage_scores,
            "top_paths": [{"path": list(path), "score": score} for path, score in top],
            **outcome.record,
        }
        if self.trainings is not None:
            entry["all_paths_flops"] = self.trainings.all_paths_flops(region, self.config.truth.epochs)
        if outcome.readouts:
            entry["readouts"] = {name: reading.as_dict() for name, reading in outcome.readouts.items()}
        if self.trainings is not None and self.config.truth.wants(index, last):
            seed = self.config.seed_of("paths")
            self.console.purpose = f"truth of region {index}"
            truth = (
                look_up(region, top[0][0], self.config.truth, seed=seed)
                if self.config.truth.name == "table"
                else retrain(region, top[0][0], self.config.truth, self.trainings, seed=seed)
            )
            truth = with_proxies(region, truth, self.config.truth.proxies, self.trainings)
            self.costs.measure_flops += truth.measure_flops
            self.costs.measure_seconds += truth.seconds
            entry |= self._truth_record(region, outcome, truth)
        entry["trajectory"] = self._trajectory_point(region, index, top[0][0])
        return entry

    def _truth_record(self, region: Region, outcome: Outcome, truth: Truth) -> dict[str, Any]:
        trainer = self.config.trainer
        aggregates = {trainer.readout: trainer.aggregate} if isinstance(trainer, TrainerConfig) else {}
        return {
            "readouts": compare_readouts(outcome.readouts, truth, aggregates),
            "truth": [path.as_dict() | {"score": outcome.ranks.score(path.path)} for path in truth.paths],
            "correlation": compare(region, outcome.ranks, truth, seed=self.config.seed_of("paths")),
        }

    def _trajectory_point(self, region: Region, index: int, top: tuple[int, ...]) -> dict[str, Any]:
        point: dict[str, Any] = {
            "region": index,
            "train_flops": self.costs.train_flops,
            "trained_cells": self.costs.trained_cells,
            "seconds": self.costs.seconds,
            **self.search.trajectory_point(),
        }
        followed = {"best_accuracy": region.architecture(top)}
        if (mode := self.search.mode()) is not None:
            followed["mode_accuracy"] = mode
        if self.landscape is not None:
            point |= {name: self.landscape.accuracy(cells) for name, cells in followed.items()}
        elif self.config.truth.curve:
            assert self.trainings is not None
            self.console.purpose = f"curve at region {index}"
            runs = self.trainings.networks(list(followed.values()), seed=0, epochs=self.config.truth.epochs)
            point |= {name: run["test_accuracy"] for name, run in zip(followed, runs, strict=True)}
            self.costs.measure_flops += sum(run["train_flops"] for run in runs)
            self.costs.measure_seconds += sum(run["seconds"] for run in runs)
        return point

    def finalists(self) -> dict[tuple[Cell, ...], str]:
        """What may be the best network, and where it comes from: the search's mode and the top path of the last region;
        for searches without a mode the top path of every region, since scores say nothing across regions.
        """
        tops = [
            (region.architecture(ranks.top(1)[0][0]), f"top path of region {n}")
            for n, (region, ranks) in enumerate(self.ranked)
        ]
        mode = self.search.mode()
        named = tops if mode is None else [(mode, "mode of the search"), tops[-1]]
        origins: dict[tuple[Cell, ...], str] = {}
        for cells, origin in named:
            origins.setdefault(cells, origin)
        return origins

    def rank_rows(self) -> Iterator[list[Any]]:
        """Rows of ranks.csv: region, rank, score, path, and the cell of each stage."""
        share = max(RANKED_ROWS // len(self.ranked), 1)
        for index, (region, ranks) in enumerate(self.ranked):
            for path, score, rank in ranks.table(share):
                cells = [str(cell) for cell in region.architecture(path)]
                yield [index, rank, score, "-".join(map(str, path)), *cells]


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
        if finished(run_folder.path):
            return Result(run_folder.path, json.loads((run_folder.path / "metrics.json").read_text()))
        console = stack.enter_context(StudyConsole(getattr(config.search, "regions", 1)))
        console.say(f"{config.name}: {run_folder.path}")
        tracker = stack.enter_context(_tracker(config, run_folder, group))
        trainings, landscape = None, None
        scorer: RegionScorer
        if isinstance(config.trainer, TrainerConfig):
            assert prepared.data is not None
            assert prepared.layout is not None
            trainings = StoredTrainings(
                Store(config.store),
                config.trainer,
                prepared.layout,
                prepared.data,
                seed=config.seed_of("training"),
                networks_seed=config.seed_of("networks"),
                announce=console.training,
            )
            scorer = TrainingScorer(config.trainer, trainings)
        else:
            landscape = AdditiveLandscape(prepared.space, config.seed_of("landscape"))
            scorer = SyntheticScorer(config.trainer, landscape, config.seed_of("training"))
        study = Study(
            config, prepared.space, prepared.search, scorer, run_folder, tracker, console, trainings, landscape
        )
        study.run_regions()
        console.purpose = "best"
        best = _find_best(study)
        metrics = _metrics(study, best, prepared)
        depth = prepared.space.depth
        run_folder.write_ranks(
            ["region", "rank", "score", "path", *(f"stage_{d}" for d in range(depth))], study.rank_rows()
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


def _find_best(study: Study) -> Best | None:
    config, trainings = study.config, study.trainings
    if trainings is None:
        return None
    best = choose_best(study.finalists(), trainings, seeds=config.truth.seeds, epochs=config.truth.epochs)
    study.costs.train_flops += best.choice_flops
    study.costs.measure_flops += best.measure_flops
    study.costs.seconds += best.choice_seconds
    study.costs.measure_seconds += best.measure_seconds
    from fade.training.export import Facts, export_network

    finalists = len(best.record["finalists"])
    facts = Facts(
        test_accuracies=best.record["test_accuracies"],
        validation_accuracy=best.record["validation_accuracy"],
        found={
            "study": config.name,
            "search": config.search.name,
            "regions": len(study.entries),
            "finalists": f"{finalists}, the best on validation data" if finalists > 1 else "1",
            "region training": ", ".join(
                f"{kind.repeats} × {kind.length} {kind.name}" for kind in trainings.config.kinds
            ),
            "FLOPs of the search": f"{study.costs.train_flops:.3g}",
            "seed": config.seed,
        },
        trained=trainings.config.weights_recipe(config.truth.epochs),
    )
    try:
        export_network(best.network, trainings.data, study.folder.path / "best", facts=facts)
    except OSError:  # a full disk, after which the same command goes on here
        raise
    except Exception as error:  # an op of the user's may be beyond torch.export, and nothing computed is lost over it
        study.console.say(f"best/: not exported, {with_type(error)}; its cells are in metrics.json")
    return best


def _metrics(study: Study, best: Best | None, prepared: Prepared) -> dict[str, Any]:
    config, costs = study.config, study.costs
    entries = [{k: v for k, v in entry.items() if k != "trajectory"} for entry in study.entries]
    metrics: dict[str, Any] = {
        "schema": 1,
        "name": config.name,
        "seed": config.seed,
        "dataset": "synthetic" if prepared.data is None else prepared.data.name,
        "device": prepared.device,
        "versions": versions(),
        "seconds": 0.0,
        "cost": {
            "train_flops": costs.train_flops,
            "measure_flops": costs.measure_flops,
            "seconds": costs.seconds,
            "measure_seconds": costs.measure_seconds,
            "stored_seconds": study.trainings.stored_seconds if study.trainings else 0.0,
        },
        "space": {
            "depth": study.space.depth,
            "cells": str(study.space.cell_space.count()),
            "architectures": str(study.space.count()),
        },
        "regions": entries,
        "trajectory": [entry["trajectory"] for entry in study.entries],
    }
    if best is not None:
        metrics["best"] = best.record
    elif study.landscape is not None:
        finalists = study.finalists()
        value = max(map(study.landscape.accuracy, finalists))
        chosen = max(finalists, key=study.landscape.accuracy)
        metrics["best"] = {"architecture": [str(cell) for cell in chosen], "validation_accuracy": value}
    return metrics
