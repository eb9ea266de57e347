"""Read-outs: stage scores ``[D, K]``, higher is better, from one trained hyper-architecture.

A read-out is a function of a `TrainedRegion`; every training computes all of `READOUTS`, so that one training can be
compared with itself. Those that need no more than what a training has stored are in `fade.training.reading`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from fade.nets.network import Choice, Network
from fade.seeds import subseed
from fade.training.config import TrainerConfig
from fade.training.data import Data
from fade.training.effects import design
from fade.training.evaluate import evaluate_mixed, evaluate_paths

Scores = NDArray[np.float64]


def sampled_paths(config: TrainerConfig, candidates: int, depth: int, seed: int) -> NDArray[np.int64]:
    """The one-hot paths ``[P, D]`` that a training of a region reads, a balanced design."""
    return design(candidates, depth, config.design_size(candidates, depth), subseed(seed, "main_effects"))


@dataclass
class TrainedRegion:
    """A hyper-architecture after its training, as a read-out sees it.

    Attributes:
        network: The hyper-architecture, weights as trained.
        data: The data; read-outs look at the validation split alone.
        config: The recipe.
        seed: Seed of a read-out's own chance.
        stage_weights: ``[D, K]`` softmax(α) at the end; uniform where no α was learnt.
        learnt: Whether α was learnt.
    """

    network: Network
    data: Data
    config: TrainerConfig
    seed: int
    stage_weights: Scores
    learnt: bool

    def choices(self) -> list[Choice]:
        """The final mixture, for the network."""
        weights = torch.as_tensor(self.stage_weights, dtype=torch.float32, device=self.data.device)
        return [row[None] for row in weights]

    def loss(self, choices: list[Choice]) -> float:
        """Validation loss of a mixture, by batch statistics."""
        return evaluate_mixed(self.network, choices, self.data, self.config.batch_size)[0]

    @cached_property
    def sampled_paths(self) -> tuple[NDArray[np.int64], Scores, Scores]:
        """Paths ``[P, D]`` of a balanced design; their validation losses ``[P]`` and accuracies by batch statistics."""
        depth, candidates = self.stage_weights.shape
        paths = sampled_paths(self.config, candidates, depth, self.seed)
        return paths, *evaluate_paths(self.network, paths, self.data, self.config.batch_size)


def weights(region: TrainedRegion) -> Scores | None:
    """softmax(α) at the end [paper]."""
    return region.stage_weights if region.learnt else None


def alone(region: TrainedRegion) -> Scores:
    """Minus the validation loss with candidate k alone in stage d, the other stages mixed [ours].

    D·K passes over the validation split. After "Rethinking Architecture Selection in Differentiable NAS" (2021), which
    removes a candidate where this keeps it alone.
    """
    depth, candidates = region.stage_weights.shape
    mixed = region.choices()
    return -np.array([[region.loss([*mixed[:d], k, *mixed[d + 1 :]]) for k in range(candidates)] for d in range(depth)])


def leave_one_out(region: TrainedRegion) -> Scores | None:
    """The validation loss without candidate k in stage d, the others' weights scaled up to sum to one [ours].

    D·K passes over the validation split. After "Rethinking Architecture Selection in Differentiable NAS" (2021): what
    is missed most is best.
    """
    depth, candidates = region.stage_weights.shape
    if candidates == 1:
        return None
    mixed, losses = region.choices(), np.empty((depth, candidates))
    for d, weights in enumerate(mixed):
        assert isinstance(weights, torch.Tensor)
        for k in range(candidates):
            others = weights.clamp_min(torch.finfo(weights.dtype).tiny)  # a softmax may underflow
            others[:, k] = 0
            losses[d, k] = region.loss([*mixed[:d], others / others.sum(1, keepdim=True), *mixed[d + 1 :]])
    return losses


READOUTS: dict[str, Callable[[TrainedRegion], Scores | None]] = {
    "weights": weights,
    "alone": alone,
    "leave_one_out": leave_one_out,
}
