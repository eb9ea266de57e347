"""The default estimator: trainings of the mixture and, beside them, fair ones, which know other things of a region."""

from __future__ import annotations

from typing import Any

from fade.estimators.base import Planned, Resources
from fade.estimators.results import joined
from fade.estimators.supernet import Supernet, SupernetConfig
from fade.estimators.trained import TrainedEstimator
from fade.space import Region


class Consensus(TrainedEstimator):
    """Trains a region by each of the configuration's kinds, and reads them together.

    Args:
        config: With `fair_repeats`.
        resources: See `TrainedEstimator`.
    """

    def __init__(self, config: SupernetConfig, resources: Resources) -> None:
        super().__init__(config, resources)
        self.kinds = [Supernet(kind, resources) for kind in config.kinds]

    def train(self, region: Region, *, first: int = 1, total: int | None = None) -> dict[str, Any]:
        """See `TrainedEstimator.train`; of each key the first kind that has it."""
        total, results = total or sum(kind.config.repeats for kind in self.kinds), []
        for kind in self.kinds:
            results.append(kind.train(region, first=first, total=total))
            first += kind.config.repeats
        return joined(results)

    def train_once(self, region: Region, repeat: int, which: str) -> dict[str, Any]:
        """One training of each kind that has so many."""
        return joined([kind.train_once(region, repeat, which) for kind in self.kinds if repeat < kind.config.repeats])

    def planned(self, region: Region) -> list[Planned]:
        """See `Estimator.planned`."""
        return [training for kind in self.kinds for training in kind.planned(region)]
