"""Main effects: which stage scores explain the losses of sampled one-hot paths best."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fade.training.modes import disjoint_paths

TRIES = 100


def design(candidates: int, depth: int, size: int, seed: int) -> NDArray[np.int64]:
    """A balanced design of distinct one-hot paths.

    Paths come in groups of K that use each candidate of each stage once, so every (stage, candidate) is sampled equally
    often; all K^D paths where there are no more than asked for.

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
    seen: set[tuple[int, ...]] = set()
    groups = []
    for _ in range(-(-size // candidates)):
        for _ in range(TRIES):  # near K^D paths a group without a repeat may not turn up; one with a repeat will do
            group = disjoint_paths(candidates, depth, rng)
            if seen.isdisjoint(map(tuple, group.tolist())):
                break
        seen.update(map(tuple, group.tolist()))
        groups.append(group)
    return np.concatenate(groups)


def default_size(candidates: int, depth: int) -> int:
    """Paths that a fit of D·K effects rests on: max(300, 4·D·K)."""
    return max(300, 4 * depth * candidates)


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
    y = np.asarray(values, dtype=np.float64)
    depth = paths.shape[1]
    code = np.vstack([np.eye(candidates - 1), -np.ones(candidates - 1)])  # the last candidate is minus the others' sum
    columns = np.concatenate([np.ones((len(paths), 1)), *(code[paths[:, d]] for d in range(depth))], axis=1)
    solution = np.linalg.lstsq(columns, y, rcond=None)[0][1:].reshape(depth, candidates - 1)
    return np.concatenate([solution, -solution.sum(1, keepdims=True)], axis=1)
