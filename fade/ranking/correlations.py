"""Agreement of scores with the truth, on the same paths."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import ArrayLike

from fade.ranking.bootstrap import (
    FEWEST,
    Counts,
    Floats,
    Interval,
    centred_ranks,
    finite,
    group_counts,
    percentiles,
    resample,
)

_BLOCK = 2**22  # numbers held at once


@dataclass(frozen=True)
class Correlation:
    """Rank correlations over n paths."""

    n: int
    spearman: Interval
    kendall: Interval

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON of metrics.json."""
        return {"n": self.n, "spearman": self.spearman.as_dict(), "kendall": self.kendall.as_dict()}


def correlation(scores: ArrayLike, truth: ArrayLike, *, seed: int, resamples: int = 2000) -> Correlation:
    """Correlate scores with the truth by ranks: Spearman's rho and Kendall's tau_b, signed, ties at their mean rank.

    The intervals are 95 % percentile bootstrap over paths, both coefficients from the same resamples. Resamples in
    which one side is constant have no correlation and are dropped; where they are more than half, there is no interval,
    nor where n < `FEWEST`.
    Kendall's bootstrap costs resamples x n**2 multiplications, seconds for n = 6561.

    Args:
        scores: n scores of paths, higher is better.
        truth: n true values of the same paths, higher is better.
        seed: Seed of the bootstrap.
        resamples: How many.

    Returns:
        The coefficients, None where undefined: one side constant, or n < 3.

    Raises:
        ValueError: For NaN or infinity, or lengths that differ.
    """
    x, y = paired(scores, truth)
    n = len(x)
    if n < 3 or (x == x[0]).all() or (y == y[0]).all():
        return Correlation(n, Interval(None), Interval(None))
    counts = resample(n, resamples if n >= FEWEST else 0, seed)
    return Correlation(
        n,
        spearman=Interval(
            _bounded(scipy.stats.spearmanr(x, y).statistic), *percentiles(resampled_spearman(x, y, counts))
        ),
        kendall=Interval(_bounded(scipy.stats.kendalltau(x, y).statistic), *percentiles(_kendall(x, y, counts))),
    )


def regret(scores: ArrayLike, truth: ArrayLike) -> float:
    """Return what following the scores costs: the best true value less that of the path scored highest.

    Paths that share the highest score count with the mean of their true values: what choosing one blindly gives.

    Args:
        scores: n scores of paths.
        truth: n true values of the same paths.

    Raises:
        ValueError: For no paths, NaN or infinity, or lengths that differ.
    """
    x, y = paired(scores, truth)
    if not len(x):
        raise ValueError("A regret needs at least one path; scores is empty.")
    return float(y.max() - y[x == x.max()].mean())


def paired(scores: ArrayLike, truth: ArrayLike) -> tuple[Floats, Floats]:
    """Return both as n doubles.

    Raises:
        ValueError: For NaN or infinity, or lengths that differ.
    """
    x, y = finite("scores", scores, 1), finite("truth", truth, 1)
    if len(x) != len(y):
        raise ValueError(f"scores has {len(x)} paths and truth {len(y)}; give the same paths to both.")
    return x, y


def _bounded(coefficient: ArrayLike) -> float:
    return float(np.clip(coefficient, -1, 1))  # rounding may leave [-1, 1] by a unit in the last place


def resampled_spearman(x: Floats, y: Floats, counts: Counts) -> Floats:
    """Return Spearman's rho of each resample, R x n multiplicities -> R; NaN where a side is constant."""
    rho = np.empty(len(counts))
    step = max(1, _BLOCK // len(x))
    for at in range(0, len(counts), step):
        weights = counts[at : at + step]
        a, b = centred_ranks(x, weights), centred_ranks(y, weights)
        products = [np.einsum("rn,rn,rn->r", weights, p, q) for p, q in ((a, b), (a, a), (b, b))]
        rho[at : at + step] = _ratio(*products)
    return rho


def _kendall(x: Floats, y: Floats, counts: Counts) -> Floats:
    """Return Kendall's tau_b of each resample, R x n multiplicities -> R; NaN where a side is constant.

    With multiplicities c, concordant less discordant pairs are the quadratic form c' S c / 2, S the signs' products.
    """
    if not len(counts):
        return np.empty(0)  # not the n² signs for nothing
    n = len(x)
    # Ranks in place of values: their differences neither underflow nor overflow.
    p, q = (np.unique(side, return_inverse=True)[1].astype(np.float32) for side in (x, y))
    excess = np.zeros(len(counts))
    step = max(1, _BLOCK // max(n, len(counts)))
    for at in range(0, n, step):
        block, rows = slice(at, at + step), slice(at + step)
        signs = np.sign(np.subtract.outer(p[rows], p[block])) * np.sign(np.subtract.outer(q[rows], q[block]))
        signs[:at] *= 2  # for their mirror images below the diagonal
        excess += np.einsum("rb,rb->r", counts[:, rows] @ signs, counts[:, block], dtype=np.float64)
    untied = [n * n - np.square(group_counts(side, counts)[0]).sum(axis=1) for side in (x, y)]  # ordered pairs
    return _ratio(excess, *untied)


def _ratio(joint: Floats, one: Floats, other: Floats) -> Floats:
    scale = np.sqrt(one * other)
    return np.clip(np.divide(joint, scale, out=np.full_like(joint, np.nan), where=scale > 0), -1, 1)
