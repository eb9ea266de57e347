"""How high a correlation the noise of the truth allows."""

from dataclasses import asdict, dataclass
from math import asin, pi, sin, sqrt

import numpy as np
import scipy
from numpy.typing import ArrayLike

from fade.ranking.bootstrap import FEWEST, Floats, centred_ranks, finite, percentiles, resample


@dataclass(frozen=True)
class Ceiling:
    """The correlations that a perfect score could reach, and the 95 % interval of Spearman's; None where undefined."""

    spearman: float | None
    kendall: float | None
    low: float | None
    high: float | None

    def as_dict(self) -> dict[str, float | None]:
        """Return the JSON of metrics.json."""
        return asdict(self)


def noise_ceiling(accuracies: ArrayLike, *, seed: int, resamples: int = 2000) -> Ceiling:
    """Estimate the correlation of a perfect score with the mean of S noisy trainings [ours].

    Let r be the mean Spearman correlation between two seeds. The mean of S seeds has the reliability
    S r / (1 + (S - 1) r) (Spearman-Brown), and what is known perfectly correlates with it at the square root of that.

    For Kendall's tau, seeds are taken as readings under a Gaussian copula: a latent true value of variance rho plus
    independent noise of variance 1 - rho, with rho = 2 sin(pi r / 6) the Pearson correlation that belongs to r. The
    true value correlates with the mean of S readings at c = sqrt(S rho / (1 + (S - 1) rho)), and Kendall's tau of the
    two is (2 / pi) asin(c) (Greiner's relation): what simulating the copula converges to, without its sampling noise.

    The interval is a 95 % percentile bootstrap over paths for Spearman's ceiling; a resample with r <= 0 counts as a
    ceiling of 0, its limit as r falls to 0, because dropping it would flatter. Fewer than `FEWEST` paths have none.

    Args:
        accuracies: N x S, a row a path and a column a seed.
        seed: Seed of the bootstrap.
        resamples: How many.

    Returns:
        The ceiling; all None where r is not positive or undefined: fewer than two seeds or three paths, or a seed whose
        accuracies are all equal.

    Raises:
        ValueError: For NaN or infinity, or anything but N x S.
    """
    readings = finite("accuracies", accuracies, 2)
    paths, seeds = readings.shape
    undefined = Ceiling(None, None, None, None)
    if seeds < 2 or paths < 3 or (np.ptp(readings, axis=0) == 0).any():
        return undefined
    ranks = scipy.stats.rankdata(readings, axis=0)
    r = float((np.corrcoef(ranks, rowvar=False).sum() - seeds) / (seeds * (seeds - 1)))
    if r <= 0:
        return undefined
    low, high = percentiles(_mean_between_seeds(readings, resamples if paths >= FEWEST else 0, seed))
    return Ceiling(
        spearman=_attainable(r, seeds),
        kendall=2 / pi * asin(_attainable(2 * sin(pi * r / 6), seeds)),
        low=None if low is None else _attainable(low, seeds),
        high=None if high is None else _attainable(high, seeds),
    )


def _attainable(reliability: float, seeds: int) -> float:
    single = min(max(reliability, 0.0), 1.0)
    return sqrt(seeds * single / (1 + (seeds - 1) * single))


def _mean_between_seeds(readings: Floats, resamples: int, seed: int) -> Floats:
    """Return the mean Spearman correlation of two seeds in each resample of the paths; NaN where a seed is constant."""
    paths, seeds = readings.shape
    between: Floats = np.empty(resamples)
    counts = resample(paths, resamples, seed)
    step = max(1, 2**22 // paths)
    for at in range(0, resamples, step):
        weights = counts[at : at + step]
        total = np.zeros(weights.shape)
        for column in readings.T:
            ranks = centred_ranks(column, weights)
            norm = np.sqrt(np.einsum("rn,rn,rn->r", weights, ranks, ranks))
            total += ranks / np.where(norm > 0, norm, np.nan)[:, None]
        # The squared length of a sum of S unit vectors is S plus all their correlations.
        between[at : at + step] = np.einsum("rn,rn,rn->r", weights, total, total) - seeds
    between /= seeds * (seeds - 1)
    return between
