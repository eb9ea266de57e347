"""Regions without a search distribution."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fade.search.base import OuterSearch
from fade.seeds import subseed
from fade.space import HierarchicalSpace, Region


class RandomRegions(OuterSearch):
    """FaDE without θ: every region is drawn from the space itself, whatever was told before.

    Args:
        space: The space that regions are drawn from.
        regions: How many regions to propose.
        candidates: K, the number of cells a stage.
        match: Properties equal within a stage, out of sinks, edges and depth.
        seed: Region t is a function of the seed and t alone.
    """

    def __init__(
        self, space: HierarchicalSpace, *, regions: int, candidates: int, match: Sequence[str] = (), seed: int
    ) -> None:
        super().__init__(space, regions=regions)
        self._candidates = candidates
        self._match = tuple(match)
        self._seed = seed

    def _propose(self) -> Region:
        rng = np.random.default_rng(subseed(self._seed, "region", self.told))
        return self.space.sample_region(rng, self._candidates, match=self._match)

    def _learn(self, region: Region, stage_scores: NDArray[np.float64]) -> None:
        pass
