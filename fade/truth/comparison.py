"""How well scores agree with the truth, and what they must be held against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fade.ranking import PathRanks, correlation, noise_ceiling, regret
from fade.ranking.correlations import Correlation
from fade.seeds import subseed
from fade.space import Region
from fade.training.path_losses import Reading
from fade.truth.baselines import COUNTS
from fade.truth.known import Truth


def compare(region: Region, ranks: PathRanks, truth: Truth, *, seed: int) -> dict[str, Any]:
    """Rank correlation of a region's scores with the truth.

    Paths that are one network count once, with the mean of their scores; ``all_paths`` tells the correlation with each
    path on its own.

    Args:
        region: The region.
        ranks: The scores.
        truth: The truth.
        seed: Of the bootstrap.

    Returns:
        The `correlation` of a region in metrics.json: n, spearman, kendall, ceiling, regret, baselines.
    """
    paths = truth.sampled()
    accuracy = truth.merge(np.array([path.accuracy for path in paths]))
    mean = accuracy.mean(axis=1)
    scores = ranks.scores(np.array([path.path for path in paths]))
    counts: dict[str, list[int]] = {
        "parameters": [path.parameters for path in paths],
        "flops": [path.flops for path in paths],
    }
    architectures = [region.architecture(path.path) for path in paths]
    for name, count in COUNTS.items():
        counts[name] = [count(cells) for cells in architectures]
    result = correlation(truth.merge(scores), mean, seed=subseed(seed, "bootstrap")).as_dict()
    result["ceiling"] = noise_ceiling(accuracy, seed=subseed(seed, "ceiling")).as_dict()
    result["regret"] = regret(
        ranks.scores(np.array([path.path for path in truth.paths])), [np.mean(path.accuracy) for path in truth.paths]
    )
    result["baselines"] = {
        name: _values(correlation(truth.merge(np.array(values, dtype=np.float64)), mean, seed=0, resamples=0))
        for name, values in counts.items()
    }
    if truth.networks is not None:
        each = [np.mean(path.accuracy) for path in paths]
        result["all_paths"] = {"n": len(paths), **_values(correlation(scores, each, seed=0, resamples=0))}
    return result


def compare_readouts(
    readouts: Mapping[str, Reading], truth: Truth, aggregates: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Stage scores and correlations of every read-out, each by its aggregate (the mean unless said otherwise)."""
    sampled = truth.sampled()
    paths = np.array([path.path for path in sampled])
    mean = truth.merge(np.array([np.mean(path.accuracy) for path in sampled]))
    table = {}
    for name, reading in readouts.items():
        scores: NDArray[np.float64] = reading.ranks(aggregates.get(name, "mean")).scores(paths)
        values = _values(correlation(truth.merge(scores), mean, seed=0, resamples=0))
        table[name] = {**reading.as_dict(), **values}
    return table


def _values(found: Correlation) -> dict[str, float | None]:
    return {"spearman": found.spearman.value, "kendall": found.kendall.value}
