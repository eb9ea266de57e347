"""Regions without a search distribution."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fade.fields import option
from fade.search.base import OuterSearch
from fade.search.config import SearchConfig, register_search
from fade.seeds import subseed
from fade.space import HierarchicalSpace, Region


@register_search
@dataclass(kw_only=True)
class RandomRegionsConfig(SearchConfig):
    """Regions drawn from the space itself, FaDE without a search distribution.

    Attributes:
        regions: The number of iterations.
    """

    name: str = "random_regions"
    regions: int = option(4, least=1)

    def build(self, space: HierarchicalSpace, *, seed: int) -> "OuterSearch":
        """Make the search; see :meth:`SearchConfig.build`."""
        self.check_candidates(space)
        return RandomRegions(space, regions=self.regions, candidates=self.candidates, match=self.match, seed=seed)


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
