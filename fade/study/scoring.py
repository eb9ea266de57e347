"""How a region becomes stage scores: by training its hyper-architecture, or from a synthetic landscape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from fade.ranking import PathRanks
from fade.seeds import subseed
from fade.space import Region
from fade.training.config import SyntheticConfig, TrainerConfig
from fade.training.elsewhere import Lesson, fingerprint, others_than, scores_elsewhere
from fade.training.landscape import AdditiveLandscape
from fade.training.reading import Reading, read_region, told
from fade.training.stored import StoredTrainings


@dataclass(frozen=True)
class Outcome:
    """What is known of a region.

    Attributes:
        stage_scores: ``[D][K]`` of the configured read-out, higher is better.
        ranks: Of all paths by these, and by the read-out's pair scores where it has them.
        record: What metrics.json says of the training.
        readouts: What all read-outs say.
        train_flops: What it cost.
        seconds: Of the training.
        true_scores: ``[D][K]`` where they are known.
    """

    stage_scores: list[list[float]]
    ranks: PathRanks
    record: dict[str, Any] = field(default_factory=dict)
    readouts: dict[str, Reading] = field(default_factory=dict)
    train_flops: float = 0.0
    seconds: float = 0.0
    true_scores: list[list[float]] | None = None


class RegionScorer(Protocol):
    """Turns a region into stage scores."""

    def score(self, region: Region, index: int) -> Outcome:
        """Score region number `index` of the study."""


@dataclass(frozen=True)
class TrainingScorer:
    """Trains the hyper-architecture and reads it out, with what other regions tell, where any do."""

    config: TrainerConfig
    trainings: StoredTrainings
    lessons: Sequence[Lesson] = ()

    def score(self, region: Region, index: int) -> Outcome:
        """See `RegionScorer.score`."""
        result = self.trainings.region(region)
        readouts = read_region(result, region.depth, region.candidates, self.config)
        others = others_than(region, self.lessons)
        if self.lessons:
            readouts |= told(readouts, scores_elsewhere(others, region))
        record: dict[str, Any] = {
            key: result[key]
            for key in (
                "stage_weights",
                "stage_weights_epochs",
                "training_effects_epochs",
                "epoch_seconds",
                "train_flops",
                "parameters",
                "validation_accuracy",
                "path_losses",
                "seconds",
            )
            if key in result
        }
        record["readout"] = self.config.readout
        if self.lessons:
            record["elsewhere"] = {
                "regions": len(others),
                "networks": sum(lesson.trainings for lesson in others),
                "fingerprint": fingerprint(others),
            }
        chosen = readouts[self.config.readout]
        if chosen.pair_scores is not None:
            record["pair_scores"] = chosen.pair_scores
        return Outcome(
            stage_scores=chosen.stage_scores,
            ranks=chosen.ranks(self.config.aggregate),
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
