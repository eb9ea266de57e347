"""What scores know beyond given quantities."""

import numpy as np
import scipy
from numpy.typing import ArrayLike

from fade.ranking.bootstrap import Floats, finite
from fade.ranking.correlations import paired


def partial_spearman(scores: ArrayLike, truth: ArrayLike, given: ArrayLike) -> float | None:
    """Return the partial Spearman correlation of scores and truth given other quantities.

    All are turned into ranks, ties at their mean; scores and truth are regressed linearly on the given ones, and the
    residuals correlated. A given quantity that is constant or follows from the others changes nothing.

    Args:
        scores: n scores of paths, higher is better.
        truth: n true values of the same paths, higher is better.
        given: n x G.

    Returns:
        The coefficient; None where nothing is left to correlate: the given determine one side's ranks, or there are
        fewer than two paths more than the regression has coefficients.

    Raises:
        ValueError: For NaN or infinity, or lengths that differ.
    """
    x, y = paired(scores, truth)
    z = finite("given", given, 2)
    if len(z) != len(x):
        raise ValueError(f"scores has {len(x)} paths and given {len(z)}; give the same paths to both.")
    design = np.column_stack([np.ones(len(x)), scipy.stats.rankdata(z, axis=0)])
    if len(x) < np.linalg.matrix_rank(design) + 2:
        return None
    a, b = (_residual(scipy.stats.rankdata(side), design) for side in (x, y))
    scale = np.linalg.norm(a) * np.linalg.norm(b)
    return float(np.clip(a @ b / scale, -1, 1)) if scale > 0 else None


def _residual(ranks: Floats, design: Floats) -> Floats:
    """Return what a regression leaves of ranks; exact zeros where that is no more than rounding."""
    left: Floats = ranks - design @ np.linalg.lstsq(design, ranks)[0]
    return left if np.linalg.norm(left) > 1e-9 * np.linalg.norm(ranks) else np.zeros_like(left)
