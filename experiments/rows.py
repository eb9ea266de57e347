"""The raw rows of a study: a row a region, whose networks were trained, and a row a training of a region.

`regions.jsonl` and `trainings.jsonl` lie side by side in a folder for each data set and space.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from experiments.names import current
from fade.ranking import PathRanks, tied

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Region:
    """A region and its networks, N of which were trained with S seeds each.

    Attributes:
        name: Its seed and its place in the search.
        role: ``held out``, ``development``, or ``predictor`` for a region whose networks only teach.
        network_epochs: Epochs of its networks.
        cells: Candidates ``[D][K]``.
        paths: ``[N, D]``.
        accuracy: Test accuracies ``[N, S]``.
        validation_loss: ``[N, S]``; empty where it was not stored.
        baselines: Free counts, and ranks by zero-cost proxies, by name ``[N]``.
        predictor: Stage scores ``[D, K]`` learned from other regions, by what was learned from.
    """

    name: str
    role: str
    network_epochs: int
    cells: list[list[str]]
    paths: NDArray[np.int64]
    accuracy: Floats
    validation_loss: Floats
    baselines: dict[str, Floats] = field(default_factory=dict)
    predictor: dict[str, Floats] = field(default_factory=dict)

    @cached_property
    def mean(self) -> Floats:
        """Mean accuracy of each network ``[N]``; those that rounding alone parts are equal."""
        return tied(self.accuracy.mean(1))

    @property
    def candidates(self) -> int:
        return len(self.cells[0])

    @property
    def size(self) -> int:
        """Its number of paths."""
        return int(self.candidates ** len(self.cells))


@dataclass(frozen=True)
class Training:
    """A training of a region, and what it was read as.

    Attributes:
        region: Name of the region.
        role: That of the region.
        initialisation: ``shared`` where candidates of a stage start with the same weights, else ``independent``.
        recipe: In words, by `experiments.names.recipe_name`.
        seed: Of the training.
        flops: Of training and reading it.
        epoch_flops: Of training all paths of the region for one epoch.
        seconds: On the machine that it ran on.
        readouts: Stage scores, and pair scores where it has them, by read-out.
    """

    region: str
    role: str
    initialisation: str
    recipe: str
    seed: int
    flops: float
    epoch_flops: float
    seconds: float
    readouts: dict[str, dict[str, Any]]

    def scores(self, readout: str, paths: ArrayLike) -> Floats:
        """Scores of paths ``[N, D]`` by a read-out ``[N]``; those that rounding alone parts are equal."""
        read = self.readouts[readout]
        ranks = PathRanks(read["stage_scores"], pair_scores=read.get("pair_scores"))
        return np.asarray(tied(ranks.scores(paths)))


def load(file: Path) -> list[dict[str, Any]]:
    """The rows of a file; none where there is no file."""
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def save(file: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows that `load` reads, floats with eight digits."""
    file.parent.mkdir(parents=True, exist_ok=True)
    whole = "".join(json.dumps(_rounded(row), separators=(",", ":")) + "\n" for row in rows)
    part = file.with_suffix(".part")
    part.write_text(whole)
    part.replace(file)


def _rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    return float(f"{value:.8g}") if isinstance(value, float) else value


def regions(folder: Path) -> list[Region]:
    """The regions of a folder, in the order of its file."""
    return [
        Region(
            name=row["region"],
            role=row["role"],
            network_epochs=row["network_epochs"],
            cells=row["cells"],
            paths=np.array(row["paths"]),
            accuracy=np.array(row["accuracy"]),
            validation_loss=np.array(row.get("validation_loss", [])),
            baselines={name: np.array(values) for name, values in row.get("baselines", {}).items()},
            predictor={name: np.array(scores) for name, scores in row.get("predictor", {}).items()},
        )
        for row in load(folder / "regions.jsonl")
    ]


def trainings(folder: Path) -> list[Training]:
    """The trainings of a folder, in the order of its file."""
    return list(map(training, load(folder / "trainings.jsonl")))


def training(row: Mapping[str, Any]) -> Training:
    """A row as a training, its read-outs by today's names."""
    return Training(
        region=row["region"],
        role=row["role"],
        initialisation=row["initialisation"],
        recipe=row["recipe"],
        seed=row["seed"],
        flops=float(row["train_flops"]),
        epoch_flops=row["all_paths_flops"] / row["network_epochs"],
        seconds=row["seconds"],
        readouts={current(name): read for name, read in row["readouts"].items()},
    )


def of(
    rows: Iterable[Training], recipe: str, *, initialisation: str = "shared", seeds: Iterable[int] | None = None
) -> Iterator[Training]:
    """Those trainings that have a recipe and an initialisation, and one of the seeds."""
    wanted = None if seeds is None else set(seeds)
    for each in rows:
        if (each.recipe, each.initialisation) == (recipe, initialisation) and (wanted is None or each.seed in wanted):
            yield each
