"""The rival that needs no shared weights: train some of a region's networks, and rank the others by a linear model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import Ridge

from experiments.agreement import Mean, spearman
from experiments.rows import Region

DRAWS = 100
LEFT = 10
"""A region must have so many networks beside those that the model learns from."""


def possible(regions: Sequence[Region], networks: int, seeds: int = 1) -> bool:
    """Whether every region has so many networks with so many seeds, and `LEFT` others."""
    return all(len(each.paths) >= networks + LEFT and each.accuracy.shape[1] >= seeds for each in regions)


def ranked_by_networks(regions: Sequence[Region], networks: int, seeds: int = 1) -> Mean:
    """Spearman's correlation on the networks that the model has not seen, by region."""
    return Mean.of([_one(region, networks, seeds) for region in regions])


def _one(region: Region, networks: int, seeds: int) -> float:
    """Ridge regression (penalty 1) of accuracies on (stage, candidate); the mean over draws of networks and seeds."""
    rng, rhos, most = np.random.default_rng(0), [], region.accuracy.shape[1]
    columns = np.eye(region.candidates)[region.paths].reshape(len(region.paths), -1)
    for _ in range(DRAWS):
        drawn = (rng.integers(most) + np.arange(seeds)) % most
        known, others = np.split(rng.permutation(len(columns)), [networks])
        accuracies = region.accuracy[known][:, drawn].ravel()
        scores = Ridge(alpha=1.0).fit(columns[known].repeat(seeds, 0), accuracies).predict(columns[others])
        rhos.append(spearman(scores, region.mean[others]))
    return float(np.mean(rhos))
