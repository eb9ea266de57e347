"""What other regions tell of a region: a linear model of cells, learned from networks that were trained there.

Ranks hold inside their region, but what edges and ops of a cell are worth carries over (measured in
experiments/rank_correlation). It takes no training of the region itself, and memory of networks elsewhere, which the
paper's search is without: what these took to train is no part of a region's cost.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fade.nets.vocabulary import PARAMETER_FREE
from fade.space import Cell, Region
from fade.training.effects import identified, main_effects

Floats = NDArray[np.float64]
OWN_STAGE = 0.5
"""How much features of a stage's own count beside those that all stages share."""
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Lesson:
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
    def of(self) -> tuple[frozenset[Cell], ...]:
        """The candidates of each stage, in no order."""
        return tuple(map(frozenset, self.region.cells))

    @property
    def tells(self) -> bool:
        """Whether the paths identify the effects of all candidates, of which there are several."""
        return self.region.candidates > 1 and identified(self.paths, self.region.candidates)

    @property
    def worth(self) -> Floats:
        """What its candidates are worth ``[D, K]``: their main effects."""
        return main_effects(self.paths, self.values, self.region.candidates)

    def without(self, region: Region) -> Lesson:
        """But for networks that are paths of another region, too."""
        inside = np.array(
            [[cell in mine for cell in stage] for stage, mine in zip(self.region.cells, region.cells, strict=True)]
        )
        kept = np.flatnonzero(~inside[np.arange(region.depth), self.paths].all(1))
        return Lesson(self.region, self.paths[kept], self.values[kept], self.seeds[kept])


def others_than(region: Region, lessons: Iterable[Lesson]) -> list[Lesson]:
    """The lessons but for the region's own networks, which must not rank themselves, as far as they still tell."""
    return [rest for lesson in lessons if (rest := lesson.without(region)).tells]


def fingerprint(lessons: Iterable[Lesson]) -> str:
    """A hash of what is told, in whatever order."""
    each = (
        json.dumps([lesson.region.texts, lesson.paths.tolist(), lesson.values.tolist()]).encode() for lesson in lessons
    )
    return hashlib.sha256(b"".join(sorted(hashlib.sha256(one).digest() for one in each))).hexdigest()[:16]


def scores_elsewhere(others: Sequence[Lesson], region: Region) -> Floats:
    """Scores of a region's candidates ``[D, K]`` by what other regions tell; zero where there are none.

    Args:
        others: Of regions as deep as this one.
        region: Of which nothing but the cells is looked at.
    """
    if not others:
        return np.zeros((region.depth, region.candidates))
    ops = names([*(lesson.region for lesson in others), region])
    told = [(candidate_features(lesson.region, ops), lesson.worth) for lesson in others]
    return learned(told, candidate_features(region, ops))


def learned(told: Sequence[tuple[Floats, Floats]], unknown: Floats) -> Floats:
    """Scores of candidates ``[D, K]`` by a Bayesian ridge regression on what is told of others [ours].

    Candidates are learned, not paths: what features leave open of a candidate is shared by all paths through it, so
    that a region with more networks does not count for more of it. The evidence says how much to shrink.

    Args:
        told: Of each region features ``[D, K, 1 + D, F]`` and what candidates are worth ``[D, K]``, which counts over
            its spread.
        unknown: Features of the candidates to score.
    """
    from sklearn.linear_model import BayesianRidge
    from sklearn.preprocessing import StandardScaler

    known = np.concatenate([features.reshape(-1, *features.shape[2:]) for features, _ in told])  # [N, 1 + D, F]
    spread = StandardScaler().fit(known[:, 0]).scale_
    model = BayesianRidge(fit_intercept=False)
    worth = np.concatenate([_over_spread(values.ravel()) for _, values in told])
    model.fit((known / spread).reshape(len(known), -1), worth)
    scores = model.predict((unknown / spread).reshape(-1, known[0].size))
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
