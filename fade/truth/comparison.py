"""How well scores agree with the truth, and what they must be held against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fade.ranking import (
    Ceiling,
    PathRanks,
    Reading,
    correlation,
    noise_ceiling,
    partial_spearman,
    precision_at,
    regret,
    tied,
)
from fade.ranking.correlations import Correlation
from fade.seeds import subseed
from fade.space import Region
from fade.truth.baselines import free_counts, proxy_ranks
from fade.truth.known import Truth

GIVEN = ("sinks", "depth", "blocks")
"""Counts that say much of an accuracy for nothing; the partial correlation tells what the scores know beyond them."""


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
        The `correlation` of a region in metrics.json: n, spearman, kendall; ceiling; corrected (by the ceiling);
        partial (Spearman's given `GIVEN`); precision_at_10 (of the top tenth); regret; baselines, those of proxies
        with not_finite, the number of networks without a value, where there are some.
    """
    paths = truth.sampled()
    accuracy = truth.merge(np.array([path.accuracy for path in paths]))
    mean = truth.mean()
    scores = tied(ranks.scores(np.array([path.path for path in paths])))
    merged, counts = tied(truth.merge(scores)), free_counts(region, truth)
    found = correlation(merged, mean, seed=subseed(seed, "bootstrap"))
    ceiling = noise_ceiling(accuracy, seed=subseed(seed, "ceiling"))
    result = {**found.as_dict(), "ceiling": ceiling.as_dict(), "corrected": _corrected(found, ceiling)}
    result["partial"] = _partial(merged, mean, {name: counts[name] for name in GIVEN if name in counts})
    result["precision_at_10"] = precision_at(merged, mean, 0.1)
    result["regret"] = regret(
        tied(ranks.scores(np.array([path.path for path in truth.paths]))),
        [np.mean(path.accuracy) for path in truth.paths],
    )
    result["baselines"] = {name: _agreement(values, mean) for name, values in counts.items()}
    for name, (values, missing) in proxy_ranks(truth).items():
        result["baselines"][name] = _agreement(values, mean) | ({"not_finite": missing} if missing else {})
    if truth.networks is not None:
        each = tied([np.mean(path.accuracy) for path in paths])
        result["all_paths"] = {"n": len(paths), **_agreement(scores, each)}
    return result


def compare_readouts(
    readouts: Mapping[str, Reading], truth: Truth, aggregates: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Stage scores and correlations of every read-out, each by its aggregate (the mean unless said otherwise)."""
    paths, mean = np.array([path.path for path in truth.sampled()]), truth.mean()
    table = {}
    for name, reading in readouts.items():
        scores: NDArray[np.float64] = reading.ranks(aggregates.get(name, "mean")).scores(paths)
        values = _agreement(tied(truth.merge(scores)), mean)
        table[name] = {**reading.as_dict(), **values}
    return table


def _agreement(scores: ArrayLike, truth: ArrayLike) -> dict[str, float | None]:
    found = correlation(scores, truth, seed=0, resamples=0)
    return {"spearman": found.spearman.value, "kendall": found.kendall.value}


def _corrected(found: Correlation, ceiling: Ceiling) -> dict[str, float | None]:
    """The correlations as shares of the ceiling, not cut at 1, which chance may pass; None without a ceiling."""
    pairs = {
        "spearman": (found.spearman.value, ceiling.spearman),
        "kendall": (found.kendall.value, ceiling.kendall),
    }
    return {name: value / top if value is not None and top else None for name, (value, top) in pairs.items()}


def _partial(
    scores: NDArray[np.float64], truth: NDArray[np.float64], counts: Mapping[str, NDArray[np.float64]]
) -> dict[str, Any]:
    """Partial Spearman correlation given those counts that differ between the paths, and which these are."""
    given = [name for name, values in counts.items() if np.ptp(values) > 0]
    columns = np.column_stack([np.zeros(len(scores)), *(counts[name] for name in given)])
    return {"given": given, "spearman": partial_spearman(scores, truth, columns)}
