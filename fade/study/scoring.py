"""How a region becomes stage scores: by training its hyper-architecture, or from a synthetic landscape."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from fade.ranking import PathRanks
from fade.seeds import subseed
from fade.space import Region
from fade.training.config import SyntheticConfig, TrainerConfig
from fade.training.landscape import AdditiveLandscape
from fade.training.stored import StoredTrainings


@dataclass(frozen=True)
class Outcome:
    """What is known of a region.

    Attributes:
        stage_scores: ``[D][K]`` of the configured read-out, higher is better.
        ranks: Of all paths by these.
        record: What metrics.json says of the training.
        readouts: ``{name: [D][K]}`` of all read-outs.
        train_flops: What it cost.
        seconds: Of the training.
        true_scores: ``[D][K]`` where they are known.
    """

    stage_scores: list[list[float]]
    ranks: PathRanks
    record: dict[str, Any] = field(default_factory=dict)
    readouts: dict[str, list[list[float]]] = field(default_factory=dict)
    train_flops: float = 0.0
    seconds: float = 0.0
    true_scores: list[list[float]] | None = None


class RegionScorer(Protocol):
    """Turns a region into stage scores."""

    def score(self, region: Region, index: int) -> Outcome:
        """Score region number `index` of the study."""


@dataclass(frozen=True)
class TrainingScorer:
    """Trains the hyper-architecture and reads it out."""

    config: TrainerConfig
    trainings: StoredTrainings

    def score(self, region: Region, index: int) -> Outcome:
        """See `RegionScorer.score`."""
        result = self.trainings.region(region)
        readouts = result["readouts"]
        record: dict[str, Any] = {
            key: result[key]
            for key in (
                "stage_weights",
                "stage_weights_epochs",
                "epoch_seconds",
                "train_flops",
                "parameters",
                "validation_accuracy",
                "path_losses",
                "seconds",
            )
            if key in result
        }
        scores = readouts[self.config.readout]
        return Outcome(
            stage_scores=scores,
            ranks=PathRanks(scores, self.config.aggregate),
            record=record,
            readouts=readouts,
            train_flops=result["train_flops"],
            seconds=result["seconds"],
        )


@dataclass(frozen=True)
class SyntheticScorer:
    """Reads a landscape with known truth, at a given correlation."""

    config: SyntheticConfig
    landscape: AdditiveLandscape
    seed: int

    def score(self, region: Region, index: int) -> Outcome:
        """See `RegionScorer.score`."""
        rng = np.random.default_rng(subseed(self.seed, "readout", index))
        scores = self.landscape.noisy_stage_scores(region, self.config.rank_correlation, rng).tolist()
        return Outcome(
            stage_scores=scores,
            ranks=PathRanks(scores, self.config.aggregate),
            true_scores=self.landscape.stage_scores(region).tolist(),
        )
