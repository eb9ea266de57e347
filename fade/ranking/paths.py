"""The paths of a region, ordered by their stage scores without being listed."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from math import prod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fade.ranking.counting import EXACT_PATHS, bound_sums, count_sums

AGGREGATES = ("mean", "log_sum")

# Scores that differ by no more than 2**-44 of the largest absolute stage score tie: some hundred units in the last
# place, so that 0.1 + 0.2 ties with 0.3 + 0.
_TIE = -44


@dataclass(frozen=True)
class Rank:
    """A path's place among all paths of its region.

    Attributes:
        value: The rank; 1 is the best. Paths that tie share the best of their ranks (1, 2, 2, 4).
        low: No smaller rank is possible.
        high: No larger rank is possible.
        exact: Whether ``low == value == high``.
    """

    value: int
    low: int
    high: int
    exact: bool


class PathRanks:
    """Scores, best paths and ranks of a region's K**D paths.

    A path (k_1 ... k_D) is scored by an aggregate of its stage scores [the mean is the paper's, as far as its one
    figure tells; the sum of logarithms, that is the path's probability, is the natural alternative, ours].

    Stage scores are held as integer multiples of a power of two, fine enough to change no score by more than rounding
    does. Sums of integers do not depend on their order, so paths that tie by permuted scores have bitwise equal scores,
    and `score`, `top` and `rank` cannot contradict each other: along `top`, ranks never fall. Ranks go one step further
    and count scores that differ by rounding alone (2**-44 of the largest absolute stage score) as ties.

    >>> ranks = PathRanks([[0.25, 0.75], [0.6, 0.4]])
    >>> [path for path, _ in ranks.top(2)]
    [(1, 0), (1, 1)]
    >>> ranks.rank((0, 0)).value
    3

    Args:
        stage_scores: D x K, higher is better.
        aggregate: ``mean``, or ``log_sum`` for stage scores that are probabilities. A probability of zero, which a
            softmax gives only by underflow, counts as the smallest positive double (logarithm -744.4): scores stay
            finite, so they can be correlated and written as JSON.

    Raises:
        ValueError: For anything but a finite D x K table, or an aggregate that is unknown or does not fit the scores.
    """

    def __init__(self, stage_scores: ArrayLike, aggregate: str = "mean") -> None:
        scores = np.asarray(stage_scores, dtype=np.float64)
        if scores.ndim != 2 or scores.size == 0:
            raise ValueError(
                f"stage_scores has shape {scores.shape}; give D x K, a row a stage and a column a candidate."
            )
        if not np.isfinite(scores).all():
            raise ValueError("stage_scores holds NaN or infinity; a path can only be ranked by finite scores.")
        if aggregate not in AGGREGATES:
            raise ValueError(f"trainer.aggregate is {aggregate!r}; choose one of {', '.join(AGGREGATES)}.")
        if aggregate == "log_sum":
            if (scores < 0).any() or not np.allclose(scores.sum(axis=1), 1, rtol=0, atol=1e-4):
                raise ValueError(
                    "trainer.aggregate is log_sum, which needs stage scores that are probabilities (not negative, each "
                    "stage summing to 1); choose mean, or a read-out that gives probabilities."
                )
            scores = np.log(np.maximum(scores, np.nextafter(0, 1)))
        self.depth, self.candidates = scores.shape
        self.aggregate = aggregate
        self._divisor = self.depth if aggregate == "mean" else 1
        # So many that a path's total, its gap to the best and the tolerance fit an int64.
        bits = 61 - self.depth.bit_length()
        self._exponent = int(np.frexp(np.abs(scores).max())[1]) - bits
        self._quanta = np.rint(np.ldexp(scores, -self._exponent)).astype(np.int64)
        self._tolerance = self.depth << (bits + _TIE)
        self._gaps = self._quanta.max(axis=1, keepdims=True) - self._quanta

    def score(self, path: Sequence[int]) -> float:
        """Return the score of one path of D candidate numbers."""
        return float(self.scores([path])[0])

    def scores(self, paths: ArrayLike) -> NDArray[np.float64]:
        """Score many paths.

        Args:
            paths: Integers, N x D.

        Returns:
            The N scores: means of stage scores, or log-probabilities.
        """
        totals = self._totals(self._quanta, paths)
        scores: NDArray[np.float64] = np.ldexp(totals / self._divisor, self._exponent)
        return scores

    def top(self, m: int) -> list[tuple[tuple[int, ...], float]]:
        """Return the m best paths (all, where there are fewer) and their scores, best first.

        Equal totals come in lexicographic order. Costs O(D K log K + m (D + log m)).
        """
        return [(path, score) for path, score, _ in self.table(m)]

    def table(self, m: int) -> list[tuple[tuple[int, ...], float, int]]:
        """Return the m best paths as `top` does, each with its score and its rank (that of `rank`)."""
        if m < 1:
            raise ValueError(f"The number of top paths is {m}; ask for at least 1.")
        paths = list(islice(self._best_first(), m))
        gaps = self._totals(self._gaps, paths)
        ranks = 1 + np.searchsorted(gaps, gaps - self._tolerance)
        return list(zip(paths, self.scores(paths).tolist(), ranks.tolist(), strict=True))

    def rank(self, path: Sequence[int]) -> Rank:
        """Place one path among all of its region.

        Only candidates that a better path could contain are looked at. Where these make up to 10**12 paths, the rank is
        exact, by meet in the middle; beyond, it lies between two proven bounds from a histogram of all path scores
        (ours, in place of a sampled interval, which would know nothing of the best paths).
        """
        limit = int(self._totals(self._gaps, [path])[0]) - self._tolerance - 1  # the largest gap that is still better
        if limit < 0:
            return Rank(1, 1, 1, exact=True)
        stages = [row[row <= limit] for row in self._gaps]
        if prod(len(row) for row in stages) <= EXACT_PATHS:
            better = count_sums(stages, limit)
            return Rank(1 + better, 1 + better, 1 + better, exact=True)
        low, value, high = bound_sums(stages, limit)
        return Rank(1 + value, 1 + low, 1 + high, exact=low == high)

    def _totals(self, table: NDArray[np.int64], paths: ArrayLike) -> NDArray[np.int64]:
        chosen = np.asarray(paths)
        if chosen.ndim != 2 or chosen.shape[1] != self.depth or not np.issubdtype(chosen.dtype, np.integer):
            raise ValueError(
                f"Paths have shape {chosen.shape} and type {chosen.dtype}; give N x {self.depth} integers."
            )
        if chosen.size and (chosen.min() < 0 or chosen.max() >= self.candidates):
            raise ValueError(f"A path names a candidate outside 0 ... {self.candidates - 1}.")
        totals: NDArray[np.int64] = table[np.arange(self.depth), chosen].sum(axis=1)
        return totals

    def _best_first(self) -> Iterator[tuple[int, ...]]:
        depth, candidates = self.depth, self.candidates
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
