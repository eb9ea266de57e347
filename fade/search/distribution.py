"""The search distribution of one stage, for each kind of space of cells."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from fade.search.categoricals import Bools, Categoricals, Floats, Ints, Table
from fade.space import Cell, CellSource, CellSpace, Edge

# Ours: 1 / number of pairs leaves the one pair of V = 2, or one row over listed cells, no room to move.
LARGEST_EPSILON = 0.25


class GraphDistribution(Categoricals):
    """Graphs with ordered vertices and labelled edges.

    Rows: for every pair i < j of the largest number of vertices, in lexicographic order, (no edge, edge); where there
    are several ops, for every pair the ops, given an edge; where V is a range, the numbers of vertices. A draw of v
    vertices uses the first v vertices. ε = 1 / number of pairs, at most 1/4.

    Args:
        space: The cells that are drawn.
    """

    def __init__(self, space: CellSpace) -> None:
        self._ops, self._sizes = tuple(space.ops), np.array(space.sizes)
        self._pairs = list(combinations(range(int(self._sizes[-1])), 2))
        self._heads = np.array([head for _, head in self._pairs], dtype=np.int64)
        pairs, ops, sizes = len(self._pairs), len(self._ops), len(self._sizes)
        self._edge_rows = slice(0, pairs)
        self._op_rows = slice(pairs, 2 * pairs if ops > 1 else pairs)
        self._size_rows = slice(self._op_rows.stop, None)
        categories = [2] * pairs + [ops] * pairs * (ops > 1) + [sizes] * (sizes > 1)
        super().__init__(categories, epsilon=min(1 / max(pairs, 1), LARGEST_EPSILON))

    def cell(self, choice: Ints) -> Cell:
        """The graph of a draw ``[R]``, as drawn."""
        return Cell(self._vertices(choice), self._edges(choice))

    def active(self, choice: Ints) -> Bools:
        """Pairs among the vertices drawn, ops of the edges drawn, and the number of vertices; ``[R]`` to ``[R]``."""
        active = np.ones(self.variables, dtype=np.bool_)
        active[self._edge_rows] = self._heads < self._vertices(choice)
        if len(self._ops) > 1:
            active[self._op_rows] = active[self._edge_rows] & (choice[self._edge_rows] == 1)
        return active

    def presence(self, probabilities: Floats) -> Floats:
        """The probability of each variable to be active, ``[R, C]`` to ``[R]``."""
        presence = np.ones(self.variables)
        if len(self._sizes) > 1:
            reaches = self._heads[:, None] < self._sizes
            presence[self._edge_rows] = reaches @ probabilities[-1, : len(self._sizes)]
        if len(self._ops) > 1:
            presence[self._op_rows] = presence[self._edge_rows] * probabilities[self._edge_rows, 1]
        return presence

    def tables(self) -> dict[str, Table]:
        """``edges`` ``[pairs]``; where they vary, ``ops`` ``[pairs][ops]`` given an edge, ``vertices`` ``[sizes]``."""
        tables: dict[str, Table] = {"edges": self.probabilities[self._edge_rows, 1].tolist()}
        if len(self._ops) > 1:
            tables["ops"] = self.probabilities[self._op_rows, : len(self._ops)].tolist()
        if len(self._sizes) > 1:
            tables["vertices"] = self.probabilities[-1, : len(self._sizes)].tolist()
        return tables

    def _vertices(self, choice: Ints) -> int:
        return int(self._sizes[choice[self._size_rows].sum()])

    def _edges(self, choice: Ints) -> Iterator[Edge]:
        drawn = self.active(choice)[self._edge_rows] & (choice[self._edge_rows] == 1)
        labels = choice[self._op_rows] if len(self._ops) > 1 else np.zeros(len(self._pairs), dtype=np.int64)
        for pair, label, here in zip(self._pairs, labels, drawn, strict=True):
            if here:
                yield *pair, self._ops[label]


class ListDistribution(Categoricals):
    """One row over listed cells, such as the blocks of NAS-Bench-Macro; ε = 1/4.

    Args:
        source: The cells, few enough to be listed.
    """

    def __init__(self, source: CellSource) -> None:
        self._cells = list(source.cells())
        super().__init__([len(self._cells)], epsilon=LARGEST_EPSILON)

    def cell(self, choice: Ints) -> Cell:
        """The cell of a draw ``[1]``."""
        return self._cells[int(choice[0])]

    def active(self, choice: Ints) -> Bools:
        """Always true, ``[1]``."""
        return np.ones(1, dtype=np.bool_)

    def presence(self, probabilities: Floats) -> Floats:
        """Always one, ``[1]``."""
        return np.ones(1)

    def tables(self) -> dict[str, Table]:
        """``cells`` ``[cells]``."""
        return {"cells": self.probabilities[0].tolist()}


def distribution(source: CellSource) -> Categoricals:
    """The uniform search distribution over the cells of a stage."""
    return GraphDistribution(source) if isinstance(source, CellSpace) else ListDistribution(source)
