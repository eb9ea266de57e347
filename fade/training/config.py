"""Configuration of the training of regions and of stand-alone networks."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

MODES = ("joint", "first_order", "second_order", "fair", "apart")
MIXINGS = ("softmax", "gumbel", "gumbel_hard")
OPTIMIZERS = ("adam", "sgd")
PRECISIONS = ("32-true", "bf16-mixed")
EPOCH_READOUTS = ("weights_mean", "training_effects")
"""Read-outs of what a training records."""
PATH_READOUTS = ("main_effects", "accuracy_effects", "pairs")
"""Read-outs of the validation losses and accuracies of one-hot paths."""
JOINED_READOUTS = ("training_pairs", "consensus")
"""Read-outs of both."""
TOLD_READOUTS = ("elsewhere", "informed")
"""Read-outs that other regions have a say in."""
READOUTS = ("weights", "alone", "leave_one_out", *EPOCH_READOUTS, *PATH_READOUTS, *JOINED_READOUTS, *TOLD_READOUTS)
READOUT_TRANSFORMS = ("identity", "log", "ranks", "normal_scores", "auto")
READOUT_PAIRS = ("neighbours", "all")
AGGREGATES = ("mean", "log_sum")
PROBABILITIES = ("weights", "weights_mean")
"""The read-outs whose stage scores are probabilities."""


def one_of(key: str, value: object, choices: tuple[str, ...]) -> None:
    """Raise a ValueError that names the key unless the value is among the choices."""
    if value not in choices:
        raise ValueError(f"{key}={value} is unknown; choose from {', '.join(choices)}")


@dataclass(kw_only=True)
class TrainerConfig:
    """How a region is trained, and read.

    Attributes:
        name: ``joint`` (one loss for weights and α), ``first_order`` (alternating, α on the alpha split),
            ``second_order`` (DARTS), ``fair`` (each step trains K disjoint paths) or ``apart`` (no hyper-architecture:
            the paths of a balanced design, each a network of its own that trains for `region_steps`).
        epochs: Passes over the split that trains the weights.
        repeats: Trainings of a region, each with a seed of its own; all that is read is the mean over them. They share
            the epochs out, rounded up, so that more of them train as long; but each is read, too.
        fair_repeats: Trainings of a region by ``fair`` without α, beside the others and as long as each of those, read
            by ``training_effects`` alone, for the ``consensus`` of both kinds.
        region_epochs: Passes of each; None is `epochs` / `repeats`, rounded up.
        region_steps: Steps of each network of ``apart``; None is its epochs.
        batch_size: Examples a step.
        region_batch_size: Examples a step of a region's training, where it differs from that of networks; None is
            `batch_size`.
        optimizer: ``adam`` or ``sgd``, of the weights; α has Adam.
        lr: Learning rate of the weights at the start; it falls to `lr_end` along a half cosine.
        lr_end: Learning rate at the end.
        anneal: Whether it falls in a region's training, too; that of networks always does.
        momentum: Of SGD.
        weight_decay: Of the weights.
        alpha_lr: Learning rate of α; in ``fair`` 0 leaves α out, and the weights train on weights and alpha together.
        alpha_warmup: Fraction of the epochs before α moves.
        mixing: ``softmax``, ``gumbel`` or ``gumbel_hard`` (straight-through).
        temperature: Of the Gumbel-softmax at the start.
        temperature_end: At the end; it moves geometrically, from step to step.
        candidate_dropout: Probability that a step leaves a candidate out.
        share_weights: Candidates of a stage share one set of weights per vertex pair and op.
        readout: Which stage scores rank: ``weights``, ``weights_mean``, ``alone``, ``leave_one_out``,
            ``training_effects`` (of ``fair``: main effects on the losses in training), ``main_effects``,
            ``accuracy_effects`` (the same of accuracies in place of losses), ``pairs`` (main effects and shrunken
            effects of pairs of stages; a search is told the main effects), ``training_pairs`` (of ``fair``:
            ``training_effects`` and a share of those of pairs) or ``consensus`` (log ``weights_mean`` and
            ``accuracy_effects``, each over its own spread over the paths, added up; where there are
            ``training_effects`` these, too, and half of log ``weights_mean``); or, of what is told, ``elsewhere`` (what
            other regions tell, which looks at no training of this one) or ``informed`` (that and ``consensus``, or what
            else the training is read by, each over its spread, added up).
        elsewhere: Folders of finished runs with networks trained alone, on the same data and in the same space; what
            cells are worth is learned from their validation losses, for the read-outs of what is told.
        all_readouts: Whether a training is read in every way; or by `readout` alone and what takes no pass over
            validation data, which can save more than half of the time.
        aggregate: How stage scores make a path's score: ``mean`` or ``log_sum``.
        readout_paths: One-hot paths whose losses and accuracies each training reads, in groups of K, so rounded up to
            a multiple of it; None is 4·D·K (8·D·K of ``apart``), all where fewer. Effects of `pairs` want more.
        readout_transform: Of their losses before the fit: ``identity``, ``log``, ``ranks``, ``normal_scores`` (normal
            quantiles of the ranks), or ``auto``: of identity, log and normal scores that by which paths left out of the
            fit are ranked best. Of rates of errors likewise, but for log, which leaves these as they are.
        readout_window: Fraction of the epochs, the last ones, whose mean ``weights_mean`` and ``training_effects`` are;
            these weigh each epoch by its learning rate.
        readout_pairs: Which stages ``pairs`` pairs: ``all``, or ``neighbours``, whose best paths are found exactly in
            any space.
        precision: ``32-true`` or ``bf16-mixed``.
    """

    name: str = "joint"
    epochs: int = 10
    repeats: int = 1
    fair_repeats: int = 0
    region_epochs: int | None = None
    region_steps: int | None = None
    batch_size: int = 100
    region_batch_size: int | None = None
    optimizer: str = "adam"
    lr: float = 0.003
    lr_end: float = 0.00003
    anneal: bool = True
    momentum: float = 0.8
    weight_decay: float = 0.0
    alpha_lr: float = 0.01
    alpha_warmup: float = 0.0
    mixing: str = "softmax"
    temperature: float = 1.0
    temperature_end: float = 1.0
    candidate_dropout: float = 0.0
    share_weights: bool = False
    readout: str = "weights"
    elsewhere: list[str] = field(default_factory=list)
    all_readouts: bool = True
    aggregate: str = "mean"
    readout_paths: int | None = None
    readout_transform: str = "identity"
    readout_window: float = 1.0
    readout_pairs: str = "all"
    precision: str = "32-true"

    def __post_init__(self) -> None:
        one_of("trainer.name", self.name, MODES)
        one_of("trainer.optimizer", self.optimizer, OPTIMIZERS)
        one_of("trainer.mixing", self.mixing, MIXINGS)
        one_of("trainer.readout", self.readout, READOUTS)
        one_of("trainer.aggregate", self.aggregate, AGGREGATES)
        one_of("trainer.readout_transform", self.readout_transform, READOUT_TRANSFORMS)
        one_of("trainer.readout_pairs", self.readout_pairs, READOUT_PAIRS)
        one_of("trainer.precision", self.precision, PRECISIONS)
        for key in ("epochs", "repeats", "region_epochs", "region_steps"):
            if (count := getattr(self, key)) is not None and count < 1:
                raise ValueError(f"trainer.{key}={count} trains nothing; give at least 1")
        if self.fair_repeats < 0:
            raise ValueError(f"trainer.fair_repeats={self.fair_repeats} is negative; give 0 or more")
        if self.fair_repeats and self.name in ("fair", "apart"):
            raise ValueError(
                f"trainer.fair_repeats={self.fair_repeats} adds fair trainings to those of a mixture, and "
                f"trainer.name={self.name} has none; use trainer.fair_repeats=0, with more trainer.repeats"
            )
        read_fair = self.all_readouts or self.readout in ("training_effects", "consensus", "informed")
        if self.fair_repeats and not read_fair:
            raise ValueError(
                f"trainer.fair_repeats={self.fair_repeats} adds trainings that trainer.readout={self.readout} does not "
                "read; use trainer.fair_repeats=0, or trainer.readout=consensus"
            )
        for key in ("batch_size", "region_batch_size"):
            if (size := getattr(self, key)) is not None and size < 2:
                raise ValueError(f"trainer.{key}={size} has no batch statistics; give at least 2")
        for key in ("lr", "temperature", "temperature_end"):
            if not 0 < getattr(self, key) < math.inf:
                raise ValueError(f"trainer.{key}={getattr(self, key)} is not a positive number; give one above 0")
        for key in ("lr_end", "weight_decay", "alpha_lr"):
            if not 0 <= getattr(self, key) < math.inf:
                raise ValueError(f"trainer.{key}={getattr(self, key)} is negative or infinite; give 0 or more")
        for key in ("momentum", "alpha_warmup", "candidate_dropout"):
            if not 0 <= getattr(self, key) < 1:
                raise ValueError(f"trainer.{key}={getattr(self, key)} is no fraction; give 0 or more, less than 1")
        if not 0 < self.readout_window <= 1:
            raise ValueError(f"trainer.readout_window={self.readout_window} is no share; give more than 0, at most 1")
        if self.lr_end > self.lr:
            raise ValueError(f"trainer.lr_end={self.lr_end} exceeds trainer.lr={self.lr}; lower it")
        if self.readout_paths is not None and self.readout_paths < 1:
            raise ValueError(
                f"trainer.readout_paths={self.readout_paths} is too few; give at least D·K, for D stages of K "
                "candidates, or null"
            )
        if self.aggregate == "log_sum" and self.readout not in PROBABILITIES:
            raise ValueError(
                f"trainer.aggregate=log_sum needs probabilities, which trainer.readout={self.readout} does not give; "
                f"use trainer.aggregate=mean, or a read-out among {', '.join(PROBABILITIES)}"
            )
        epochs = self.epochs_of_region
        if self.learns_alpha and self.alpha_warmup > (latest := (epochs - 1) / epochs):
            keys = ("region_epochs",) if self.region_epochs else ("epochs", "repeats")
            cause = ", ".join(f"trainer.{key}={getattr(self, key)}" for key in keys)
            raise ValueError(
                f"trainer.alpha_warmup={self.alpha_warmup} leaves α none of the {epochs} epochs of one training (of "
                f"{cause}); lower it to at most {int(100 * latest) / 100}"
            )
        fair = self.name == "fair" or (self.fair_repeats and self.readout == "training_effects")
        if self.readout in ("training_effects", "training_pairs") and not fair:
            raise ValueError(
                f"trainer.readout={self.readout} reads the paths that fair training draws, and "
                f"trainer.name={self.name} draws none; use trainer=fair, or trainer.readout=main_effects"
            )
        if self.region_steps is not None and not self.is_apart:
            raise ValueError(
                f"trainer.region_steps={self.region_steps} cuts the trainings of trainer=apart short, not those of "
                f"trainer.name={self.name}; use trainer.region_epochs, or null"
            )
        if self.region_steps is not None and self.region_epochs is not None:
            raise ValueError(
                f"trainer.region_epochs={self.region_epochs} and trainer.region_steps={self.region_steps} both say how "
                "long a training is; set one of them to null"
            )
        if self.is_apart and self.readout not in (*PATH_READOUTS, *TOLD_READOUTS):
            raise ValueError(
                f"trainer.readout={self.readout} reads a hyper-architecture, and trainer.name=apart trains networks; "
                f"use one of {', '.join(PATH_READOUTS)}"
            )
        if not isinstance(self.elsewhere, list) or not all(f and isinstance(f, str) for f in self.elsewhere):
            raise ValueError(f"trainer.elsewhere={self.elsewhere} is no list of folders; give [folder, …], or []")
        if self.readout in TOLD_READOUTS and not self.elsewhere:
            raise ValueError(
                f"trainer.readout={self.readout} reads what other regions tell, and trainer.elsewhere names none; give "
                "it folders of finished runs with truth=retrain, or another read-out"
            )
        if not self.learns_alpha and not self.is_apart:
            if self.name != "fair":
                raise ValueError(f"trainer.alpha_lr=0 leaves trainer.name={self.name} without α; give a positive rate")
            if self.readout in (*PROBABILITIES, "consensus"):
                raise ValueError(
                    f"trainer.readout={self.readout} reads α, which trainer.alpha_lr=0 leaves out; give a positive "
                    "trainer.alpha_lr, or trainer.readout=main_effects"
                )

    @property
    def learns_alpha(self) -> bool:
        """Whether the training has an α."""
        return self.alpha_lr > 0 and not self.is_apart

    @property
    def is_apart(self) -> bool:
        """Whether paths are trained as networks of their own, so that there is no hyper-architecture."""
        return self.name == "apart"

    def reads(self, readout: str) -> bool:
        """Whether a training takes the passes of `readout`; those of paths share theirs, and joined ones need them."""
        by_paths = (*PATH_READOUTS, *JOINED_READOUTS, "informed")
        wanted = PATH_READOUTS if self.readout in by_paths else () if self.readout == "elsewhere" else (self.readout,)
        return self.all_readouts or readout in (*wanted, "weights", *EPOCH_READOUTS)

    def design_size(self, candidates: int, depth: int) -> int:
        """One-hot paths that each training reads, in whole groups of K.

        By default 4·D·K, so that each of the D·K effects rests on 4·D paths, and twice as many where each path is a
        network with chance of its own; all K^D where these are fewer.
        """
        wanted = self.readout_paths or (8 if self.is_apart else 4) * depth * candidates
        groups, every = math.ceil(wanted / candidates), math.prod([candidates] * depth)
        return min(groups * candidates, every)

    @property
    def epochs_of_region(self) -> int:
        """Passes of one training of a region."""
        return self.region_epochs or math.ceil(self.epochs / self.repeats)

    @property
    def length(self) -> str:
        """Of one training of a region, in words."""
        return f"{self.epochs_of_region} epochs" if self.region_steps is None else f"{self.region_steps} steps"

    @property
    def of_region(self) -> TrainerConfig:
        """The recipe of one training of a region, as what networks would be trained by."""
        size, end = self.region_batch_size or self.batch_size, self.lr_end if self.anneal else self.lr
        own: dict[str, Any] = {"epochs": self.epochs_of_region, "batch_size": size, "lr_end": end}
        return replace(self, **own, repeats=1, region_epochs=None, region_batch_size=None, anneal=True)

    @property
    def kinds(self) -> list[TrainerConfig]:
        """The recipes of a region's trainings, each with its `repeats`: its own, and that of the fair ones beside them.

        The latter is ``trainer=fair`` read by ``training_effects`` alone, whose trainings are found again.
        """
        own: dict[str, Any] = {"repeats": self.fair_repeats, "region_epochs": self.epochs_of_region, "fair_repeats": 0}
        fair: dict[str, Any] = {"name": "fair", "alpha_lr": 0.0, "alpha_warmup": 0.0}
        read: dict[str, Any] = {"readout": "training_effects", "all_readouts": False, "aggregate": "mean"}
        return [self] + ([replace(self, **own, **fair, **read, readout_paths=None)] if self.fair_repeats else [])

    def weights_recipe(self, epochs: int | None = None) -> dict[str, Any]:
        """What decides the numbers of a stand-alone training."""
        keys = ("batch_size", "optimizer", "lr", "lr_end", "weight_decay", "precision")
        recipe = {"epochs": self.epochs if epochs is None else epochs} | {key: getattr(self, key) for key in keys}
        return recipe | ({"momentum": self.momentum} if self.optimizer == "sgd" else {})

    def paths_recipe(self) -> dict[str, Any]:
        """What decides the numbers of paths that train apart."""
        length = {} if self.region_steps is None else {"epochs": None, "steps": self.region_steps}
        return self.of_region.weights_recipe() | length

    def region_recipe(self) -> dict[str, Any]:
        """What decides the numbers of a region's training and of all its read-outs."""
        mixing = ("mixing", "temperature", "temperature_end", "candidate_dropout")
        keys = ("name", "alpha_lr", "alpha_warmup", *mixing, "share_weights", "readout_paths")
        reads = {} if self.all_readouts else {"reads": [readout for readout in READOUTS if self.reads(readout)]}
        recipe = self.of_region.weights_recipe() | {key: getattr(self, key) for key in keys}
        if not self.learns_alpha:  # there is nothing to mix, so these decide nothing
            recipe |= {key: getattr(TrainerConfig, key) for key in (*mixing, "alpha_warmup")}
        if recipe["mixing"] == "softmax":  # which has no temperature
            recipe |= {key: getattr(TrainerConfig, key) for key in ("temperature", "temperature_end")}
        if not self.reads("main_effects"):
            recipe["readout_paths"] = None
        if recipe["readout_paths"] is not None:
            recipe["design"] = "identifies effects"  # a few paths once did not, so that such results are others
        if recipe["temperature"] != recipe["temperature_end"]:
            recipe["temperature_moves"] = "by step"  # by epoch once, so that such results are others
        return recipe | reads


def default_trainer() -> TrainerConfig:
    """The recipe of a study that names none: the one that ranked best on development data."""
    return TrainerConfig(repeats=3, fair_repeats=3, region_batch_size=50, anneal=False, readout="consensus")


@dataclass(kw_only=True)
class SyntheticConfig:
    """No training: stage scores from an additive landscape with a known optimum, to study searches.

    Attributes:
        name: ``synthetic``.
        rank_correlation: Expected Spearman correlation, in [0, 1], of the stage scores with the true ones.
        aggregate: How stage scores make a path's score: ``mean``.
    """

    name: str = "synthetic"
    rank_correlation: float = 1.0
    aggregate: str = "mean"

    def __post_init__(self) -> None:
        one_of("trainer.name", self.name, ("synthetic",))
        one_of("trainer.aggregate", self.aggregate, ("mean",))
        if not 0 <= self.rank_correlation <= 1:
            raise ValueError(
                f"trainer.rank_correlation={self.rank_correlation} is no correlation here; give a number from 0 to 1"
            )
