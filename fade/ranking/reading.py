"""What a read-out says of a region: stage scores, and what joins them along a path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fade.ranking.paths import PathRanks

Table = list[Any]
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Reading:
    """The scores of one read-out, as JSON.

    Attributes:
        stage_scores: ``[D][K]``, higher is better.
        pair_scores: ``[D][D][K][K]`` at [d][e > d], which join the stage scores along a path; None without any.
        fit: Where the scores are fitted to path losses, how well the fit predicts a path that is left out: ``r2`` of
            the transformed losses, ``spearman`` of the losses; None where undefined. Of ``main_effects``, how additive
            the region is. And the ``transform``, and the ``strength`` of the pairs (see
            `fade.ranking.pair_effects.Effects`).
    """

    stage_scores: Table
    pair_scores: Table | None = None
    fit: dict[str, Any] | None = None

    def ranks(self, aggregate: str = "mean") -> PathRanks:
        """The ranks of all paths."""
        return PathRanks(self.stage_scores, aggregate, pair_scores=self.pair_scores)

    def as_dict(self) -> dict[str, Any]:
        """For metrics.json; without the pair scores, D² K² numbers that follow from the path losses."""
        return {"stage_scores": self.stage_scores} | ({} if self.fit is None else {"fit": self.fit})


def standardised(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores ``[D, K]`` shifted and scaled so that their sums along all K^D paths have mean 0 and variance 1.

    Zero where all are alike but for rounding, which must not become an opinion.
    """
    centred: NDArray[np.float64] = scores - scores.mean(1, keepdims=True)
    unit = spread(centred)
    return centred / unit if unit > _ROUNDING else np.zeros_like(centred)


def spread(scores: NDArray[np.float64]) -> float:
    """Standard deviation of the sums of scores ``[D, K]`` along all K^D paths."""
    return float(np.sqrt(scores.var(1).sum()))
