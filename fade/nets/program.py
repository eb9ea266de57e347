"""The order in which a batch of cells is evaluated level by level, all cells of a level at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from fade.space import Cell

Place = tuple[int, int]
"""An edge (tail, head); head = V is the cell's output."""


@dataclass
class Step:
    """All edges whose tails are ready at one level, grouped by op.

    Attributes:
        rows: Rows of the sum buffer that hold this level's vertices; None at level 0, the input groups.
        statistics: Rows of the normalisation statistics of these vertices.
        runs: A run an op: its name, positions of the tails within the level (None: in order), copies of the op (None:
            all in order), rows of the heads.
    """

    rows: Tensor | None
    statistics: Tensor | None
    runs: list[tuple[str, Tensor | None, Tensor | None, Tensor]] = field(default_factory=list)


@dataclass
class Program:
    """Steps by level, and the size of the sum buffer: first the G outputs, then all inner vertices."""

    steps: list[Step]
    rows: int


def edges_of(cell: Cell, output_op: str) -> list[tuple[Place, str]]:
    """All edges of a cell with their ops, sorted by head, those from sinks to the output last; a block has none."""
    if cell.block is not None:
        return []
    inner = [((tail, head), op) for tail, head, op in sorted(cell.edges, key=lambda edge: (edge[1], edge[0]))]
    return inner + [((sink, cell.vertices), output_op) for sink in cell.sinks]


def levels_of(cell: Cell) -> list[int]:
    """Each vertex's level: the number of edges on the longest path that ends there."""
    levels = [0] * cell.vertices
    for tail, head, _ in sorted(cell.edges, key=lambda edge: edge[1]):
        levels[head] = max(levels[head], levels[tail] + 1)
    return levels


def compile_program(
    cells: Sequence[Cell],
    slots: Sequence[dict[Place, tuple[str, int]]],
    statistics: Sequence[Sequence[int]],
    copies: dict[str, int],
    output_op: str,
    device: torch.device,
) -> Program:
    """Lay out the evaluation of G cells.

    Args:
        cells: ``[G]`` the cells.
        slots: ``[G]`` op and copy of each edge.
        statistics: ``[G][V]`` rows of the normalisation statistics of each vertex.
        copies: Number of copies of each op.
        output_op: The op between sinks and output.
        device: Where the index tensors live.
    """
    rows = len(cells)
    edges: dict[int, dict[str, list[tuple[int, int, int]]]] = defaultdict(lambda: defaultdict(list))
    vertices: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for group, (cell, own, kept) in enumerate(zip(cells, slots, statistics, strict=True)):
        level = levels_of(cell)
        position, row = [group] * cell.vertices, [group] * (cell.vertices + 1)
        for v in range(cell.vertices):
            if level[v]:
                position[v], row[v] = len(vertices[level[v]]), rows
                vertices[level[v]].append((rows, kept[v]))
                rows += 1
        for (tail, head), op in edges_of(cell, output_op):
            edges[level[tail]][op].append((position[tail], own[tail, head][1], row[head]))

    def index(values: Sequence[int], everything: int) -> Tensor | None:
        return None if list(values) == list(range(everything)) else torch.tensor(values, device=device)

    steps = []
    for level_, by_op in sorted(edges.items()):
        width = len(vertices[level_]) if level_ else len(cells)
        buffer_rows, kept_rows = zip(*vertices[level_], strict=True) if level_ else ((), ())
        step = Step(
            torch.tensor(buffer_rows, device=device) if level_ else None,
            torch.tensor(kept_rows, device=device) if level_ else None,
        )
        for op, run in sorted(by_op.items()):
            tails, used, heads = zip(*run, strict=True)
            step.runs.append((op, index(tails, width), index(used, copies[op]), torch.tensor(heads, device=device)))
        steps.append(step)
    return Program(steps, rows)
