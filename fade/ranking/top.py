"""How much of the top of a ranking is right."""

import numpy as np
import scipy
from numpy.typing import ArrayLike

from fade.ranking.bootstrap import Floats
from fade.ranking.correlations import paired


def precision_at(scores: ArrayLike, truth: ArrayLike, share: float = 0.1) -> float:
    """Return which share of the top paths by score is among as many truly top ones.

    The top are max(1, floor(share x n)) paths. Where a tie spans the edge of the top, each of the tied is in it with
    equal probability, and the result is the expectation: constant scores have that of a blind choice.

    Args:
        scores: n scores of paths, higher is better.
        truth: n true values of the same paths, higher is better.
        share: Of all paths that is the top, in (0, 1].

    Raises:
        ValueError: For no paths, NaN or infinity, or lengths that differ.
    """
    x, y = paired(scores, truth)
    if not len(x):
        raise ValueError("A precision needs at least one path; scores is empty.")
    size = max(1, int(share * len(x) + 1e-9))
    return float(_membership(x, size) @ _membership(y, size) / size)


def _membership(values: Floats, size: int) -> Floats:
    """Return of each value the probability to be among the `size` highest, ties broken at random."""
    above = scipy.stats.rankdata(-values, "min") - 1
    tied = scipy.stats.rankdata(-values, "max") - above
    return np.clip((size - above) / tied, 0, 1)
