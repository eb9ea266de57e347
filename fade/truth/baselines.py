"""Counts that cost nothing, which an estimator must beat to have learnt something."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fade.space import PROPERTIES, Cell

COUNTS: dict[str, Callable[[Sequence[Cell]], int]] = {
    "edges": lambda cells: sum(PROPERTIES["edges"](cell) for cell in cells),
    "depth": lambda cells: sum(PROPERTIES["depth"](cell) for cell in cells),
    "sinks": lambda cells: sum(PROPERTIES["sinks"](cell) for cell in cells),
    "blocks": lambda cells: sum(cell.block not in (None, "identity") for cell in cells),
}
"""Of an architecture, summed over the stages: edges, edges on the longest way through each cell, sinks, and blocks
other than identity."""
