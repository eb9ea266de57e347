"""The paths of a region, ordered by their stage scores without being listed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fade.ranking.listed import LISTED_PATHS, ListedOrder
from fade.ranking.order import Best, PathOrder
from fade.ranking.searched import SearchedOrder
from fade.ranking.separable import SeparableOrder
from fade.ranking.ties import TIE

AGGREGATES = ("mean", "log_sum")


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
    and count scores that differ by rounding alone (2**-44 of the largest absolute number) as ties.

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
        pair_scores: D x D x K x K, what candidate i of stage d and candidate j of a later stage e add together, at
            [d, e, i, j]; zero where d >= e. They join the sum of stage scores before it is divided by D. Up to 4
            million paths are listed and sorted; more are searched, which is exact where only neighbouring stages have
            pair scores, and else says how much of it is proven.

    Raises:
        ValueError: For anything but finite tables of these shapes, or an aggregate that is unknown or does not fit the
            scores.
    """

    def __init__(
        self, stage_scores: ArrayLike, aggregate: str = "mean", *, pair_scores: ArrayLike | None = None
    ) -> None:
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
        pairs = None if pair_scores is None else _pair_table(pair_scores, scores.shape, aggregate)
        terms = self.depth if pairs is None else self.depth * (self.depth + 1) // 2
        largest = max(np.abs(scores).max(), 0 if pairs is None else np.abs(pairs).max())
        # So many that a path's total, its gap to the best and the tolerance fit an int64.
        bits = 61 - terms.bit_length()
        self._exponent = int(np.frexp(largest)[1]) - bits
        self._stage_quanta = self._quanta(scores)
        self._pair_quanta = None if pairs is None else self._quanta(pairs)
        self._tolerance = terms << (bits + TIE)
        self._order = self._make_order()
        self._found: dict[int, Best] = {}

    def score(self, path: Sequence[int]) -> float:
        """Return the score of one path of D candidate numbers."""
        return float(self.scores([path])[0])

    def scores(self, paths: ArrayLike) -> NDArray[np.float64]:
        """Score many paths.

        Args:
            paths: Integers, N x D.

        Returns:
            The N scores: means of stage scores (with the pair scores, where given), or log-probabilities.
        """
        totals = self._totals(paths)
        scores: NDArray[np.float64] = np.ldexp(totals / self._divisor, self._exponent)
        return scores

    def top(self, m: int) -> list[tuple[tuple[int, ...], float]]:
        """Return the m best paths (all, where there are fewer) and their scores, best first.

        Equal totals come in lexicographic order. Costs O(D K log K + m (D + log m)) without pair scores. With pair
        scores of paths too many to list, the best that a search found; `proven` tells what is certain.
        """
        return [(path, score) for path, score, _ in self.table(m)]

    def table(self, m: int) -> list[tuple[tuple[int, ...], float, int]]:
        """Return the m best paths as `top` does, each with its score and its rank.

        The rank is that of `rank` for paths that are proven, and else their place among those found.
        """
        paths = self._best(m).paths
        totals = self._totals(paths)
        ranks = 1 + np.searchsorted(-totals, -totals - self._tolerance)
        return list(zip(paths, self.scores(paths).tolist(), ranks.tolist(), strict=True))

    def proven(self, m: int) -> int:
        """Return how many of ``top(m)``, from the first on, are proven to be the best of all paths.

        All of them, except with pair scores between stages that are no neighbours and more paths than can be listed.
        """
        return self._best(m).proven

    def rank(self, path: Sequence[int]) -> Rank:
        """Place one path among all of its region.

        Exact up to 10**12 paths; beyond, between two proven bounds. With pair scores, exact where the paths can be
        listed, and else between two proven bounds, which are tight for the best and the worst paths.
        """
        better = self._order.above(int(self._totals([path])[0]) + self._tolerance)
        low, value, high = (min(1 + n, self.candidates**self.depth) for n in (better.low, better.estimate, better.high))
        return Rank(value, low, high, exact=low == high)

    def _best(self, m: int) -> Best:
        if m < 1:
            raise ValueError(f"The number of top paths is {m}; ask for at least 1.")
        if m not in self._found:
            self._found[m] = self._order.best(m)
        return self._found[m]

    def _quanta(self, scores: NDArray[np.float64]) -> NDArray[np.int64]:
        quanta: NDArray[np.int64] = np.rint(np.ldexp(scores, -self._exponent)).astype(np.int64)
        return quanta

    def _make_order(self) -> PathOrder:
        if self._pair_quanta is None or not self._pair_quanta.any():
            return SeparableOrder(self._stage_quanta)
        if self.candidates**self.depth <= LISTED_PATHS:
            return ListedOrder(self._stage_quanta, self._pair_quanta)
        return SearchedOrder(self._stage_quanta, self._pair_quanta)

    def _totals(self, paths: ArrayLike) -> NDArray[np.int64]:
        chosen = np.asarray(paths)
        if chosen.ndim != 2 or chosen.shape[1] != self.depth or not np.issubdtype(chosen.dtype, np.integer):
            raise ValueError(
                f"Paths have shape {chosen.shape} and type {chosen.dtype}; give N x {self.depth} integers."
            )
        if chosen.size and (chosen.min() < 0 or chosen.max() >= self.candidates):
            raise ValueError(f"A path names a candidate outside 0 ... {self.candidates - 1}.")
        totals: NDArray[np.int64] = self._stage_quanta[np.arange(self.depth), chosen].sum(axis=1)
        if self._pair_quanta is not None:
            for d in range(self.depth):
                for e in range(d + 1, self.depth):
                    totals += self._pair_quanta[d, e, chosen[:, d], chosen[:, e]]
        return totals


def _pair_table(pair_scores: ArrayLike, shape: tuple[int, ...], aggregate: str) -> NDArray[np.float64]:
    """Return valid pair scores, D x D x K x K."""
    depth, candidates = shape
    pairs = np.asarray(pair_scores, dtype=np.float64)
    if aggregate != "mean":
        raise ValueError(f"trainer.aggregate is {aggregate}, which pair_scores do not enter; choose mean.")
    if pairs.shape != (depth, depth, candidates, candidates):
        raise ValueError(f"pair_scores has shape {pairs.shape}; give D x D x K x K for {depth} x {candidates} stages.")
    if not np.isfinite(pairs).all():
        raise ValueError("pair_scores holds NaN or infinity; a path can only be ranked by finite scores.")
    if pairs[np.tril_indices(depth)].any():
        raise ValueError("pair_scores has values for d >= e; give each pair of stages once, at [d, e] with d < e.")
    return pairs
