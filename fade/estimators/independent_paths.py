"""The control that mixes nothing: paths of a balanced design, each trained as a network of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fade.estimators.base import Estimator, Planned, Resources, register_estimator
from fade.estimators.readouts import READOUTS, Need
from fade.estimators.trained import TrainedConfig, TrainedEstimator
from fade.fields import option
from fade.seeds import subseed
from fade.space import Region
from fade.training.recipe import NetworkRecipe

if TYPE_CHECKING:
    from fade.training.lookup import Wanted

_SEED = "apart"
"""Names the seed of these trainings; another name would give other numbers."""


@register_estimator
@dataclass(kw_only=True)
class IndependentPathsConfig(TrainedConfig):
    """No hyper-architecture: the paths of a balanced design train independently, each a network of its own.

    Attributes:
        name: ``independent_paths``.
        region_steps: Steps of each network; None is its epochs.
    """

    paths_per_effect = 8

    name: str = option("independent_paths", choices=("independent_paths",))
    region_steps: int | None = option(None, least=1)
    readout: str = option("accuracy_effects", choices=READOUTS.names)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.region_steps is not None and self.region_epochs is not None:
            raise ValueError(
                f"trainer.region_epochs={self.region_epochs} and trainer.region_steps={self.region_steps} both say how "
                "long a training is; set one of them to null"
            )

    def provided(self) -> list[frozenset[Need]]:
        """See `TrainedConfig.provided`."""
        return [frozenset({Need.PATH_LOSSES})]

    @property
    def of_region(self) -> NetworkRecipe:
        """See `TrainedConfig.of_region`."""
        return replace(super().of_region, steps=self.region_steps)

    def described(self) -> str:
        """See `EstimatorConfig.described`."""
        return f"{self.repeats} × {self.of_region.length} {self.name}"

    def build(self, resources: Resources) -> Estimator:
        """See `EstimatorConfig.build`; a region of one candidate a stage is a single network."""
        from fade.estimators.single_network import SingleNetwork

        return SingleNetwork(self, resources) if resources.candidates == 1 else IndependentPaths(self, resources)


class IndependentPaths(TrainedEstimator):
    """Trains sampled paths of a region as networks, in chunks, each stored as soon as it is done."""

    config: IndependentPathsConfig

    def planned(self, region: Region) -> list[Planned]:
        """See `Estimator.planned`; the design is drawn later, so these are as many mean paths."""
        from fade.training.cached import chunk_size
        from fade.training.flops import mean_path_flops, steps_an_epoch

        layout, data, recipe, paths = (
            self.trainings.layout,
            self.trainings.data,
            self.config.of_region,
            self.config.paths_read(region),
        )
        examples = (recipe.steps or recipe.epochs * steps_an_epoch(recipe, data)) * recipe.batch_size
        flops = int(paths * (3 * examples + data.sizes["validation"]) * mean_path_flops(region, layout))
        network = Region([[stage[0]] for stage in region.cells])
        beside = min(chunk_size(paths, layout.dims, data.device), paths)
        parts = -(-paths // beside)
        return [Planned(f"regions, {self.config.name}", self.config.repeats, flops, [network] * beside, recipe, parts)]

    def wanted(self, region: Region, repeat: int, which: str) -> list[Wanted]:
        """See `TrainedEstimator.wanted`."""
        return self.trainings.wanted_paths(
            [region.architecture(path) for path in self._paths(region)],
            self.config.of_region,
            seed=subseed(self.trainings.seed, _SEED, repeat),
            repeat=repeat,
            which=which,
        )

    def result(self, region: Region, found: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """See `TrainedEstimator.result`."""
        read = {name: [value for result in found for value in result[name]] for name in ("losses", "accuracies")}
        return {
            "readouts": {},
            "path_losses": {"paths": self._paths(region), **read},
            "train_flops": sum(sum(result["train_flops"]) for result in found),
            "epoch_seconds": [],
            "seconds": sum(result["seconds"] for result in found),
        }

    def _paths(self, region: Region) -> list[list[int]]:
        from fade.training.region import sampled_paths

        seed = subseed(self.trainings.seed, "readout")
        size = self.config.paths_read(region)
        paths: list[list[int]] = sampled_paths(size, region.candidates, region.depth, seed).tolist()
        return paths
