"""One given region."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fade.search.base import OuterSearch
from fade.search.config import SearchConfig, register_search
from fade.search.random_regions import RandomRegions
from fade.space import Cell, CellSource, CellSpace, HierarchicalSpace, Region


@register_search
@dataclass(kw_only=True)
class FixedConfig(SearchConfig):
    """One region: the given one, or the first that random_regions draws with the same seed.

    Attributes:
        cells: Texts of cells, D rows of K; None for a random region, which alone heeds ``candidates`` and ``match``.
    """

    name: str = "fixed"
    cells: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        rows = self.cells
        if rows is not None:
            if not (isinstance(rows, list) and all(isinstance(row, list) for row in rows)):
                raise ValueError(f"search.cells={rows} is no nested list; give one list of cell texts for each stage")
            Region.parse(rows)

    def build(self, space: HierarchicalSpace, *, seed: int) -> "OuterSearch":
        """Make the search; see :meth:`SearchConfig.build`."""
        if self.cells is not None:
            return FixedRegion(space, Region.parse(self.cells))
        self.check_candidates(space)
        drawn = RandomRegions(space, regions=1, candidates=self.candidates, match=self.match, seed=seed)
        return FixedRegion(space, drawn.ask())


class FixedRegion(OuterSearch):
    """Proposes one region, once: a study of ranks rather than a search.

    Args:
        space: The space that the region lies in.
        region: The region.

    Raises:
        ValueError: If the region does not lie in the space.
    """

    def __init__(self, space: HierarchicalSpace, region: Region) -> None:
        super().__init__(space, regions=1)
        if region.depth != space.depth:
            raise ValueError(
                f"search.cells has cells for {region.depth} stages; give them for each of {space.depth} (space.depth)"
            )
        for number, cells in enumerate(region.cells):
            for place, cell in enumerate(cells):
                if not contains(space.cell_space, cell):
                    raise ValueError(
                        f"search.cells: number {place} of stage {number}, {cell} in canonical form, is no cell of the "
                        "space; change it, space.vertices or space.ops"
                    )
        self._region = region

    def _propose(self) -> Region:
        return self._region

    def _learn(self, region: Region, stage_scores: NDArray[np.float64]) -> None:
        pass


def contains(source: CellSource, cell: Cell) -> bool:
    """Whether a cell is one of a space's."""
    if isinstance(source, CellSpace):
        ops = {op for _, _, op in cell.edges}
        return cell.block is None and cell.vertices in source.sizes and ops <= set(source.ops)
    return cell in source.cells()
