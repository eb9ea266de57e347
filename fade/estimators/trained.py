"""What all estimators share that train: the keys of their configuration, and how trainings become an estimate."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from fade.estimators.base import Estimate, Estimator, EstimatorConfig, Resources
from fade.estimators.readouts import READOUTS, Need, Readout, TrainingRecord
from fade.estimators.readouts.base import available
from fade.estimators.results import joined, mean_of_trainings
from fade.fields import option
from fade.space import Region
from fade.training.recipe import OPTIMIZERS, PRECISIONS, NetworkRecipe, design_size

if TYPE_CHECKING:
    from fade.data import Data
    from fade.estimators.predictor import EarlierRegion
    from fade.training.lookup import Wanted

TRANSFORMS = ("identity", "log", "ranks", "normal_scores", "auto")
RECORDED = (
    "stage_weights",
    "stage_weights_epochs",
    "training_effects_epochs",
    "epoch_seconds",
    "train_flops",
    "parameters",
    "memory",
    "validation_accuracy",
    "path_losses",
    "seconds",
)
"""Keys of a training's result that metrics.json has."""


@dataclass(kw_only=True)
class TrainedConfig(EstimatorConfig):
    """How networks are trained, and how the trainings of a region are read.

    Attributes:
        epochs: Passes over the split that trains the weights.
        repeats: Trainings of a region, each with a seed of its own; all that is read is the mean over them. They share
            the epochs out, rounded up, so that more of them train as long; but each is read, too.
        region_epochs: Passes of each; None is `epochs` / `repeats`, rounded up.
        batch_size: Examples a step.
        region_batch_size: Examples a step of a region's training, where it differs from that of networks; None is
            `batch_size`.
        optimizer: ``adam`` or ``sgd``, of the weights; α has Adam.
        lr: Learning rate of the weights at the start; it falls to `lr_end` along a half cosine.
        lr_end: Learning rate at the end.
        anneal: Whether it falls in a region's training, too; that of networks always does.
        momentum: Of SGD.
        weight_decay: Of the weights.
        readout: Which stage scores rank; the README's table of read-outs says what each reads.
        readout_options: Fields of a read-out of your own.
        earlier_runs: Folders of finished runs with truth=retrain, on the same data and in the same space; a linear
            model of cells is learned from the validation losses of their networks, for the read-outs with a predictor.
        readout_paths: One-hot paths whose losses and accuracies each training measures, in groups of K, so rounded up
            to a multiple of it; None is 4·D·K (8·D·K of ``independent_paths``), all where fewer. Effects of `pairs`
            want more.
        readout_transform: Of their losses before the fit: ``identity``, ``log``, ``ranks``, ``normal_scores`` (normal
            quantiles of the ranks), or ``auto``: of identity, log and normal scores that by which paths left out of the
            fit are ranked best. Of rates of errors likewise, but for log, which leaves these as they are.
        readout_pairs: Which stages ``pairs`` pairs: ``all``, or ``neighbours``, whose best paths are found exactly in
            any space.
        precision: ``32-true`` or ``bf16-mixed``.
    """

    trains = True
    paths_per_effect: ClassVar[int] = 4

    epochs: int = option(10, least=1)
    repeats: int = option(1, least=1)
    region_epochs: int | None = option(None, least=1)
    batch_size: int = option(100, least=2)
    region_batch_size: int | None = option(None, least=2)
    optimizer: str = option("adam", choices=OPTIMIZERS)
    lr: float = option(0.003, above=0, below=math.inf)
    lr_end: float = option(0.00003, least=0, below=math.inf)
    anneal: bool = True
    momentum: float = option(0.8, least=0, below=1)
    weight_decay: float = option(0.0, least=0, below=math.inf)
    readout: str = option("main_effects", choices=READOUTS.names)
    readout_options: dict[str, Any] = field(default_factory=dict)
    earlier_runs: list[str] = field(default_factory=list)
    readout_paths: int | None = option(None, least=1)
    readout_transform: str = option("identity", choices=TRANSFORMS)
    readout_pairs: str = option("all", choices=("neighbours", "all"))
    precision: str = option("32-true", choices=PRECISIONS)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.lr_end > self.lr:
            raise ValueError(f"trainer.lr_end={self.lr_end} exceeds trainer.lr={self.lr}; lower it")
        if not isinstance(self.earlier_runs, list) or not all(f and isinstance(f, str) for f in self.earlier_runs):
            raise ValueError(f"trainer.earlier_runs={self.earlier_runs} is no list of folders; give [folder, …], or []")
        self._check_readout()

    def provided(self) -> list[frozenset[Need]]:
        """What each kind of training of a region has for read-outs."""
        raise NotImplementedError

    @property
    def earlier(self) -> list[str]:
        """See `EstimatorConfig.earlier`."""
        return self.earlier_runs

    @property
    def chosen(self) -> type[Readout]:
        """The configured read-out."""
        return READOUTS[self.readout]

    def make_readout(self, name: str) -> Readout:
        """A read-out; the configured one with its options."""
        return READOUTS[name](**(self.readout_options if name == self.readout else {}))

    def _check_readout(self) -> None:
        others, chosen = [Need.EARLIER_RUNS] if self.earlier_runs else [], self.chosen
        fitting = [name for name, readout in READOUTS.items() if available(readout, self.provided(), others)]
        if self.readout not in fitting:
            missing = chosen.needs.difference(*self.provided(), others)
            what = " and ".join(sorted(need.value for need in missing)) or "all it reads from trainings of one kind"
            raise ValueError(
                f"trainer.readout={self.readout} needs {what}, which this trainer.name={self.name} does not give; use "
                f"one of {', '.join(fitting)}, or another trainer"
            )
        if self.aggregate == "log_sum" and not chosen.probabilities:
            fit = [name for name in fitting if READOUTS[name].probabilities]
            instead = f", or a read-out among {', '.join(fit)}" if fit else ""
            raise ValueError(
                f"trainer.aggregate=log_sum needs probabilities, which trainer.readout={self.readout} does not give; "
                f"use trainer.aggregate=mean{instead}"
            )
        try:
            self.make_readout(self.readout)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"trainer.readout_options={self.readout_options} does not fit trainer.readout={self.readout} "
                f"({error}); change it, or give {{}}"
            ) from error

    @property
    def network(self) -> NetworkRecipe:
        """See `EstimatorConfig.network`."""
        return NetworkRecipe(epochs=self.epochs, **self._shared(), batch_size=self.batch_size, lr_end=self.lr_end)

    @property
    def of_region(self) -> NetworkRecipe:
        """The recipe of one training of a region."""
        return NetworkRecipe(**self._of_region())

    def _shared(self) -> dict[str, Any]:
        keys = ("optimizer", "lr", "momentum", "weight_decay", "precision")
        return {key: getattr(self, key) for key in keys}

    def _of_region(self) -> dict[str, Any]:
        """The fields of `NetworkRecipe` of one training of a region."""
        return self._shared() | {
            "epochs": self.epochs_of_region,
            "batch_size": self.region_batch_size or self.batch_size,
            "lr_end": self.lr_end if self.anneal else self.lr,
        }

    @property
    def epochs_of_region(self) -> int:
        """Passes of one training of a region."""
        return self.region_epochs or math.ceil(self.epochs / self.repeats)

    def paths_read(self, region: Region) -> int:
        """How many one-hot paths each training measures."""
        return design_size(self.readout_paths, region.candidates, region.depth, per_effect=self.paths_per_effect)

    def check_region(self, region: Region) -> None:
        """See `EstimatorConfig.check_region`."""
        fewest = min(region.depth * region.candidates, region.size)
        if self.readout_paths is not None and region.candidates > 1 and self.paths_read(region) < fewest:
            raise ValueError(
                f"trainer.readout_paths={self.readout_paths} cannot tell the effects of {region.candidates} "
                f"candidates in each of {region.depth} stages; give at least {fewest}, or null"
            )

    def check_earlier(self, region: Region, earlier: Sequence[EarlierRegion]) -> None:
        """See `EstimatorConfig.check_earlier`."""
        if Need.EARLIER_RUNS not in self.chosen.needs:
            return
        from fade.estimators.predictor import without_networks_of

        if not without_networks_of(region, earlier):
            raise ValueError(
                f"trainer.readout={self.readout} learns from other regions, and trainer.earlier_runs="
                f"{self.earlier_runs} has networks of this region alone; give runs of others, or another read-out"
            )

    def check_data(self, data: Data) -> None:
        """See `EstimatorConfig.check_data`."""
        data.batches("weights", "alpha", batch_size=self.batch_size, seed=0, drop_last=True)
        size = self.region_batch_size or self.batch_size
        data.batches("weights", *(("alpha",) if self.one_split else ()), batch_size=size, seed=0, drop_last=True)

    @property
    def one_split(self) -> bool:
        """Whether the trainings of a region see weights and alpha together."""
        return True


class TrainedEstimator(Estimator):
    """An estimator that trains a region, once or several times, and reads what the trainings have recorded.

    Args:
        config: Its configuration.
        resources: With trainings.

    Attributes:
        kinds: Estimators of one kind of training each, whose results are read together; itself, where there is one.
    """

    def __init__(self, config: TrainedConfig, resources: Resources) -> None:
        self.kinds: Sequence[TrainedEstimator] = [self]
        assert resources.trainings is not None
        self.config, self.trainings, self.earlier = config, resources.trainings, resources.earlier

    def train(self, region: Region) -> dict[str, Any]:
        """The result of all trainings of a region, as one.

        Args:
            region: D stages of K candidates.

        Returns:
            JSON with ``train_flops``, ``seconds``, ``epoch_seconds``, ``readouts`` {name: [D][K]} of those that were
            measured, and what else was recorded, see `TrainingRecord`.
        """
        total = sum(kind.config.repeats for kind in self.kinds)
        numbers = (f", training {n} of {total}" if total > 1 else "" for n in range(1, total + 1))
        wanted = [
            [kind.wanted(region, repeat, next(numbers)) for repeat in range(kind.config.repeats)] for kind in self.kinds
        ]
        found = iter(self.trainings.look_up([one for kind in wanted for repeat in kind for one in repeat]))
        results = [
            [kind.result(region, [next(found)[1] for _ in repeat]) for repeat in repeats]
            for kind, repeats in zip(self.kinds, wanted, strict=True)
        ]
        return joined([mean_of_trainings(repeats) for repeats in results])

    @abstractmethod
    def wanted(self, region: Region, repeat: int, which: str) -> list[Wanted]:
        """What one training of a region is made of.

        Args:
            region: D stages of K candidates.
            repeat: Its number, from 0; each has a seed of its own.
            which: What to announce beside it.
        """

    @abstractmethod
    def result(self, region: Region, found: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """The result of one training of a region, as `train` returns it.

        Args:
            region: D stages of K candidates.
            found: The results of what was `wanted`.
        """

    def estimate(self, region: Region, index: int) -> Estimate:
        """See `Estimator.estimate`."""
        config, result = self.config, self.train(region)
        earlier = self._earlier(region)
        training = TrainingRecord(region, result, config, config.provided(), earlier)
        readouts = training.readings()
        chosen = readouts[config.readout]
        record: dict[str, Any] = {key: result[key] for key in RECORDED if key in result} | {"readout": config.readout}
        if earlier is not None:
            from fade.estimators.predictor import fingerprint

            record["earlier_runs"] = {
                "regions": len(earlier),
                "networks": sum(known.trainings for known in earlier),
                "fingerprint": fingerprint(earlier),
            }
        record |= {} if chosen.pair_scores is None else {"pair_scores": chosen.pair_scores}
        return Estimate(
            stage_scores=chosen.stage_scores,
            ranks=chosen.ranks(config.aggregate),
            readouts=readouts,
            record=record,
            train_flops=result["train_flops"],
            seconds=result["seconds"],
        )

    def _earlier(self, region: Region) -> list[EarlierRegion] | None:
        """What is known of other regions, without networks of this one, which must not rank themselves."""
        if not self.earlier:
            return None
        from fade.estimators.predictor import without_networks_of

        return without_networks_of(region, self.earlier)
