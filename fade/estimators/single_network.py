"""A region of one candidate a stage is a network: it is trained, and its validation accuracy is its score."""

from __future__ import annotations

from fade.estimators.base import Estimate, Estimator, Planned, Resources
from fade.estimators.trained import TrainedConfig
from fade.space import Region

READOUT = "validation_accuracy"


class SingleNetwork(Estimator):
    """Trains the one network of a region by the recipe of stand-alone networks; every stage has its accuracy.

    Args:
        config: Its recipe of stand-alone networks is used.
        resources: With trainings.
    """

    def __init__(self, config: TrainedConfig, resources: Resources) -> None:
        assert resources.trainings is not None
        self.recipe, self.trainings = config.network, resources.trainings

    def estimate(self, region: Region, index: int) -> Estimate:
        """See `Estimator.estimate`."""
        from fade.ranking import Reading
        from fade.training.cached import Networks

        architecture = region.architecture([0] * region.depth)
        ((network,),) = self.trainings.networks([Networks(architectures=[architecture], recipe=self.recipe, seed=0)])
        reading = Reading([[network["validation_accuracy"]]] * region.depth)
        keys = ("validation_accuracy", "parameters", "train_flops", "seconds")
        return Estimate(
            stage_scores=reading.stage_scores,
            ranks=reading.ranks(),
            readouts={READOUT: reading},
            record={"readout": READOUT} | {key: network[key] for key in keys},
            train_flops=network["train_flops"],
            seconds=network["seconds"],
        )

    def planned(self, region: Region) -> list[Planned]:
        """See `Estimator.planned`."""
        from fade.training.flops import all_paths_flops

        flops = all_paths_flops(region, self.recipe, self.trainings.layout, self.trainings.data)
        return [Planned("single networks", 1, flops, [region], self.recipe)]
