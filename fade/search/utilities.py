"""Utilities: what the candidates of a stage are worth to the search distribution."""

import numpy as np

from fade.search.categoricals import Floats


def rank_utilities(scores: Floats) -> Floats:
    """Utilities from the ranks of the scores, those of CMA-ES and NES (textbook reading of the paper).

    u_r = max(0, ln(K/2 + 1) - ln r) / Σ_j max(0, ln(K/2 + 1) - ln j) - 1/K for the r-th best of K; ties share the mean,
    as do scores that differ by rounding alone.

    Args:
        scores: Scores of one stage, ``[K]``, higher is better.

    Returns:
        Utilities ``[K]`` that sum to zero and depend on the order of the scores alone.
    """
    from fade.ranking import tied  # which imports SciPy

    candidates = len(scores)
    raw = np.maximum(0.0, np.log(candidates / 2 + 1) - np.log(np.arange(1, candidates + 1)))
    by_rank = raw / raw.sum() - 1 / candidates
    ascending, group, size = np.unique(tied(scores), return_inverse=True, return_counts=True)
    rank = len(ascending) - 1 - group
    first = np.cumsum(size[::-1]) - size[::-1]
    shared = np.add.reduceat(by_rank, first) / size[::-1]
    utilities: Floats = shared[rank]
    return utilities


def score_utilities(scores: Floats) -> Floats:
    """The scores less their mean, ``[K]`` to ``[K]``: the step then carries the scores' unit."""
    centred: Floats = scores - scores.mean()
    return centred
