"""What decides the numbers of a training: recipes, from which requests to the store are made."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

OPTIMIZERS = ("adam", "sgd")
PRECISIONS = ("32-true", "bf16-mixed")
MIXINGS = ("softmax", "gumbel", "gumbel_hard")


@dataclass(frozen=True, kw_only=True)
class NetworkRecipe:
    """How stand-alone networks are trained.

    Attributes:
        epochs: Passes over the training split.
        steps: In place of epochs: so many steps.
        batch_size: Examples a step.
        optimizer: ``adam`` or ``sgd``, of the weights.
        lr: Learning rate of the weights at the start; it falls to `lr_end` along a half cosine.
        lr_end: Learning rate at the end.
        momentum: Of SGD.
        weight_decay: Of the weights.
        precision: ``32-true`` or ``bf16-mixed``.
    """

    epochs: int = 10
    steps: int | None = None
    batch_size: int = 100
    optimizer: str = "adam"
    lr: float = 0.003
    lr_end: float = 0.00003
    momentum: float = 0.8
    weight_decay: float = 0.0
    precision: str = "32-true"

    @property
    def length(self) -> str:
        """In words."""
        return f"{self.epochs} epochs" if self.steps is None else f"{self.steps} steps"

    def request(self) -> dict[str, Any]:
        """What decides the numbers, as JSON: part of the address of a stored result."""
        length = {"epochs": self.epochs} if self.steps is None else {"epochs": None, "steps": self.steps}
        keys = ("batch_size", "optimizer", "lr", "lr_end", "weight_decay", "precision")
        momentum = {"momentum": self.momentum} if self.optimizer == "sgd" else {}
        return length | {key: getattr(self, key) for key in keys} | momentum


@dataclass(frozen=True, kw_only=True)
class RegionRecipe(NetworkRecipe):
    """How the hyper-architecture of a region is trained, and what is measured of it when it is trained.

    Attributes:
        mode: A name in `fade.training.steps.MODES`.
        alpha_lr: Learning rate of α; 0 leaves α out, where the mode can do without.
        alpha_warmup: Fraction of the epochs before α moves.
        mixing: ``softmax``, ``gumbel`` or ``gumbel_hard`` (straight-through).
        temperature: Of the Gumbel-softmax at the start.
        temperature_end: At the end; it moves geometrically, from step to step.
        candidate_dropout: Probability that a step leaves a candidate out.
        share_weights: Candidates of a stage share one set of weights per vertex pair and op.
        checkpoint_activations: The backward pass computes each stage's activations again, in place of keeping them.
        measures: Names of the read-outs that take passes of the trained hyper-architecture; None is all.
        measures_paths: Whether the validation losses and accuracies of sampled one-hot paths are measured.
        paths: How many of these, see `design_size`; None is the default.
    """

    mode: str = "joint"
    alpha_lr: float = 0.01
    alpha_warmup: float = 0.0
    mixing: str = "softmax"
    temperature: float = 1.0
    temperature_end: float = 1.0
    candidate_dropout: float = 0.0
    share_weights: bool = False
    checkpoint_activations: bool = False
    measures: tuple[str, ...] | None = None
    measures_paths: bool = True
    paths: int | None = None

    @property
    def learns_alpha(self) -> bool:
        """Whether the training has an α."""
        return self.alpha_lr > 0

    def request(self) -> dict[str, Any]:
        """See `NetworkRecipe.request`; what is measured belongs to it, as it is stored with the training."""
        of_mixture = ("mixing", "temperature", "temperature_end", "candidate_dropout")
        keys = ("alpha_lr", "alpha_warmup", *of_mixture, "share_weights")
        request = super().request() | {"name": self.mode} | {key: getattr(self, key) for key in keys}
        request["readout_paths"] = self.paths if self.measures_paths else None
        if not self.learns_alpha:  # there is nothing to mix, so these decide nothing
            request |= {key: getattr(RegionRecipe, key) for key in (*of_mixture, "alpha_warmup")}
        if request["mixing"] == "softmax":  # which has no temperature
            request |= {key: getattr(RegionRecipe, key) for key in ("temperature", "temperature_end")}
        if request["readout_paths"] is not None:
            request["design"] = "identifies effects"  # a few paths once did not, so that such results are others
        if request["temperature"] != request["temperature_end"]:
            request["temperature_moves"] = "by step"  # by epoch once, so that such results are others
        if self.checkpoint_activations:  # which costs more FLOPs
            request["checkpoint_activations"] = True
        if self.measures is not None:
            of_paths = ("main_effects", "accuracy_effects", "pairs") if self.measures_paths else ()
            request["reads"] = ["weights", *self.measures, "weights_mean", "training_effects", *of_paths]
        return request


def design_size(wanted: int | None, candidates: int, depth: int, *, per_effect: int = 4) -> int:
    """How many one-hot paths a training measures, in whole groups of K; all K^D where these are fewer.

    Args:
        wanted: How many; None is `per_effect` · D · K.
        candidates: K.
        depth: D.
        per_effect: By default each of the D·K effects rests on `per_effect` · D paths.
    """
    groups = math.ceil((wanted or per_effect * depth * candidates) / candidates)
    return min(groups * candidates, math.prod([candidates] * depth))
