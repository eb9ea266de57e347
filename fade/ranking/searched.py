"""Paths scored by stages and pairs of stages, too many to list: search with bounds on what a prefix can become."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fade.ranking.order import Best, Bounds

Integers = NDArray[np.int64]
_WORK = 2**24  # sums for each step of a search, about: bounds its width
_NUMBERS = 2**22  # numbers held at once while bounds are computed
_SAMPLE = 2**14


@dataclass(frozen=True)
class _Prefixes:
    """N prefixes of t stages, in lexicographic order.

    Attributes:
        paths: N x t.
        total: N sums of their stages' and pairs' numbers.
        ahead: N x (D - t) x K: what each candidate of a later stage adds to the total, pairs among later stages aside.
    """

    paths: Integers
    total: Integers
    ahead: Integers


class SearchedOrder:
    """The order of paths by the sum of their stages' and pairs' numbers, by branch and bound in breadth.

    A prefix is bounded by dynamic programming over the stages to come: their own numbers, their pairs with the prefix
    and pairs of neighbours count exactly, and each other pair with its best value for the later stage's candidate.

    What is guaranteed:

    - Where only neighbouring stages have pairs, the bound is the best completion itself, so that no more than m
      prefixes need be kept, and `best` is exact: the m-best Viterbi algorithm.
    - Otherwise prefixes that cannot reach the best m of a first, narrow search are left out, which loses nothing. Where
      more remain than the search is wide, the least promising are dropped; a path found is proven if it beats the bound
      of all that was dropped, which `Best.proven` counts. The rest are good paths with no proof.
    - `above` has proven bounds in any case, and an estimate from random completions between them where they differ.

    Args:
        stage: D x K integers.
        pair: D x D x K x K integers, stage d, stage e > d, candidate of d, candidate of e.
        work: Bounds the width of a search.
    """

    def __init__(self, stage: Integers, pair: Integers, work: int = _WORK) -> None:
        self._stage, self._pair = stage, pair
        self._depth, self._candidates = stage.shape
        self._width = max(work // (self._depth * self._candidates**3), 16)
        self._chain = not any(pair[d, d + 2 :].any() for d in range(self._depth))

    def best(self, m: int) -> Best:
        """See `PathOrder.best`."""
        if self._chain:
            found = self._search(m, m, None)[0]
            return Best(found, len(found))
        paths, totals, dropped = self._search(m, max(m, self._width // 16), None)
        if dropped is not None:
            floor = int(totals[-1]) if len(paths) == m else None
            paths, totals, dropped = self._search(m, max(m, self._width), floor)
        proven = len(paths) if dropped is None else int(np.count_nonzero(totals > dropped))
        return Best(paths, proven)

    def above(self, total: int) -> Bounds:
        """See `PathOrder.above`."""
        prefixes, counted, left = self._start(), 0, self._depth
        while left:
            left -= 1
            high = self._bounds(prefixes).ravel()
            low = -self._bounds(prefixes, sign=-1).ravel()
            counted += int(np.count_nonzero(low > total)) * self._candidates**left
            open_ = np.flatnonzero((low <= total) & (high > total))
            if len(open_) > self._width:
                undecided = len(open_) * self._candidates**left
                share = self._sampled_share(prefixes, open_, total)
                return Bounds(counted, counted + round(share * undecided), counted + undecided)
            prefixes = self._extend(prefixes, open_)
        return Bounds(counted, counted, counted)

    def _search(self, m: int, width: int, floor: int | None) -> tuple[list[tuple[int, ...]], Integers, int | None]:
        """Search in breadth.

        Args:
            m: Paths wanted.
            width: Prefixes kept.
            floor: Prefixes that cannot reach this total are left out.

        Returns:
            The paths, their totals, and the highest bound of all dropped for want of width, None where none were.
        """
        prefixes, dropped = self._start(), list[int]()
        for _ in range(self._depth):
            bounds = self._bounds(prefixes).ravel()
            kept = np.arange(len(bounds)) if floor is None else np.flatnonzero(bounds >= floor)
            if len(kept) > width:
                order = kept[np.argsort(-bounds[kept], kind="stable")]
                dropped.append(int(bounds[order[width]]))
                kept = np.sort(order[:width])
            prefixes = self._extend(prefixes, kept)
        order = np.argsort(-prefixes.total, kind="stable")[:m]
        return (
            [tuple(path) for path in prefixes.paths[order].tolist()],
            prefixes.total[order],
            max(dropped, default=None),
        )

    def _start(self) -> _Prefixes:
        return _Prefixes(np.zeros((1, 0), np.int64), np.zeros(1, np.int64), self._stage[None])

    def _extend(self, prefixes: _Prefixes, chosen: NDArray[np.intp]) -> _Prefixes:
        """Return the chosen of the N x K prefixes that are one stage longer, numbered by row."""
        parent, k = np.divmod(chosen, self._candidates)
        t = prefixes.paths.shape[1]
        return _Prefixes(
            np.concatenate([prefixes.paths[parent], k[:, None]], axis=1),
            prefixes.total[parent] + prefixes.ahead[parent, 0, k],
            prefixes.ahead[parent, 1:] + self._pair[t, t + 1 :].transpose(1, 0, 2)[k],
        )

    def _bounds(self, prefixes: _Prefixes, sign: int = 1) -> Integers:
        """Return N x K upper bounds on the totals of paths that begin with a prefix and its next candidate.

        With the sign -1 all numbers are negated: minus the lower bounds.
        """
        t = prefixes.paths.shape[1]
        step = max(1, _NUMBERS // (self._depth * self._candidates**3))
        bounds = np.empty((len(prefixes.total), self._candidates), dtype=np.int64)
        pair = sign * self._pair
        for at in range(0, len(bounds), step):
            some = slice(at, at + step)
            # [n, k, D - t - 1, K], the later stages' numbers once the next candidate, k, is chosen.
            ahead = sign * prefixes.ahead[some, None, 1:] + pair[t, t + 1 :].transpose(1, 0, 2)
            completion = np.zeros((*ahead.shape[:2], self._candidates), dtype=np.int64)
            for e in range(self._depth - 1, t, -1):
                if e < self._depth - 1:
                    completion = (completion[:, :, None] + pair[e, e + 1]).max(axis=-1)
                completion = completion + ahead[:, :, e - t - 1] + pair[t + 1 : max(e - 1, t + 1), e].max(axis=1).sum(0)
            best = completion.max(axis=-1) if t + 1 < self._depth else 0
            bounds[some] = sign * (prefixes.total[some, None] + prefixes.ahead[some, 0]) + best
        return bounds

    def _sampled_share(self, prefixes: _Prefixes, chosen: NDArray[np.intp], total: int) -> float:
        """Estimate which share of the paths that begin with the chosen prefixes has a higher total."""
        rng = np.random.default_rng(0)
        some = self._extend(prefixes, np.sort(rng.choice(chosen, _SAMPLE)))
        while some.ahead.shape[1]:
            numbers = np.arange(_SAMPLE) * self._candidates
            some = self._extend(some, numbers + rng.integers(self._candidates, size=_SAMPLE))
        return float(np.mean(some.total > total))
