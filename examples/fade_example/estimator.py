"""An estimator that trains nothing: it counts a property of the cells."""

from dataclasses import dataclass

from fade.estimators import Estimate, Estimator, EstimatorConfig, Resources, register_estimator
from fade.fields import option
from fade.space import PROPERTIES, Region


@register_estimator
@dataclass(kw_only=True)
class CountsConfig(EstimatorConfig):
    """Candidates are scored by a count that costs nothing.

    Attributes:
        name: ``counts``.
        count: What is counted: sinks, edges or depth.
    """

    name: str = "counts"
    count: str = option("sinks", choices=tuple(PROPERTIES))

    def build(self, resources: Resources) -> Estimator:
        """See `EstimatorConfig.build`."""
        return Counts(self)


class Counts(Estimator):
    """More is better."""

    def __init__(self, config: CountsConfig) -> None:
        self.config = config

    def estimate(self, region: Region, index: int) -> Estimate:
        """See `Estimator.estimate`."""
        from fade.ranking import PathRanks

        count = PROPERTIES[self.config.count]
        scores = [[float(count(cell)) for cell in stage] for stage in region.cells]
        return Estimate(stage_scores=scores, ranks=PathRanks(scores, self.config.aggregate))
