"""Cells: labelled DAGs on ordered vertices, equal where they are isomorphic."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import index
from typing import Self

import numpy as np

from fade.space.canonical import Ints, canonical

Edge = tuple[int, int, str]

MAX_VERTICES = 256
NAME = re.compile(r"[a-z][a-z0-9_]*")
_EDGE = re.compile(rf"([0-9]+)-([0-9]+):({NAME.pattern})")


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Cell:
    """A labelled DAG as it was drawn; `==` and `hash` go by isomorphism class, labels respected.

    The text of a cell, `str(cell)`, is that of its canonical drawing: the number of vertices, then the edges, as in
    ``5/0-1:conv3/0-2:conv5/1-4:conv3``. Equal texts ⇔ isomorphic cells, and `Cell.parse` reads a text back. Cells made
    of one ready block, as NAS-Bench-Macro's, have the text ``block:NAME``.

    >>> Cell(3, [(0, 2, "conv3")]) == Cell(3, [(1, 2, "conv3")])
    True

    Args:
        vertices: Number of vertices V, 1 to 256.
        edges: Triples (tail, head, op), 0 ≤ tail < head < V, at most one a pair; op names match ``[a-z][a-z0-9_]*``.

    Raises:
        ValueError: If the vertices or edges are none of these.
    """

    vertices: int
    edges: tuple[Edge, ...]
    block: str | None

    def __init__(self, vertices: int, edges: Iterable[Edge] = ()) -> None:
        vertices = index(vertices)
        if not 1 <= vertices <= MAX_VERTICES:
            raise ValueError(f"a cell cannot have {vertices} vertices: give it 1 to {MAX_VERTICES}")
        ordered = sorted((index(tail), index(head), str(op)) for tail, head, op in edges)
        for tail, head, op in ordered:
            edge = f"edge {tail}-{head}:{op} of a cell with {vertices} vertices"
            if not 0 <= tail < head:
                raise ValueError(
                    f"{edge} runs backwards: number the vertices so that each edge's tail is the lower one"
                )
            if head >= vertices:
                raise ValueError(f"{edge} ends at no vertex: the last one is {vertices - 1}")
            if not NAME.fullmatch(op):
                raise ValueError(f"{edge} has an impossible op name: use lower-case letters, digits and _")
        if len({edge[:2] for edge in ordered}) < len(ordered):
            raise ValueError(f"a cell has two edges between the same vertices: keep one a pair of {ordered}")
        self.__dict__.update(vertices=vertices, edges=tuple(ordered), block=None)

    @classmethod
    def atomic(cls, name: str) -> Self:
        """The cell that consists of the ready block `name`: one vertex, no edges, equal to its namesakes only."""
        if not NAME.fullmatch(name):
            raise ValueError(f"block:{name} has an impossible name: use lower-case letters, digits and _")
        cell = cls.from_canonical(1, (), f"block:{name}")
        cell.__dict__["block"] = name
        return cell

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a cell from its text; any drawing will do, not only the canonical one.

        Raises:
            ValueError: If `text` is not of the form ``5/0-1:conv3/1-4:conv3`` or ``block:NAME``.
        """
        text = text.strip()
        if text.startswith("block:"):
            return cls.atomic(text.removeprefix("block:"))
        vertices, *edges = text.split("/")
        matches = [_EDGE.fullmatch(edge) for edge in edges]
        if not re.fullmatch(r"[0-9]{1,9}", vertices):
            raise ValueError(
                f"cell {text!r} does not begin with its number of vertices: write it like 5/0-1:conv3/1-4:conv3, a "
                "block like block:mbconv3_e3"
            )
        for edge, match in zip(edges, matches, strict=True):
            if match is None:
                raise ValueError(
                    f"cell {text!r} has the odd part {edge!r}: write edges as tail-head:op, like 0-1:conv3"
                )
        try:
            return cls(int(vertices), [(int(m[1]), int(m[2]), m[3]) for m in matches if m])
        except ValueError as error:
            raise ValueError(f"cell {text!r}: {error}") from None

    @classmethod
    def from_canonical(cls, vertices: int, edges: tuple[Edge, ...], text: str) -> Self:
        """A cell from its canonical drawing and text, taken on trust: enumerations cannot afford to check."""
        cell = cls.__new__(cls)
        cell.__dict__.update(vertices=vertices, edges=edges, block=None, _text=text)
        return cell

    @property
    def drawing(self) -> str:
        """The text of the cell as drawn."""
        return f"block:{self.block}" if self.block is not None else drawing_text(self.vertices, self.edges)

    @cached_property
    def _text(self) -> str:
        return _canonical_text(self.vertices, self.edges)

    def canonical(self) -> Self:
        """The canonical drawing: the same one for all isomorphic cells, with all edges i < j."""
        return self if self.drawing == self._text else self.parse(self._text)

    @property
    def sources(self) -> tuple[int, ...]:
        """Vertices that no edge enters, as drawn; an isolated vertex is a source and a sink."""
        return self._vertices_without({head for _, head, _ in self.edges})

    @property
    def sinks(self) -> tuple[int, ...]:
        """Vertices that no edge leaves, as drawn."""
        return self._vertices_without({tail for tail, _, _ in self.edges})

    def _vertices_without(self, excluded: set[int]) -> tuple[int, ...]:
        return tuple(v for v in range(self.vertices) if v not in excluded)

    @property
    def depth(self) -> int:
        """Number of edges on the longest path."""
        level = [0] * self.vertices
        for tail, head, _ in self.edges:
            level[head] = max(level[head], level[tail] + 1)
        return max(level)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"Cell.parse({self.drawing!r})"

    def __eq__(self, other: object) -> bool:
        return self._text == other._text if isinstance(other, Cell) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._text)


def drawing_text(vertices: int, edges: Iterable[Edge]) -> str:
    """The text of a drawing; `edges` sorted."""
    return "/".join([str(vertices), *(f"{tail}-{head}:{op}" for tail, head, op in edges)])


# Searches draw the same few thousand small cells over and over.
@lru_cache(maxsize=2**14)
def _canonical_text(vertices: int, edges: tuple[Edge, ...]) -> str:
    ops = tuple(sorted({op for _, _, op in edges}))
    label = {op: number for number, op in enumerate(ops, start=1)}
    labels: Ints = np.zeros((1, vertices, vertices), dtype=int)
    for tail, head, op in edges:
        labels[0, tail, head] = label[op]
    drawn = canonical(labels, ops)[0]
    pairs = np.argwhere(drawn).tolist()
    return drawing_text(vertices, ((i, j, ops[drawn[i, j] - 1]) for i, j in pairs))
