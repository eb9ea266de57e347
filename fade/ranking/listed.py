"""Paths scored by stages and pairs of stages, all of them listed."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fade.ranking.order import Best, Bounds

LISTED_PATHS = 2**22


class ListedOrder:
    """The order of up to `LISTED_PATHS` paths by the sum of their stages' and pairs' numbers, by sorting: exact.

    Args:
        stage: D x K integers.
        pair: D x D x K x K integers, stage d, stage e > d, candidate of d, candidate of e.
    """

    def __init__(self, stage: NDArray[np.int64], pair: NDArray[np.int64]) -> None:
        self._stage, self._pair = stage, pair

    @cached_property
    def _totals(self) -> NDArray[np.int64]:
        """Totals of all K**D paths in lexicographic order; stage by stage, so that each path costs about D sums."""
        depth, candidates = self._stage.shape
        totals: NDArray[np.int64] = self._stage[0]
        for e in range(1, depth):
            added = np.broadcast_to(self._stage[e], (*[candidates] * e, candidates)).copy()
            for d in range(e):
                added += self._pair[d, e].reshape([candidates if axis in (d, e) else 1 for axis in range(e + 1)])
            totals = totals[..., None] + added
        return totals.ravel()

    def best(self, m: int) -> Best:
        """See `PathOrder.best`; always proven."""
        totals = self._totals
        chosen = np.arange(len(totals))
        if m < len(totals):
            worst = np.partition(totals, -m)[-m]
            # All that beat the last one in, and as many of its equals, in lexicographic order, as there is room for.
            better, equal = np.flatnonzero(totals > worst), np.flatnonzero(totals == worst)
            chosen = np.sort(np.concatenate([better, equal[: m - len(better)]]))
        chosen = chosen[np.argsort(-totals[chosen], kind="stable")]
        depth, candidates = self._stage.shape
        digits = np.stack(np.unravel_index(chosen, [candidates] * depth), axis=1)
        return Best([tuple(path) for path in digits.tolist()], len(chosen))

    def above(self, total: int) -> Bounds:
        """See `PathOrder.above`; always exact."""
        better = int(np.count_nonzero(self._totals > total))
        return Bounds(better, better, better)
