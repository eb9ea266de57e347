"""The interface of the outer searches: ask for a region, tell its stage scores."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fade.space import Cell, HierarchicalSpace, Region


class OuterSearch(ABC):
    """Proposes regions and learns from the scores inside them.

    A deterministic function of the space, its settings, the seed and what it was told. Scores of different regions are
    never compared. A search on single networks proposes regions with one candidate a stage.

    ```
    while not search.done:
        region = search.ask()
        search.tell(region, stage_scores(region))
    ```

    Args:
        space: The space that regions are drawn from.
        regions: How many regions to propose.
    """

    def __init__(self, space: HierarchicalSpace, *, regions: int) -> None:
        self.space = space
        self.regions = regions
        self.told = 0
        self._pending: Region | None = None

    @property
    def done(self) -> bool:
        """Whether no more regions are wanted."""
        return self.told >= self.regions

    def ask(self) -> Region:
        """Return the next region; the same one until it has been told.

        Raises:
            RuntimeError: If the search is done.
        """
        if self._pending is None:
            if self.done:
                raise RuntimeError(f"the search is done after {self.told} regions; look at `done` before `ask`")
            self._pending = self._propose()
        return self._pending

    def tell(self, region: Region, stage_scores: ArrayLike) -> None:
        """Learn the scores of the region that was asked.

        Args:
            region: What :meth:`ask` returned.
            stage_scores: Finite scores ``[D, K]``, higher is better, comparable within a stage only.

        Raises:
            ValueError: If the region was not asked, or the scores have another shape or are not finite.
        """
        asked = self._pending
        if asked is None or region.texts != asked.texts:
            raise ValueError(f"tell: the region {region.texts} was not asked; tell the region that `ask` returned")
        scores = np.array(stage_scores, dtype=np.float64)
        if scores.shape != (asked.depth, asked.candidates):
            raise ValueError(
                f"tell: stage_scores of shape {scores.shape}; give a score for each candidate of each stage, "
                f"{(asked.depth, asked.candidates)}"
            )
        if not np.isfinite(scores).all():
            raise ValueError(
                f"tell: stage_scores {scores.tolist()} are not all finite; a failed training needs a score, too"
            )
        self._learn(asked, scores)
        self._pending = None
        self.told += 1

    def mode(self) -> tuple[Cell, ...] | None:
        """The search's own belief of the best architecture, one cell a stage; None where it has none."""
        return None

    def trajectory_point(self) -> dict[str, Any]:
        """What a curve over the regions shows of the search's state, as JSON."""
        return {}

    @abstractmethod
    def _propose(self) -> Region:
        """Draw region number ``told``."""

    @abstractmethod
    def _learn(self, region: Region, stage_scores: NDArray[np.float64]) -> None:
        """Learn valid ``stage_scores`` ``[D, K]`` of the region last proposed."""
