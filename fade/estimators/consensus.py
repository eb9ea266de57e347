"""The default estimator: trainings of the mixture and, beside them, fair ones, which know other things of a region."""

from __future__ import annotations

from fade.estimators.base import Planned, Resources
from fade.estimators.supernet import Supernet, SupernetConfig
from fade.space import Region


class Consensus(Supernet):
    """Trains a region by each of the configuration's kinds, and reads them together.

    Args:
        config: With `fair_repeats`.
        resources: See `TrainedEstimator`.
    """

    def __init__(self, config: SupernetConfig, resources: Resources) -> None:
        super().__init__(config, resources)
        # Of each key of a result the first kind that has it counts.
        self.kinds = [Supernet(kind, resources) for kind in config.kinds]

    def planned(self, region: Region) -> list[Planned]:
        """See `Estimator.planned`."""
        return [training for kind in self.kinds for training in kind.planned(region)]
