"""The one loop: ask for a region, score it, hold it against the truth, tell the search, log, go on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fade.estimators import Estimate, Estimator
from fade.ranking import PathRanks
from fade.search import OuterSearch
from fade.space import HierarchicalSpace, Region
from fade.study.budget import price
from fade.study.config import StudyConfig
from fade.study.console import StudyConsole
from fade.study.folder import RunFolder
from fade.study.record import log_region, region_line
from fade.tracking.base import Tracker
from fade.training.cached import CachedTrainings, Networks
from fade.training.flops import all_paths_flops
from fade.truth.comparison import compare, compare_readouts
from fade.truth.known import Truth
from fade.truth.proxied import with_proxies
from fade.truth.retrain import retrain
from fade.truth.table import look_up

TOP_PATHS = 10


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
        estimator: What turns regions into stage scores.
        folder: Of the run.
        tracker: Of the run.
        console: What a person sees.
        trainings: None where nothing is trained.
    """

    config: StudyConfig
    space: HierarchicalSpace
    search: OuterSearch
    estimator: Estimator
    folder: RunFolder
    tracker: Tracker
    console: StudyConsole
    trainings: CachedTrainings | None
    costs: Costs = field(default_factory=Costs)
    entries: list[dict[str, Any]] = field(default_factory=list)
    ranked: list[tuple[Region, PathRanks]] = field(default_factory=list)

    @property
    def goes_on(self) -> bool:
        """Whether the search wants another region, and its budget affords it."""
        budget, trainings = self.config.search.budget, self.trainings
        if self.search.done or budget is None or trainings is None:
            return not self.search.done
        recipe = self.config.network_recipe
        next_one = price(self.search, self.estimator, recipe, trainings.layout, trainings.data)
        return self.costs.train_flops + next_one <= budget

    def run_regions(self) -> None:
        """Go from region to region until the search is done or the budget spent."""
        going = self.goes_on
        while going:
            region, index = self.search.ask(), self.search.told
            self.console.purpose = ""
            estimate = self.estimator.estimate(region, index)
            self.costs.train_flops += estimate.train_flops
            self.costs.seconds += estimate.seconds
            self.costs.trained_cells += region.depth * region.candidates
            scores = estimate.true_scores if self.config.search.wants_true_scores else estimate.stage_scores
            assert scores is not None
            self.search.tell(region, scores)
            self.ranked.append((region, estimate.ranks))
            going = self.goes_on
            entry = self._entry(region, index, estimate, last=not going)
            self.entries.append(entry)
            self.folder.add_region(entry)
            log_region(self.tracker, entry)
            self.console.region_done(index)
            self.console.say(region_line(entry))

    def _entry(self, region: Region, index: int, estimate: Estimate, *, last: bool) -> dict[str, Any]:
        """The region's record for metrics.json, its point of the trajectory in it."""
        top = estimate.ranks.top(TOP_PATHS)
        entry: dict[str, Any] = {
            "index": index,
            "cells": region.texts,
            "stage_scores": estimate.stage_scores,
            "top_paths": [{"path": list(path), "score": score} for path, score in top],
            **estimate.record,
        }
        if self.trainings is not None:
            recipe, of = self.config.network_recipe, self.trainings
            entry["all_paths_flops"] = all_paths_flops(region, recipe, of.layout, of.data)
        if estimate.readouts:
            entry["readouts"] = {name: reading.as_dict() for name, reading in estimate.readouts.items()}
        if self.trainings is not None and self.config.truth.wants(index, last):
            seed = self.config.seed_of("paths")
            self.console.purpose = f"truth of region {index}"
            truth = (
                look_up(region, top[0][0], self.config.truth, seed=seed)
                if self.config.truth.name == "table"
                else retrain(
                    region, top[0][0], self.config.truth, self.config.network_recipe, self.trainings, seed=seed
                )
            )
            truth = with_proxies(region, truth, self.config.truth.proxies, self.trainings)
            self.costs.measure_flops += truth.measure_flops
            self.costs.measure_seconds += truth.seconds
            entry |= self._truth_record(region, estimate, truth)
        entry["trajectory"] = self._trajectory_point(region, index, top[0][0], last=last)
        return entry

    def _truth_record(self, region: Region, estimate: Estimate, truth: Truth) -> dict[str, Any]:
        aggregates = {estimate.record.get("readout", ""): self.config.trainer.aggregate}
        return {
            "readouts": compare_readouts(estimate.readouts, truth, aggregates),
            "truth": [path.as_dict() | {"score": estimate.ranks.score(path.path)} for path in truth.paths],
            "correlation": compare(region, estimate.ranks, truth, seed=self.config.seed_of("paths")),
        }

    def _trajectory_point(self, region: Region, index: int, top: tuple[int, ...], *, last: bool) -> dict[str, Any]:
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
        for name, cells in followed.items():
            if (known := self.estimator.accuracy(cells)) is not None:
                point[name] = known
        if self.config.truth.curve:
            assert self.trainings is not None
            self.console.purpose = f"curve at region {index}"
            recipe = self.config.network_recipe
            # Those of the last region may be the best, whose weights are wanted.
            networks = Networks(architectures=list(followed.values()), recipe=recipe, seed=0, keep=last)
            (runs,) = self.trainings.networks([networks])
            point |= {name: run["test_accuracy"] for name, run in zip(followed, runs, strict=True)}
            self.costs.measure_flops += sum(run["train_flops"] for run in runs)
            self.costs.measure_seconds += sum(run["seconds"] for run in runs)
        return point
