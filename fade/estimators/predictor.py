"""A linear model of cells, learned from networks that were trained in other regions.

Ranks hold inside their region, but how good edges and ops of a cell are carries over (measured in
experiments/matched_regions). It takes no training of the region itself, and memory of other regions, which the paper's
search is without: what their networks took to train is no part of a region's cost.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fade.nets.vocabulary import PARAMETER_FREE
from fade.ranking.main_effects import identified, main_effects
from fade.space import Cell, Region

Floats = NDArray[np.float64]
OWN_STAGE = 0.5
"""How much features of a stage's own count beside those that all stages share."""
_ROUNDING = 1e-12


@dataclass(frozen=True)
class EarlierRegion:
    """What is known of networks of a region.

    Attributes:
        region: The region.
        paths: ``[P, D]``.
        values: Of their networks ``[P]``, higher is better, in any unit.
        seeds: How many each was trained with ``[P]``.
    """

    region: Region
    paths: NDArray[np.int64]
    values: Floats
    seeds: NDArray[np.int64]

    @property
    def trainings(self) -> int:
        """How many there were, all seeds counted."""
        return int(self.seeds.sum())

    @property
    def candidates(self) -> tuple[frozenset[Cell], ...]:
        """The candidates of each stage, in no order."""
        return tuple(map(frozenset, self.region.cells))

    @property
    def identifies_effects(self) -> bool:
        """Whether the paths identify the effects of all candidates, of which there are several."""
        return self.region.candidates > 1 and identified(self.paths, self.region.candidates)

    @cached_property
    def effects(self) -> Floats:
        """The main effects of its candidates ``[D, K]``."""
        return main_effects(self.paths, self.values, self.region.candidates)

    def without(self, region: Region) -> EarlierRegion:
        """But for networks that are paths of another region, too."""
        inside = np.array(
            [[cell in mine for cell in stage] for stage, mine in zip(self.region.cells, region.cells, strict=True)]
        )
        rest = np.flatnonzero(~inside[np.arange(region.depth), self.paths].all(1))
        return EarlierRegion(self.region, self.paths[rest], self.values[rest], self.seeds[rest])


def without_networks_of(region: Region, earlier: Iterable[EarlierRegion]) -> list[EarlierRegion]:
    """Earlier regions but for the networks of a region, which must not rank themselves; those that have enough left."""
    return [rest for known in earlier if (rest := known.without(region)).identifies_effects]


def fingerprint(earlier: Iterable[EarlierRegion]) -> str:
    """A hash of what is known, in whatever order."""
    each = (json.dumps([known.region.texts, known.paths.tolist(), known.values.tolist()]).encode() for known in earlier)
    return hashlib.sha256(b"".join(sorted(hashlib.sha256(one).digest() for one in each))).hexdigest()[:16]


def predict(earlier: Sequence[EarlierRegion], region: Region) -> Floats:
    """Scores of a region's candidates ``[D, K]`` by a model learned from other regions; zero where there are none.

    Args:
        earlier: Of regions as deep as this one.
        region: Of which nothing but the cells is looked at.
    """
    if not earlier:
        return np.zeros((region.depth, region.candidates))
    ops = names([*(known.region for known in earlier), region])
    known = [(candidate_features(one.region, ops), one.effects) for one in earlier]
    return fit_and_predict(known, candidate_features(region, ops))


def fit_and_predict(known: Sequence[tuple[Floats, Floats]], unknown: Floats) -> Floats:
    """Scores of candidates ``[D, K]`` by Bayesian ridge regression on the effects of those of other regions [ours].

    Candidates are learned, not paths: what features leave open of a candidate is shared by all paths through it, so
    that a region with more networks does not count for more of it. The evidence says how much to shrink.

    Args:
        known: Of each region features ``[D, K, 1 + D, F]`` and effects of candidates ``[D, K]``, which count over
            their spread.
        unknown: Features of the candidates to score.
    """
    from sklearn.linear_model import BayesianRidge
    from sklearn.preprocessing import StandardScaler

    features = np.concatenate([each.reshape(-1, *each.shape[2:]) for each, _ in known])  # [N, 1 + D, F]
    spread = StandardScaler().fit(features[:, 0]).scale_
    model = BayesianRidge(fit_intercept=False)
    effects = np.concatenate([_over_spread(values.ravel()) for _, values in known])
    model.fit((features / spread).reshape(len(features), -1), effects)
    scores = model.predict((unknown / spread).reshape(-1, features[0].size))
    return np.asarray(scores.reshape(unknown.shape[:2]))


def _over_spread(values: Floats) -> Floats:
    spread = values.std()
    return (values - values.mean()) / spread if spread > _ROUNDING else np.zeros_like(values)


def names(regions: Iterable[Region]) -> list[str]:
    """The ops and blocks of regions."""
    cells = [cell for region in regions for stage in region.cells for cell in stage]
    return sorted({name for cell in cells for name in _names(cell)})


def _names(cell: Cell) -> list[str]:
    return [op for _, _, op in cell.edges] if cell.block is None else [cell.block]


def candidate_features(region: Region, ops: Sequence[str]) -> Floats:
    """Features of candidates, less their stage's mean, for all stages alike and for their own: ``[D, K, 1 + D, F]``."""
    cells = np.array([[cell_features(cell, ops) for cell in stage] for stage in region.cells], dtype=np.float64)
    cells -= cells.mean(1, keepdims=True)
    own = np.eye(region.depth)[:, None, :, None] * cells[:, :, None]
    return np.concatenate([cells[:, :, None], OWN_STAGE * own], axis=2)


def cell_features(cell: Cell, ops: Sequence[str]) -> list[float]:
    """Edges of each op, in all, from the input's vertices and to the output's, and what lies along the cell's paths.

    Along the paths from its input to its output: how many edges with weights on the mean, at most and at least, the
    share of paths without any, and the logarithm of their number; then the numbers of sinks and of edges in a row.
    """
    sources, sinks = set(cell.sources), set(cell.sinks)
    starts = [op for tail, _, op in cell.edges if tail in sources]
    ends = [op for _, head, op in cell.edges if head in sinks]
    along = _Along.of(cell)
    return [
        *(each.count(op) for each in (_names(cell), starts, ends) for op in ops),
        *(along.total / along.ways, along.most, along.least, along.bare / along.ways, math.log(along.ways)),
        *(len(sinks), cell.depth),
    ]


@dataclass(frozen=True)
class _Along:
    """Of paths to the output: their number, edges with weights on all together, at most and at least, and paths
    without any.
    """

    ways: int
    total: int
    most: int
    least: int
    bare: int

    @classmethod
    def of(cls, cell: Cell) -> _Along:
        """Of all paths through a cell; paths are counted, not listed, for there may be 2^V of them."""
        after: dict[int, list[_Along]] = defaultdict(list)
        for vertex in reversed(range(cell.vertices)):
            here = cls.joined(after[vertex]) if after[vertex] else cls(1, 0, 0, 0, 1)
            for tail, head, op in cell.edges:
                if head == vertex:
                    after[tail].append(here if op in PARAMETER_FREE else here.one_more())
            after[vertex] = [here]
        return cls.joined([after[vertex][0] for vertex in cell.sources])

    @classmethod
    def joined(cls, each: Sequence[_Along]) -> _Along:
        return cls(
            sum(one.ways for one in each),
            sum(one.total for one in each),
            max(one.most for one in each),
            min(one.least for one in each),
            sum(one.bare for one in each),
        )

    def one_more(self) -> _Along:
        return _Along(self.ways, self.total + self.ways, self.most + 1, self.least + 1, 0)
