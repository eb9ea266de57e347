"""No training: stage scores from a landscape with a known optimum, to study searches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fade.estimators.base import Estimate, Estimator, EstimatorConfig, Resources, register_estimator
from fade.fields import option
from fade.seeds import subseed
from fade.space import Cell, Region

if TYPE_CHECKING:
    from fade.estimators.landscape import AdditiveLandscape
    from fade.nets.config import SpaceConfig


@register_estimator
@dataclass(kw_only=True)
class SyntheticConfig(EstimatorConfig):
    """No training: stage scores from an additive landscape with a known optimum, to study searches.

    Attributes:
        name: ``synthetic``.
        rank_correlation: Expected Spearman correlation, in [0, 1], of the stage scores with the true ones.
        aggregate: How stage scores make a path's score: ``mean``.
    """

    knows_truth = True

    name: str = option("synthetic", choices=("synthetic",))
    rank_correlation: float = option(1.0, least=0, most=1)
    aggregate: str = option("mean", choices=("mean",))

    def check_space(self, space: SpaceConfig) -> None:
        """See `EstimatorConfig.check_space`."""
        if space.name == "nas_bench_macro":
            raise ValueError(
                "trainer=synthetic scores the edges of graphs, and space=nas_bench_macro lists blocks; "
                "use another space, or another trainer"
            )

    def build(self, resources: Resources) -> Estimator:
        """See `EstimatorConfig.build`."""
        from fade.estimators.landscape import AdditiveLandscape

        landscape = AdditiveLandscape(resources.space, resources.seed_of("landscape"))
        return Synthetic(self, landscape, resources.seed_of("training"))


@dataclass(frozen=True)
class Synthetic(Estimator):
    """Reads a landscape whose truth is known, at a given correlation."""

    config: SyntheticConfig
    landscape: AdditiveLandscape
    seed: int

    def estimate(self, region: Region, index: int) -> Estimate:
        """See `Estimator.estimate`."""
        import numpy as np

        from fade.ranking import PathRanks

        rng = np.random.default_rng(subseed(self.seed, "readout", index))
        scores = self.landscape.noisy_stage_scores(region, self.config.rank_correlation, rng).tolist()
        return Estimate(
            stage_scores=scores,
            ranks=PathRanks(scores, self.config.aggregate),
            true_scores=self.landscape.stage_scores(region).tolist(),
        )

    def accuracy(self, cells: Sequence[Cell]) -> float:
        """See `Estimator.accuracy`."""
        return self.landscape.accuracy(cells)
