"""The network that a study found: chosen on validation images, retrained, tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fade.nets.network import Network
from fade.space import Cell
from fade.training.cached import CachedTrainings, Networks
from fade.training.recipe import NetworkRecipe

Architecture = tuple[Cell, ...]


@dataclass(frozen=True)
class Best:
    """The best network and what finding and testing it cost.

    Attributes:
        record: The `best` of metrics.json.
        architecture: Its cells.
        network: As trained with the first seed.
        choice_flops: FLOPs of deciding among the finalists.
        measure_flops: FLOPs of the further seeds.
        choice_seconds: Likewise.
        measure_seconds: Likewise.
    """

    record: dict[str, Any]
    architecture: Architecture
    network: Network
    choice_flops: float
    measure_flops: float
    choice_seconds: float
    measure_seconds: float


def choose_best(
    finalists: Mapping[Architecture, str], trainings: CachedTrainings, recipe: NetworkRecipe, *, seeds: int
) -> Best:
    """Train the finalists, keep the best on validation, train it with more seeds, test it.

    The first seed's training decides and is tested as it is: validation and test images are disjoint. With one finalist
    there is nothing to decide, and its training counts as measuring.

    Args:
        finalists: Architectures, and where each comes from; the first of equals wins.
        trainings: Where trainings are done and stored.
        recipe: How networks are trained.
        seeds: Trainings of the best network.
    """
    distinct = list(finalists)
    (first,) = trainings.networks([Networks(architectures=distinct, recipe=recipe, seed=0, keep=True)])
    accuracy = [run["validation_accuracy"] for run in first]
    winner = int(np.argmax(accuracy))
    again = [Networks(architectures=[distinct[winner]], recipe=recipe, seed=repeat) for repeat in range(1, seeds)]
    runs = [first[winner], *(run for runs in trainings.networks(again) for run in runs)]
    tested = [run["test_accuracy"] for run in runs]
    record = {
        "architecture": [str(cell) for cell in distinct[winner]],
        "validation_accuracy": accuracy[winner],
        "test_accuracy": float(np.mean(tested)),
        "test_accuracies": tested,
        "parameters": runs[0]["parameters"],
        "flops": runs[0]["flops"],
        "finalists": [
            {"architecture": list(map(str, cells)), "validation_accuracy": value, "origin": finalists[cells]}
            for cells, value in zip(distinct, accuracy, strict=True)
        ],
    }
    choice = first if len(distinct) > 1 else []
    measure = runs[1:] if len(distinct) > 1 else runs
    return Best(
        record,
        distinct[winner],
        trainings.network(runs[0]),
        choice_flops=_total(choice, "train_flops"),
        measure_flops=_total(measure, "train_flops"),
        choice_seconds=_total(choice, "seconds"),
        measure_seconds=_total(measure, "seconds"),
    )


def _total(trainings: Sequence[dict[str, Any]], key: str) -> float:
    return float(sum(run[key] for run in trainings))
