"""Truth by training: paths of a region from scratch, and how well scores agree with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fade.ranking import PathRanks, correlation, noise_ceiling, regret
from fade.ranking.correlations import Correlation
from fade.seeds import subseed
from fade.space import Region
from fade.training.stored import StoredTrainings
from fade.truth.baselines import COUNTS
from fade.truth.config import TruthConfig
from fade.truth.paths import sample_paths


@dataclass(frozen=True)
class TruePath:
    """A path and what became of its network.

    Attributes:
        path: ``[D]`` candidate of each stage.
        sampled: Whether it was drawn; the top path is added for the regret alone.
        accuracy: Test accuracy of each seed.
        parameters: Of the network.
        flops: Of one forward pass of one example.
    """

    path: tuple[int, ...]
    sampled: bool
    accuracy: list[float]
    parameters: int
    flops: int


@dataclass(frozen=True)
class Truth:
    """The truth about some paths of a region, and what it cost to measure.

    Attributes:
        paths: Sampled paths in the order drawn, then the top path if it was not among them.
        train_flops: FLOPs of the trainings.
        seconds: Of the trainings.
    """

    paths: list[TruePath]
    train_flops: float
    seconds: float


def retrain(region: Region, top: Sequence[int], config: TruthConfig, trainings: StoredTrainings, *, seed: int) -> Truth:
    """Train sampled paths and the top path from scratch, each with every seed.

    Args:
        region: The region.
        top: The path that ranks first.
        config: How many, how long.
        trainings: Where trainings are done and kept.
        seed: Of the choice of paths.
    """
    sampled = [tuple(path) for path in sample_paths(region, config.paths, seed).tolist()]
    groups = [sampled] if tuple(top) in sampled else [sampled, [tuple(top)]]
    paths, flops, seconds = [], 0.0, 0.0
    for group in groups:  # the top path apart: it must not move what is batched with what
        architectures = [region.architecture(path) for path in group]
        repeats = [
            trainings.networks(architectures, seed=repeat, epochs=config.epochs) for repeat in range(config.seeds)
        ]
        for n, path in enumerate(group):
            runs = [repeat[n] for repeat in repeats]
            accuracy = [run["test_accuracy"] for run in runs]
            first = runs[0]
            paths.append(TruePath(path, group is sampled, accuracy, first["parameters"], first["flops"]))
            flops += sum(run["train_flops"] for run in runs)
            seconds += sum(run["seconds"] for run in runs)
    return Truth(paths, flops, seconds)


def compare(region: Region, ranks: PathRanks, truth: Truth, *, seed: int) -> dict[str, Any]:
    """Rank correlation of a region's scores with the truth, with what it must be held against.

    Args:
        region: The region.
        ranks: The scores.
        truth: The truth.
        seed: Of the bootstrap.

    Returns:
        The `correlation` of a region in metrics.json: n, spearman, kendall, ceiling, regret, baselines.
    """
    sampled = [path for path in truth.paths if path.sampled]
    accuracy = np.array([path.accuracy for path in sampled])
    mean = accuracy.mean(axis=1)
    scores = ranks.scores(np.array([path.path for path in sampled]))
    all_scores = ranks.scores(np.array([path.path for path in truth.paths]))
    all_means = np.array([np.mean(path.accuracy) for path in truth.paths])
    counts: dict[str, list[int]] = {
        "parameters": [path.parameters for path in sampled],
        "flops": [path.flops for path in sampled],
    }
    for name, count in COUNTS.items():
        counts[name] = [count(region.architecture(path.path)) for path in sampled]
    result = correlation(scores, mean, seed=subseed(seed, "bootstrap")).as_dict()
    result["ceiling"] = noise_ceiling(accuracy, seed=subseed(seed, "ceiling")).as_dict()
    result["regret"] = regret(all_scores, all_means)
    result["baselines"] = {
        name: _values(correlation(np.array(values), mean, seed=0, resamples=0)) for name, values in counts.items()
    }
    return result


def compare_readouts(
    readouts: Mapping[str, Any], truth: Truth, aggregates: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Stage scores and correlations of every read-out, each by its aggregate (the mean unless said otherwise)."""
    sampled = [path for path in truth.paths if path.sampled]
    paths = np.array([path.path for path in sampled])
    mean = np.array([np.mean(path.accuracy) for path in sampled])
    table = {}
    for name, stage_scores in readouts.items():
        scores: NDArray[np.float64] = PathRanks(stage_scores, aggregates.get(name, "mean")).scores(paths)
        values = _values(correlation(scores, mean, seed=0, resamples=0))
        table[name] = {"stage_scores": stage_scores, **values}
    return table


def _values(found: Correlation) -> dict[str, float | None]:
    return {"spearman": found.spearman.value, "kendall": found.kendall.value}
