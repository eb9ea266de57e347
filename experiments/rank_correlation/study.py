"""A study of ranks, from its raw results: regions, what ranks them, and how well."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.collect import TRAINING
from experiments.readings import flops_of_all, named, readings, recipe
from fade.ranking import PathRanks, noise_ceiling, tied
from fade.ranking.bootstrap import percentiles, resample
from fade.ranking.correlations import resampled_spearman
from fade.space import Region
from fade.training.config import READOUTS, TrainerConfig
from fade.training.effects import main_effects
from fade.training.train import joined, mean_of_trainings
from fade.truth.baselines import free_counts, proxy_ranks
from fade.truth.known import TruePath
from fade.truth.known import Truth as KnownTruth

Floats = NDArray[np.float64]
RESAMPLES = 2000


@dataclass(frozen=True)
class Truth:
    """A region and its trained paths: ``paths [N, D]``, ``accuracy [N, S]``."""

    name: str
    region: Region
    paths: NDArray[np.int64]
    accuracy: Floats
    known: KnownTruth

    @cached_property
    def mean(self) -> Floats:
        return self.known.mean()

    @cached_property
    def additive(self) -> Floats:
        """What an additive model of each seed's accuracies says of the paths, ``[N, S]``.

        Effects of candidates are averages over N / K networks each, so seeds agree on them far better than on single
        networks; what a score knows shows here where single networks are noise.
        """
        effects = [main_effects(self.paths, seed, self.region.candidates) for seed in self.accuracy.T]
        return np.stack([PathRanks(each).scores(self.paths) for each in effects], axis=1)

    @cached_property
    def baselines(self) -> dict[str, Floats]:
        """Free counts, and proxies where they were measured."""
        proxies = {name: ranks for name, (ranks, _) in proxy_ranks(self.known).items()}
        return free_counts(self.region, self.known) | proxies


def read_truth(row: Mapping[str, Any]) -> Truth:
    rows = [path for path in row["paths"] if path["sampled"]]
    known = [TruePath(**{**path, "path": tuple(path["path"]), "proxies": path.get("proxies") or {}}) for path in rows]
    accuracy, paths = (np.array([path[key] for path in rows]) for key in ("accuracy", "path"))
    return Truth(row["region"], Region.parse(row["cells"]), paths, accuracy, KnownTruth(known, 0.0, 0.0))


def mean_reading(trainings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What several trainings of a region have all stored, as one training of repeats has it.

    Its repeats read the same paths; runs have a design each, and all of them are kept.
    """
    shared = [key for key in TRAINING if all(key in training for training in trainings)]
    tables = [training["path_losses"] for training in trainings if "path_losses" in shared]
    designs = {}
    if any(table["paths"] != tables[0]["paths"] for table in tables):
        shared.remove("path_losses")
        designs["path_losses"] = {key: [v for table in tables for v in table[key]] for key in tables[0]}
    read = set.intersection(*(set(training["readouts"]) for training in trainings))
    records = [
        {key: training[key] for key in shared} | {"readouts": {name: training["readouts"][name] for name in read}}
        for training in trainings
    ]
    return {**trainings[0], **mean_of_trainings(records), **designs}


def both_kinds(trainings: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each joint training beside the fair one that `trainer.fair_repeats`, with as many repeats, would add to it.

    Only what both say together is new. A run of both has the same numbers, and is not made up again.
    """

    def key(training: Mapping[str, Any], trainer: Mapping[str, Any]) -> tuple[Any, ...]:
        return training["region"], training["seed"], *sorted(recipe(trainer).items(), key=str)

    run = {key(training, training["trainer"]): training for training in trainings}
    found = []
    for training in trainings:
        given = recipe(training["trainer"])
        if given["name"] != "joint" or given["fair_repeats"] or "path_losses" not in training:
            continue
        both = given | {"fair_repeats": given["repeats"]}
        fair = run.get(key(training, vars(TrainerConfig(**both, readout="alone").kinds[1])))
        if fair is not None and key(training, both) not in run:
            trainer = training["trainer"] | {"fair_repeats": given["repeats"]}
            found.append({**joined([training, fair]), "trainer": trainer})
    return found


def defined(scores: Floats, truth: Floats, counts: Any) -> Floats:
    """Spearman's of each resample; 0 where a side is constant in it."""
    return np.nan_to_num(resampled_spearman(scores, truth, counts))


class Study:
    """Regions, what ranks them, and how well.

    Args:
        folders: Where the truths of regions are, different ones in each.
        others: Where their trainings are; the same folders where there are none.
        regions: Names of those that are studied; all where there are none.
    """

    def __init__(self, folders: Sequence[Path], others: Sequence[Path] = (), regions: Sequence[str] = ()) -> None:
        rows = [json.loads(line) for folder in folders for line in (folder / "truth.jsonl").open()]
        rows = [row for row in rows if not regions or row["region"] in regions]
        self.truths = [read_truth(row) for row in rows]
        self.scores: dict[str, dict[str, list[Floats]]] = defaultdict(lambda: defaultdict(list))
        self.cost: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
        by_name = {truth.name: truth for truth in self.truths}
        assert len(by_name) == len(self.truths), f"{folders} have a region in common"
        trainings = self._trainings(others or folders)
        for row in trainings:
            assert row["cells"] == by_name[row["region"]].region.texts, f"{others} has another region {row['region']}"
        epochs = {row["region"]: row["epochs"] for row in rows}
        alike: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
        for training in trainings:
            truth, label = by_name[training["region"]], named(training["trainer"])
            alike[label][truth.name].append(training)
            self.cost[label].append(self._cost(training, epochs[training["region"]]))
            for name, score in readings(training, truth.region.candidates).items():
                self.scores[f"{label} / {name}"][truth.name].append(tied(score(truth.paths)))
        for training in both_kinds(trainings):
            truth, label = by_name[training["region"]], named(training["trainer"])
            self.cost[label].append(self._cost(training, epochs[training["region"]]))
            score = readings(training, truth.region.candidates)["consensus"]
            self.scores[f"{label} / consensus"][truth.name].append(tied(score(truth.paths)))
        for label, found in alike.items():
            if (most := min(map(len, found.values()))) < 2:
                continue
            for region, rows in found.items():
                truth = by_name[region]
                for name, score in readings(mean_reading(rows[:most]), truth.region.candidates).items():
                    self.scores[f"{label} / {name}, mean of {most}"][region].append(tied(score(truth.paths)))
        names = [truth.name for truth in self.truths]
        self.scores = {k: v for k, v in self.scores.items() if set(v) == set(names)}  # whole ones can be compared
        self._estimators: dict[str, tuple[Floats, Floats]] = {}
        self.counts = [resample(len(truth.mean), RESAMPLES, n) for n, truth in enumerate(self.truths)]
        self.regions = np.random.default_rng(0).integers(len(names), size=(RESAMPLES, len(names)))

    @staticmethod
    def _cost(training: Mapping[str, Any], epochs: int) -> tuple[float, float, float]:
        """FLOPs, their share of training all paths, seconds."""
        flops = training["train_flops"]
        return flops, flops / flops_of_all(training, epochs), training["seconds"]

    def _trainings(self, folders: Sequence[Path]) -> list[dict[str, Any]]:
        names = {truth.name for truth in self.truths}
        rows = [json.loads(line) for folder in folders for line in (folder / "trainings.jsonl").open()]
        return [row for row in rows if row["region"] in names]

    def estimator(self, name: str) -> tuple[Floats, Floats]:
        """Spearman's of each region ``[R]``, and of each resample of its paths ``[R, B]``: means over trainings."""
        if name not in self._estimators:
            self._estimators[name] = self._agreement([self.scores[name][truth.name] for truth in self.truths])
        return self._estimators[name]

    def ordered(self) -> list[str]:
        """The estimators that a configuration can name, best first."""
        plain = [name for name in self.scores if name.split(" / ")[1].split(", mean of")[0] in READOUTS]
        return sorted(plain, key=lambda name: -self.estimator(name)[0].mean())

    def baseline(self, name: str) -> tuple[Floats, Floats]:
        """The same of a baseline, its sign from the other regions."""
        value, drawn_ = self._agreement([[truth.baselines[name]] for truth in self.truths])
        others = (value.sum() - value) if len(value) > 1 else value
        sign = np.where(others < 0, -1.0, 1.0)
        return value * sign, drawn_ * sign[:, None]

    def ceiling(self, *, additive: bool = False) -> Floats:
        """What the noise of the truth, or of its additive part, allows in each region; NaN where seeds do not tell."""
        tables = [truth.additive if additive else truth.accuracy for truth in self.truths]
        found = [noise_ceiling(table, seed=0, resamples=10).spearman for table in tables]
        return np.array([np.nan if value is None else value for value in found])

    def _agreement(self, scores: Sequence[Sequence[Floats]]) -> tuple[Floats, Floats]:
        values, resampled = [], []
        for truth, counts, some in zip(self.truths, self.counts, scores, strict=True):
            ones = np.ones((1, len(truth.mean)), dtype=np.float32)
            values.append(np.mean([defined(s, truth.mean, ones)[0] for s in some]))
            resampled.append(np.mean([defined(s, truth.mean, counts) for s in some], axis=0))
        return np.array(values), np.array(resampled)

    def interval(self, resampled: Floats) -> tuple[float, float]:
        """Of the mean over regions, regions and paths drawn anew.

        Paths of a region are drawn once a resample, so that a region that is drawn twice has the same paths twice. That
        makes intervals slightly wider than two draws of them would.
        """
        means = resampled[self.regions, np.arange(RESAMPLES)[:, None]].mean(1)
        return percentiles(means)  # never None: `defined` leaves no resample undefined

    def mean_of(self, name: str, measure: Any) -> float:
        """Mean over regions of the mean over trainings of measure(scores, truth)."""
        per_region = [np.mean([measure(s, t) for s in self.scores[name][t.name]]) for t in self.truths]
        return float(np.mean(per_region))
