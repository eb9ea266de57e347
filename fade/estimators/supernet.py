"""The paper's estimator: a region's hyper-architecture is trained once, and read."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fade.estimators.base import ESTIMATORS, Estimator, Planned, Resources
from fade.estimators.readouts import READOUTS, MeasuredReadout, Need, Readout
from fade.estimators.trained import TrainedConfig, TrainedEstimator
from fade.fields import option
from fade.seeds import subseed
from fade.source_text import source_fingerprint
from fade.space import Region
from fade.training.recipe import MIXINGS, RegionRecipe
from fade.training.steps import MODES

if TYPE_CHECKING:
    from fade.nets.config import SpaceConfig
    from fade.training.fit import Report
    from fade.training.lookup import Wanted
    from fade.training.region import RegionTrainer, TrainedRegion

READING_VERSION = 3
"""Raised by hand whenever a change of code changes what is measured of a trained region, but not its training."""


@dataclass(kw_only=True)
class SupernetConfig(TrainedConfig):
    """A region's hyper-architecture is trained, once or several times, and read.

    Attributes:
        name: ``joint`` (one loss for weights and α), ``first_order`` (alternating, α on the alpha split),
            ``second_order`` (DARTS) or ``fair`` (each step trains K disjoint paths).
        fair_repeats: Trainings of a region by ``fair`` without α, beside the others and as long as each of those, read
            by ``training_effects`` alone, for the ``consensus`` of both kinds.
        alpha_lr: Learning rate of α; in ``fair`` 0 leaves α out, and the weights train on weights and alpha together.
        alpha_warmup: Fraction of the epochs before α moves.
        mixing: ``softmax``, ``gumbel`` or ``gumbel_hard`` (straight-through).
        temperature: Of the Gumbel-softmax at the start.
        temperature_end: At the end; it moves geometrically, from step to step.
        candidate_dropout: Probability that a step leaves a candidate out.
        share_weights: Candidates of a stage share one set of weights per vertex pair and op.
        checkpoint_activations: The backward pass of a region's training computes each stage's activations again, in
            place of keeping them: one forward pass more a step, for regions that do not fit into memory.
        all_readouts: Whether a training is read in every way; or by `readout` alone and what takes no pass over
            validation data, which can halve the time.
        readout_window: Fraction of the epochs, the last ones, whose mean ``weights_mean`` and ``training_effects`` are;
            these weigh each epoch by its learning rate.
    """

    name: str = option("joint", choices=MODES.names)
    fair_repeats: int = option(0, least=0)
    alpha_lr: float = option(0.01, least=0, below=float("inf"))
    alpha_warmup: float = option(0.0, least=0, below=1)
    mixing: str = option("softmax", choices=MIXINGS)
    temperature: float = option(1.0, above=0, below=float("inf"))
    temperature_end: float = option(1.0, above=0, below=float("inf"))
    candidate_dropout: float = option(0.0, least=0, below=1)
    share_weights: bool = False
    checkpoint_activations: bool = False
    readout: str = option("weights", choices=READOUTS.names)
    all_readouts: bool = False
    readout_window: float = option(1.0, above=0, most=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.fair_repeats and MODES[self.name].trains_paths:
            raise ValueError(
                f"trainer.fair_repeats={self.fair_repeats} adds fair trainings to those of a mixture, and "
                f"trainer.name={self.name} has none; use trainer.fair_repeats=0, with more trainer.repeats"
            )
        if self.fair_repeats and not self.all_readouts and Need.FAIR_LOSSES not in self.chosen.needs | self.chosen.uses:
            raise ValueError(
                f"trainer.fair_repeats={self.fair_repeats} adds trainings that trainer.readout={self.readout} does not "
                "read; use trainer.fair_repeats=0, or trainer.readout=consensus"
            )
        epochs = self.epochs_of_region
        if self.learns_alpha and self.alpha_warmup > (latest := (epochs - 1) / epochs):
            keys = ("region_epochs",) if self.region_epochs else ("epochs", "repeats")
            cause = ", ".join(f"trainer.{key}={getattr(self, key)}" for key in keys)
            raise ValueError(
                f"trainer.alpha_warmup={self.alpha_warmup} leaves α none of the {epochs} epochs of one training (of "
                f"{cause}); lower it to at most {int(100 * latest) / 100}"
            )
        if not self.learns_alpha and MODES[self.name].needs_alpha:
            raise ValueError(f"trainer.alpha_lr=0 leaves trainer.name={self.name} without α; give a positive rate")

    @property
    def learns_alpha(self) -> bool:
        """Whether the training has an α."""
        return self.alpha_lr > 0

    def provided(self) -> list[frozenset[Need]]:
        """See `TrainedConfig.provided`."""
        own = {Need.NETWORK, Need.PATH_LOSSES}
        own |= {Need.ALPHA} if self.learns_alpha else set()
        own |= {Need.FAIR_LOSSES} if MODES[self.name].trains_paths else set()
        return [frozenset(own), *([frozenset({Need.FAIR_LOSSES})] if self.fair_repeats else [])]

    @property
    def measured(self) -> dict[str, type[MeasuredReadout]]:
        """The read-outs that are measured on the trained hyper-architecture."""
        found = {name: readout for name, readout in READOUTS.items() if issubclass(readout, MeasuredReadout)}
        wanted = self.all_readouts
        return {name: one for name, one in found.items() if wanted or not one.passes or name == self.readout}

    @property
    def of_region(self) -> RegionRecipe:
        """See `TrainedConfig.of_region`."""
        keys = ("alpha_lr", "alpha_warmup", "mixing", "temperature", "temperature_end", "candidate_dropout")
        passes = tuple(name for name, one in self.measured.items() if one.passes)
        return RegionRecipe(
            **self._of_region(),
            **{key: getattr(self, key) for key in keys},
            mode=self.name,
            share_weights=self.share_weights,
            checkpoint_activations=self.checkpoint_activations,
            measures=None if self.all_readouts else passes,
            measures_paths=self.all_readouts or Need.PATH_LOSSES in self.chosen.needs,
            paths=self.readout_paths,
        )

    @property
    def kinds(self) -> list[SupernetConfig]:
        """The configurations of a region's trainings, each with its `repeats`: its own, and the fair ones beside them.

        The latter is ``trainer=fair`` read by ``training_effects`` alone, whose trainings are found again.
        """
        own: dict[str, Any] = {"repeats": self.fair_repeats, "region_epochs": self.epochs_of_region, "fair_repeats": 0}
        fair: dict[str, Any] = {"name": "fair", "alpha_lr": 0.0, "alpha_warmup": 0.0}
        read: dict[str, Any] = {"readout": "training_effects", "all_readouts": False, "aggregate": "mean"}
        more: dict[str, Any] = {"readout_paths": None, "readout_options": {}}
        return [self, *([replace(self, **own, **fair, **read, **more)] if self.fair_repeats else [])]

    @property
    def one_split(self) -> bool:
        """See `TrainedConfig.one_split`."""
        return MODES[self.name].one_split or not self.learns_alpha

    def check_region(self, region: Region) -> None:
        """See `EstimatorConfig.check_region`."""
        if self.of_region.measures_paths:
            super().check_region(region)

    def check_space(self, space: SpaceConfig) -> None:
        """See `EstimatorConfig.check_space`."""
        if self.share_weights and space.name == "nas_bench_macro":
            raise ValueError(
                "trainer.share_weights=true shares weights between edges, and the blocks of space=nas_bench_macro have "
                "none; use trainer.share_weights=false, or another space"
            )

    def described(self) -> str:
        """See `EstimatorConfig.described`."""
        return ", ".join(f"{kind.repeats} × {kind.of_region.length} {kind.name}" for kind in self.kinds)

    def build(self, resources: Resources) -> Estimator:
        """See `EstimatorConfig.build`; a region of one candidate a stage is a single network."""
        from fade.estimators.consensus import Consensus
        from fade.estimators.single_network import SingleNetwork

        if resources.candidates == 1:
            return SingleNetwork(self, resources)
        return Consensus(self, resources) if self.fair_repeats else Supernet(self, resources)


ESTIMATORS.register(SupernetConfig, "supernet")  # of which each mode is an option


def default_trainer() -> SupernetConfig:
    """The recipe of a study that names none: the one that ranked best on development data."""
    return SupernetConfig(repeats=3, fair_repeats=3, region_batch_size=50, anneal=False, readout="consensus")


class Supernet(TrainedEstimator):
    """Trains the hyper-architecture of a region `repeats` times, each with a seed of its own."""

    config: SupernetConfig

    def planned(self, region: Region) -> list[Planned]:
        """See `Estimator.planned`."""
        from fade.training.flops import planned_region_flops

        recipe, trainings = self.config.of_region, self.trainings
        flops = planned_region_flops(region, recipe, trainings.layout, trainings.data, self._passes(region))
        return [Planned(f"regions, {self.config.name}", self.config.repeats, flops, [region], recipe)]

    def _passes(self, region: Region) -> int:
        """Passes over the validation split that read-outs take."""
        return region.depth * region.candidates * sum(readout.passes for readout in self.config.measured.values())

    def wanted(self, region: Region, repeat: int, which: str) -> list[Wanted]:
        """See `TrainedEstimator.wanted`."""
        from fade.training.lookup import Wanted

        more: dict[str, Any] = {"reading_version": READING_VERSION}
        if repeat:  # so that one training more finds those there are
            more["repeat"] = repeat
        users = {name: one for name, one in self.config.measured.items() if not READOUTS.is_ours(name)}
        if users:
            options = {self.config.readout: self.config.readout_options}
            more["readouts"] = {name: [source_fingerprint(one), options.get(name, {})] for name, one in users.items()}
        return [
            Wanted(
                kind="region",
                recipe=self.config.of_region.request(),
                cells=region.texts,
                seed=self.trainings.seed,
                compute=partial(self._compute, region, repeat),
                what=f"region of {region.depth} × {region.candidates} cells{which}",
                more=more,
            )
        ]

    def _compute(
        self, region: Region, repeat: int, checkpoint: Path, report: Report | None
    ) -> tuple[dict[str, Any], None]:
        from fade.training.flops import region_flops
        from fade.training.region import train_region

        start, seed = time.perf_counter(), self.trainings.seed
        module, trained = train_region(
            region,
            self.config.of_region,
            self.trainings.layout,
            self.trainings.data,
            seed=subseed(seed, "repeat", repeat) if repeat else seed,
            readout_seed=seed,
            checkpoint=checkpoint,
            report=report,
        )
        result = measure(module, trained, {name: self.config.make_readout(name) for name in self.config.measured})
        result["train_flops"] = region_flops(module, self._passes(region))
        return result | {"seconds": time.perf_counter() - start}, None

    def result(self, region: Region, found: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """See `TrainedEstimator.result`."""
        return found[0]


def measure(module: RegionTrainer, trained: TrainedRegion, readouts: Mapping[str, Readout]) -> dict[str, Any]:
    """What a training of a region has recorded, and what is measured of the trained hyper-architecture, as JSON.

    Args:
        module: After its training.
        trained: What it trained.
        readouts: What to measure, `MeasuredReadout`s.

    Returns:
        stage_weights [D][K] and stage_weights_epochs [E][D][K] (where α is learnt), training_effects_epochs [E][D][K]
        (of modes that train paths), readouts {name: [D][K]}, path_losses {paths [P][D], losses [P], accuracies [P]}
        (where measured), validation_accuracy, parameters, memory (bytes at the peak of a step, where one was measured),
        epoch_seconds [E].
    """
    from fade.training.evaluate import reading_precision

    recipe = trained.recipe
    with reading_precision(recipe.precision, trained.data.device):
        scores = {name: each.measure(trained) for name, each in readouts.items() if isinstance(each, MeasuredReadout)}
        accuracy = trained.accuracy()
        paths = trained.sampled_paths if recipe.measures_paths else None
    result: dict[str, Any] = {
        "readouts": {name: each.tolist() for name, each in scores.items() if each is not None},
        "validation_accuracy": accuracy,
        "parameters": sum(p.numel() for p in trained.network.parameters()),
        "epoch_seconds": module.epoch_seconds,
    }
    if module.memory is not None:
        result["memory"] = module.memory
    if paths is not None:
        names = ("paths", "losses", "accuracies")
        result["path_losses"] = {name: values.tolist() for name, values in zip(names, paths, strict=True)}
    if module.training_effects_epochs:
        result["training_effects_epochs"] = module.training_effects_epochs
    if module.alphas:
        result["stage_weights"] = trained.stage_weights.tolist()
        result["stage_weights_epochs"] = module.stage_weights_epochs
    return result
