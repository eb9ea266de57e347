"""Spaces of cells: all labelled DAGs of given sizes, or a given list."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import comb, factorial
from typing import Protocol

import numpy as np

from fade.space.canonical import Ints
from fade.space.cell import MAX_VERTICES, NAME, Cell, Edge, drawing_text
from fade.space.counting import class_counts
from fade.space.enumeration import classes

# How often a mutation changes the number of vertices, where the space has several.
_RESIZE = 0.25


class CellSource(Protocol):
    """What a space of architectures and a search need of a space of cells."""

    def cells(self) -> Iterator[Cell]:
        """Each class once, in a fixed order."""

    def count(self) -> int:
        """Number of classes."""

    def has(self, number: int) -> bool:
        """Whether there are at least `number` classes; never slower than `count`."""

    def sample(self, rng: np.random.Generator) -> Cell:
        """A random cell."""

    def mutate(self, cell: Cell, rng: np.random.Generator) -> Cell:
        """A random neighbour of `cell`, of another class."""


@dataclass(frozen=True)
class CellSpace:
    """All DAGs on V ordered vertices with edges labelled by ops, up to isomorphism.

    >>> CellSpace(vertices=5).count()
    302

    Args:
        vertices: V, or the least and the greatest V.
        ops: The labels.

    Raises:
        ValueError: If there are no such cells.
    """

    vertices: int | Sequence[int] = 5
    ops: Sequence[str] = ("conv3",)

    def __post_init__(self) -> None:
        bounds = list(self.vertices) if isinstance(self.vertices, Sequence) else [self.vertices]
        numbers = len(bounds) in (1, 2) and all(isinstance(bound, int) for bound in bounds)
        if not numbers or not 1 <= bounds[0] <= bounds[-1] <= MAX_VERTICES:
            raise ValueError(
                f"space.vertices={self.vertices} is no size of a cell: give 1 to {MAX_VERTICES}, or [low, high]"
            )
        if isinstance(self.ops, str) or not self.ops or len(set(self.ops)) < len(self.ops):
            raise ValueError(f"space.ops={self.ops} is no vocabulary: list one or more different ops, like [conv3]")
        for op in self.ops:
            if not NAME.fullmatch(op):
                raise ValueError(f"space.ops has the impossible name {op!r}: use lower-case letters, digits and _")
        object.__setattr__(self, "vertices", bounds[0] if len(bounds) == 1 else tuple(bounds))
        object.__setattr__(self, "ops", tuple(self.ops))

    @property
    def sizes(self) -> range:
        """The numbers of vertices in the space."""
        low, high = (self.vertices,) * 2 if isinstance(self.vertices, int) else self.vertices
        return range(low, high + 1)

    def cells(self) -> Iterator[Cell]:
        """Each class once, as canonical cells, the smallest first; nothing is kept, so a prefix is cheap."""
        ops = tuple(sorted(self.ops))
        for size in self.sizes:
            for batch in classes(size, ops):
                yield from _cells_of(batch, ops)

    def count(self) -> int:
        """Number of classes, exact and without enumeration; milliseconds up to 12 vertices, seconds for 30."""
        return sum(class_counts(self.sizes[-1], len(self.ops))[self.sizes[0] :])

    def has(self, number: int) -> bool:
        """Whether there are at least `number` classes; immediate where the space is far larger."""
        # A class has at most V! of the drawings.
        largest = self.sizes[-1]
        drawings: int = (1 + len(self.ops)) ** comb(largest, 2)
        return drawings // factorial(largest) >= number or self.count() >= number

    def sample(self, rng: np.random.Generator) -> Cell:
        """Draw V uniformly, then each pair's edge with probability ½ and its op uniformly."""
        size = int(rng.integers(self.sizes.start, self.sizes.stop))
        return Cell(size, self._random_edges(list(combinations(range(size), 2)), rng))

    def mutate(self, cell: Cell, rng: np.random.Generator) -> Cell:
        """Change one edge of the drawing: add, remove or relabel it; or, where V varies, one vertex.

        Toggling a uniform pair and relabelling a uniform edge are both symmetric, so that with one op edges keep their
        prior under repeated mutation; with more the graph without edges, which has none to relabel, is rarer. A new
        vertex takes a uniform place and sampled edges; a removed one takes its edges along.

        Args:
            cell: A cell of the space.
            rng: Source of chance.

        Returns:
            A cell of another class, unless the space has only one.
        """
        if len(self.sizes) > 1 and (cell.vertices == 1 or rng.random() < _RESIZE):
            return self._resize(cell, rng)
        if cell.vertices == 1:
            return cell
        edges = {(tail, head): op for tail, head, op in cell.edges}
        if edges and len(self.ops) > 1 and rng.random() < 0.5:
            pair = list(edges)[int(rng.integers(len(edges)))]
            others = [op for op in self.ops if op != edges[pair]]
            edges[pair] = others[int(rng.integers(len(others)))]
        else:
            pairs = list(combinations(range(cell.vertices), 2))
            pair = pairs[int(rng.integers(len(pairs)))]
            if pair in edges:
                del edges[pair]
            else:
                edges[pair] = self.ops[int(rng.integers(len(self.ops)))]
        return Cell(cell.vertices, [(*pair, op) for pair, op in edges.items()])

    def _resize(self, cell: Cell, rng: np.random.Generator) -> Cell:
        size = cell.vertices
        grows = size < self.sizes[-1] and (size == self.sizes[0] or bool(rng.random() < 0.5))
        place = int(rng.integers(size + grows))
        if not grows:
            kept = [edge for edge in cell.edges if place not in edge[:2]]
            return Cell(size - 1, [(i - (i > place), j - (j > place), op) for i, j, op in kept])
        moved = [(i + (i >= place), j + (j >= place), op) for i, j, op in cell.edges]
        pairs = [(min(v, place), max(v, place)) for v in range(size + 1) if v != place]
        return Cell(size + 1, moved + self._random_edges(pairs, rng))

    def _random_edges(self, pairs: list[tuple[int, int]], rng: np.random.Generator) -> list[Edge]:
        present = (rng.random(len(pairs)) < 0.5).tolist()
        labels = rng.integers(len(self.ops), size=len(pairs)).tolist()
        return [(*pair, self.ops[label]) for pair, here, label in zip(pairs, present, labels, strict=True) if here]


class CellList:
    """A space that lists its cells, such as the blocks of NAS-Bench-Macro: every two are neighbours.

    Args:
        cells: The cells, of different classes.
    """

    def __init__(self, cells: Sequence[Cell]) -> None:
        self._cells = tuple(cells)
        if not self._cells or len(set(self._cells)) < len(self._cells):
            raise ValueError(f"a list of cells needs one or more different ones: {[str(cell) for cell in self._cells]}")

    def cells(self) -> Iterator[Cell]:
        """The cells as listed."""
        return iter(self._cells)

    def count(self) -> int:
        """Number of cells."""
        return len(self._cells)

    def has(self, number: int) -> bool:
        """Whether there are at least `number` cells."""
        return len(self._cells) >= number

    def sample(self, rng: np.random.Generator) -> Cell:
        """One of the cells, uniformly."""
        return self._cells[rng.integers(len(self._cells))]

    def mutate(self, cell: Cell, rng: np.random.Generator) -> Cell:
        """Another of the cells, uniformly; the cell itself where it is the only one."""
        others = [other for other in self._cells if other != cell] or [cell]
        return others[rng.integers(len(others))]


def _cells_of(batch: Ints, ops: tuple[str, ...]) -> Iterator[Cell]:
    """Cells of canonical drawings `[N, n, n]`; they share the tuples of their edges, as there may be millions."""
    n = batch.shape[1]
    drawing, tail, head = np.nonzero(batch)
    label = batch[drawing, tail, head] - 1
    codes = ((label * n + tail) * n + head).tolist()
    edge_of = [(i, j, op) for op in ops for i in range(n) for j in range(n)]
    ends = np.cumsum(np.bincount(drawing, minlength=len(batch))).tolist()
    for start, end in pairwise([0, *ends]):
        edges = tuple([edge_of[code] for code in codes[start:end]])
        yield Cell.from_canonical(n, edges, drawing_text(n, edges))
