"""What is measured: sizes of regions and of their trainings, along one axis at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np

from fade.space import Cell, Region

TRAININGS = ("joint", "fair")
READOUTS = ("sampled_paths", "alone")
AXES = {
    "depth": (2, 3, 4, 6, 8, 12, 16, 24, 32),
    "candidates": (2, 3, 4, 6, 8, 12, 16),
    "vertices": (4, 5, 6, 7, 8, 10, 12),
    "examples": (250, 500, 1000, 1500, 2000, 3000, 4000),
    "epochs": (1, 2, 3, 4, 6, 8, 12),
}
READ_AXES = {"depth": (4, 6, 8, 10, 12), "candidates": (4, 6, 8, 12, 16)}
"""Smaller regions have fewer paths than a read-out samples of larger ones, so their cost follows another law."""
SINKS = 2
"""As many as a random cell of any size has on average, within a tenth."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """Work that is timed.

    Attributes:
        what: ``joint`` or ``fair`` (a training of the region), ``network`` (of one of its paths), ``sampled_paths`` or
            ``alone`` (a read-out).
        axis: The size that is varied.
        depth: D.
        candidates: K.
        vertices: V of each cell.
        examples: `dataset.train_samples`, of which 80 % train.
        epochs: Passes over these.
    """

    what: str
    axis: str
    depth: int = 3
    candidates: int = 4
    vertices: int = 5
    examples: int = 500
    epochs: int = 1

    @property
    def key(self) -> tuple[Any, ...]:
        return tuple(asdict(self).values())

    def region(self) -> Region:
        """The same candidates in every stage, so that all stages cost the same; a network has the first of them."""
        cells = candidates(self.vertices)[: 1 if self.what == "network" else self.candidates]
        return Region([cells] * self.depth)


def points() -> Iterator[Point]:
    """All that is measured."""
    for what in TRAININGS:
        yield from _along(what, AXES)
    yield from _along("network", {"depth": AXES["depth"]})
    for what in READOUTS:
        yield from _along(what, READ_AXES)


def _along(what: str, axes: Mapping[str, Sequence[int]]) -> Iterator[Point]:
    for axis, values in axes.items():
        for value in values:
            size: dict[str, Any] = {axis: value}
            yield Point(what=what, axis=axis, **size)


@cache
def candidates(vertices: int) -> list[Cell]:
    """Random cells of different classes that cost the same: half of all edges, rounded, and two sinks each."""
    rng, pairs = np.random.default_rng(vertices), list(combinations(range(vertices), 2))
    wanted = max(AXES["candidates"]) if vertices == Point.vertices else Point.candidates
    found: list[Cell] = []
    while len(found) < wanted:
        edges = rng.choice(len(pairs), round(len(pairs) / 2), replace=False)
        cell = Cell(vertices, [(*pairs[edge], "conv3") for edge in sorted(edges.tolist())])
        if len(cell.sinks) == SINKS and cell not in found:
            found.append(cell)
    return found


def edges(vertices: int) -> int:
    """Edges of such a cell, those to its output included: each carries an op."""
    return len(candidates(vertices)[0].edges) + SINKS
