"""An outer search: the best cell of each stage stays, the others are drawn anew."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from fade.fields import option
from fade.search import OuterSearch, SearchConfig, register_search
from fade.seeds import subseed
from fade.space import Cell, HierarchicalSpace, Region


@register_search
@dataclass(kw_only=True)
class KeepBestConfig(SearchConfig):
    """The best cell of each stage stays in the next region, the others are drawn anew.

    Attributes:
        name: ``keep_best``.
        regions: The number of iterations.
    """

    least_candidates: ClassVar[int] = 2

    name: str = "keep_best"
    regions: int = option(4, least=1)

    def build(self, space: HierarchicalSpace, *, seed: int) -> OuterSearch:
        """See `SearchConfig.build`."""
        self.check_candidates(space)
        return KeepBest(space, regions=self.regions, candidates=self.candidates, match=self.match, seed=seed)


class KeepBest(OuterSearch):
    """Remembers one cell a stage.

    Args:
        space: The space that regions are drawn from.
        regions: How many regions to propose.
        candidates: K, the number of cells a stage.
        match: Properties equal within a stage.
        seed: All chance derives from it.
    """

    def __init__(self, space: HierarchicalSpace, *, regions: int, candidates: int, match: list[str], seed: int) -> None:
        super().__init__(space, regions=regions)
        self._candidates, self._match, self._seed = candidates, tuple(match), seed
        self._best: list[Cell] = []

    def mode(self) -> tuple[Cell, ...] | None:
        """The best cells so far; None before the first region."""
        return tuple(self._best) or None

    def _propose(self) -> Region:
        rng = np.random.default_rng(subseed(self._seed, "region", self.told))
        drawn = self.space.sample_region(rng, self._candidates, match=self._match)
        if self._match or not self._best:  # a cell that stays need not match the new ones
            return drawn
        stages = zip(self._best, drawn.cells, strict=True)
        return Region([list(dict.fromkeys([best, *cells]))[: self._candidates] for best, cells in stages])

    def _learn(self, region: Region, stage_scores: NDArray[np.float64]) -> None:
        self._best = [cells[k] for cells, k in zip(region.cells, stage_scores.argmax(1), strict=True)]
