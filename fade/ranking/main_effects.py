"""Main effects: which stage scores explain the losses of sampled one-hot paths best."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fade.ranking.pair_effects import fit_effects


def design(candidates: int, depth: int, size: int, seed: int) -> NDArray[np.int64]:
    """A balanced design of distinct one-hot paths.

    Paths come in groups of K that use each candidate of each stage once, so every (stage, candidate) is sampled equally
    often. Groups are drawn without replacement from a partition of all paths: those that differ by a shift, the same
    in every stage, after a random numbering of each stage's candidates; again until they identify the main effects,
    where so many groups can: D, so D·K paths. All K^D paths where no more are asked for.

    Args:
        candidates: K.
        depth: D.
        size: Paths wanted; rounded up to whole groups.
        seed: Seed of the sample.

    Returns:
        ``[P, D]``.
    """
    if candidates**depth <= size:
        return np.stack(np.meshgrid(*[np.arange(candidates)] * depth, indexing="ij"), -1).reshape(-1, depth)
    rng = np.random.default_rng(seed)
    while True:
        first = np.zeros((-(-size // candidates), depth), dtype=np.int64)
        first[:, 1:] = distinct_rows(candidates, len(first), depth - 1, rng)
        shifted = (first[:, None] + np.arange(candidates)[:, None]) % candidates  # [groups, K, D]
        if len(first) < depth or identified(shifted.reshape(-1, depth), candidates):
            break
    numbering = np.stack([rng.permutation(candidates) for _ in range(depth)])
    paths: NDArray[np.int64] = numbering[np.arange(depth), shifted.reshape(-1, depth)]
    return paths


def identified(paths: NDArray[np.int64], candidates: int) -> bool:
    """Whether values of these paths ``[P, D]`` tell all 1 + D·(K - 1) unknowns of an additive model of them."""
    depth = paths.shape[1]
    columns = np.eye(candidates)[paths].reshape(len(paths), depth * candidates)
    return bool(np.linalg.matrix_rank(columns) == 1 + depth * (candidates - 1))


def distinct_rows(base: int, rows: int, columns: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Distinct rows ``[rows, columns]`` of numbers below `base`, uniformly; there must be so many."""
    if base**columns <= 4 * rows:
        numbers = rng.permutation(base**columns)[:rows]
        return np.array(numbers[:, None] // base ** np.arange(columns) % base, dtype=np.int64)
    found: dict[tuple[int, ...], None] = {}
    while len(found) < rows:
        found[tuple(rng.integers(base, size=columns).tolist())] = None
    return np.array(list(found), dtype=np.int64)


def main_effects(paths: NDArray[np.int64], values: ArrayLike, candidates: int) -> NDArray[np.float64]:
    """Least-squares effects of each (stage, candidate) on the value of a path, summing to zero within a stage.

    Exact where the value is additive and the design identifies the effects.

    Args:
        paths: ``[P, D]``.
        values: ``[P]``.
        candidates: K.

    Returns:
        ``[D, K]``.
    """
    return fit_effects(paths, values, candidates, pairs="none").stage


def step_effects(paths: NDArray[np.int64], values: ArrayLike) -> NDArray[np.float64]:
    """Main effects on the values of paths of which each step has one through every candidate.

    All paths of a step share its batch and its weights, so that only their differences within the step are explained.

    Args:
        paths: ``[steps, K, D]``.
        values: ``[steps, K]``.

    Returns:
        ``[D, K]``.
    """
    y = np.asarray(values, dtype=np.float64)
    return main_effects(paths.reshape(-1, paths.shape[-1]), (y - y.mean(1, keepdims=True)).ravel(), paths.shape[1])
