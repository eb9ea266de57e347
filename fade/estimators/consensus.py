"""The default estimator: trainings of the mixture and, beside them, fair ones, which know other things of a region."""

from __future__ import annotations

from collections.abc import Sequence

from fade.estimators.base import Resources
from fade.estimators.supernet import Supernet, SupernetConfig
from fade.estimators.trained import TrainedEstimator


class Consensus(Supernet):
    """Trains a region by each of the configuration's kinds, and reads them together.

    Args:
        config: With `fair_repeats`.
        resources: See `TrainedEstimator`.
    """

    def __init__(self, config: SupernetConfig, resources: Resources) -> None:
        super().__init__(config, resources)
        self._kinds = [Supernet(kind, resources) for kind in config.kinds]

    @property
    def kinds(self) -> Sequence[TrainedEstimator]:
        """See `TrainedEstimator.kinds`; of each key of a result the first kind that has it counts."""
        return self._kinds
