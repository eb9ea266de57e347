"""The hierarchical space: one cell for each stage of a skeleton."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from fade.space.cell import Cell
from fade.space.cell_space import CellSource
from fade.space.region import Region

PROPERTIES: dict[str, Callable[[Cell], int]] = {
    "sinks": lambda cell: len(cell.sinks),
    "edges": lambda cell: len(cell.edges),
    "depth": lambda cell: cell.depth,
}
"""What the candidates of a stage can be made to have in common."""

# Per candidate: draws before mutation takes over, and all draws before a wish for equal properties is given up.
_SAMPLES, _DRAWS = 32, 1000


@dataclass(frozen=True, kw_only=True)
class HierarchicalSpace:
    """Architectures of `depth` stages, each stage any cell of `cell_space`.

    Args:
        cell_space: The cells.
        depth: Number of stages D ≥ 1.
    """

    cell_space: CellSource
    depth: int

    def __post_init__(self) -> None:
        if self.depth < 1:
            raise ValueError(f"space.depth={self.depth} leaves no stage: give 1 or more")

    def count(self) -> int:
        """Number of architectures: (classes of cells)^D."""
        architectures: int = self.cell_space.count() ** self.depth
        return architectures

    def sample_region(self, rng: np.random.Generator, candidates: int, match: Sequence[str] = ()) -> Region:
        """Draw a region: for each stage, cells are drawn until `candidates` of different classes are there.

        Where drawing yields duplicates only, the last draw is mutated again and again, so that it always ends.

        Args:
            rng: Source of chance.
            candidates: Number of candidates K in each stage.
            match: Properties, among sinks, edges and depth, whose values are equal within a stage: the first K cells
                drawn that share them become the stage.

        Raises:
            ValueError: If the space has fewer than K classes, or no K that match were found.
        """
        if candidates < 1:
            raise ValueError(f"search.candidates={candidates} leaves stages empty: give 1 or more")
        if not self.cell_space.has(candidates):
            raise ValueError(
                f"search.candidates={candidates} is more than the {self.cell_space.count()} different cells of the "
                "space: lower it, or enlarge space.vertices or space.ops"
            )
        unknown = sorted(set(match) - set(PROPERTIES))
        if unknown or isinstance(match, str):
            raise ValueError(f"search.match={match} is no list of properties: choose among {', '.join(PROPERTIES)}")
        return Region([self._stage(rng, candidates, match) for _ in range(self.depth)])

    def _stage(self, rng: np.random.Generator, candidates: int, match: Sequence[str]) -> list[Cell]:
        alike: dict[tuple[int, ...], dict[Cell, None]] = {}
        draws = self._draws(rng, candidates)
        # Without a match the walk meets every class in time; with one there may be no answer.
        for cell in islice(draws, candidates * _DRAWS) if match else draws:
            stage = alike.setdefault(tuple(PROPERTIES[name](cell) for name in match), {})
            stage.setdefault(cell)
            if len(stage) == candidates:
                return list(stage)
        raise ValueError(
            f"search.match={list(match)} found no search.candidates={candidates} different cells that share these "
            f"in {candidates * _DRAWS} draws: lower search.candidates or match less"
        )

    def _draws(self, rng: np.random.Generator, candidates: int) -> Iterator[Cell]:
        for _ in range(candidates * _SAMPLES):
            cell = self.cell_space.sample(rng)
            yield cell
        while True:
            cell = self.cell_space.mutate(cell, rng)
            yield cell
