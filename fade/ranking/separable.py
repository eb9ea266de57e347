"""Paths scored by a sum of one number a stage: the order and the counts without listing them."""

import heapq
from collections.abc import Iterator
from itertools import islice, pairwise
from math import prod

import numpy as np
from numpy.typing import NDArray

from fade.ranking.counting import EXACT_PATHS, bound_sums, count_sums
from fade.ranking.order import Best, Bounds


class SeparableOrder:
    """The order of paths whose total is the sum of their stages' numbers.

    Args:
        stage: D x K integers.
    """

    def __init__(self, stage: NDArray[np.int64]) -> None:
        self._highest = int(stage.max(axis=1).sum())
        self._gaps = stage.max(axis=1, keepdims=True) - stage

    def best(self, m: int) -> Best:
        """See `PathOrder.best`; costs O(D K log K + m (D + log m)), always proven."""
        paths = list(islice(self._best_first(), m))
        return Best(paths, len(paths))

    def above(self, total: int) -> Bounds:
        """See `PathOrder.above`.

        Only candidates that a better path could contain are looked at. Where these make up to 10**12 paths, the count
        is exact, by meet in the middle; beyond, it lies between two proven bounds from a histogram of all totals (ours,
        in place of a sampled interval, which would know nothing of the best paths).
        """
        limit = self._highest - total - 1  # the largest gap to the best that is still better
        if limit < 0:
            return Bounds(0, 0, 0)
        stages = [row[row <= limit] for row in self._gaps]
        if prod(len(row) for row in stages) <= EXACT_PATHS:
            better = count_sums(stages, limit)
            return Bounds(better, better, better)
        low, estimate, high = bound_sums(stages, limit)
        return Bounds(low, estimate, high)

    def _best_first(self) -> Iterator[tuple[int, ...]]:
        depth, candidates = self._gaps.shape
        # A candidate's cost is its gap, then its digit of the path's lexicographic number: no two paths cost the same.
        costs = [
            [gap * candidates**depth + k * candidates ** (depth - 1 - d) for k, gap in enumerate(row)]
            for d, row in enumerate(self._gaps.tolist())
        ]
        orders = [sorted(range(candidates), key=row.__getitem__) for row in costs]
        yield tuple(order[0] for order in orders)
        if candidates == 1:
            return
        # Stages by rising price of their first step, so that handing that step on to the next stage never gets cheaper:
        # then each selection has one parent, which costs no more, and the heap grows by at most two for each path.
        steps = [[row[b] - row[a] for a, b in pairwise(order)] for row, order in zip(costs, orders, strict=True)]
        stages = sorted(range(depth), key=lambda d: steps[d][0])
        steps = [steps[d] for d in stages]
        place = sorted(range(depth), key=stages.__getitem__)
        heap = [(steps[0][0], 0, (1, *[0] * (depth - 1)))]
        while heap:
            cost, last, picks = heapq.heappop(heap)
            yield tuple(order[picks[at]] for order, at in zip(orders, place, strict=True))
            pick = picks[last]
            before, after = picks[:last], picks[last + 2 :]
            if pick + 1 < candidates:
                heapq.heappush(heap, (cost + steps[last][pick], last, (*before, pick + 1, *picks[last + 1 :])))
            if last + 1 < depth:
                first = steps[last + 1][0]
                heapq.heappush(heap, (cost + first, last + 1, (*before, pick, 1, *after)))
                if pick == 1:
                    heapq.heappush(heap, (cost + first - steps[last][0], last + 1, (*before, 0, 1, *after)))
