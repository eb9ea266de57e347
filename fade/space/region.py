"""Regions: D stages of K candidate cells each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Self

from fade.space.cell import Cell

Path = tuple[int, ...]


@dataclass(frozen=True)
class Region:
    """D stages of K candidate cells; the K^D ways through them (paths) are its architectures.

    Args:
        cells: The candidates of each stage, as drawn: the same number K in each, of different classes within a stage.

    Raises:
        ValueError: If they are not; the message names `search.cells`.
    """

    cells: tuple[tuple[Cell, ...], ...]

    def __init__(self, cells: Sequence[Sequence[Cell]]) -> None:
        stages = tuple(tuple(stage) for stage in cells)
        sizes = [len(stage) for stage in stages]
        if not stages or not all(sizes) or len(set(sizes)) > 1:
            raise ValueError(
                f"search.cells has {sizes} cells in its stages: list the same number, one or more, in each"
            )
        for number, stage in enumerate(stages):
            if len(set(stage)) < len(stage):
                twice = next(place for place, cell in enumerate(stage) if cell in stage[:place])
                raise ValueError(
                    f"search.cells has isomorphic cells in stage {number}, numbers {stage.index(stage[twice])} and "
                    f"{twice}, both {stage[twice]} in canonical form: make the candidates of a stage different"
                )
        object.__setattr__(self, "cells", stages)

    @classmethod
    def parse(cls, texts: Sequence[Sequence[str | int]]) -> Self:
        """A region from the texts of its cells, stage by stage.

        A number stands for the edgeless cell: that is what YAML makes of the text of one.

        Raises:
            ValueError: If a text is no cell or the cells are no region; the message names `search.cells`.
        """
        if isinstance(texts, str) or any(isinstance(stage, str | int) for stage in texts):
            raise ValueError(f"search.cells={texts} is not a list of stages: write [[cell, cell], [cell, cell]]")
        try:
            cells = [[Cell.parse(str(text)) for text in stage] for stage in texts]
        except ValueError as error:
            raise ValueError(f"search.cells: {error}") from None
        return cls(cells)

    @property
    def depth(self) -> int:
        """Number of stages D."""
        return len(self.cells)

    @property
    def candidates(self) -> int:
        """Number of candidates per stage K."""
        return len(self.cells[0])

    @property
    def size(self) -> int:
        """Number of paths K^D."""
        size: int = self.candidates**self.depth
        return size

    @property
    def texts(self) -> list[list[str]]:
        """Canonical texts of the cells, D x K."""
        return [[str(cell) for cell in stage] for stage in self.cells]

    def paths(self) -> Iterator[Path]:
        """All paths (k_1 … k_D), k_d the candidate taken in stage d, in lexicographic order."""
        return product(range(self.candidates), repeat=self.depth)

    def architecture(self, path: Sequence[int]) -> tuple[Cell, ...]:
        """The cells on a path.

        Raises:
            ValueError: If the path has not one candidate, 0 to K - 1, for each stage.
        """
        if len(path) != self.depth or not all(0 <= k < self.candidates for k in path):
            raise ValueError(
                f"path {tuple(path)} leaves the region: give {self.depth} numbers from 0 to {self.candidates - 1}"
            )
        return tuple(stage[k] for stage, k in zip(self.cells, path, strict=True))
