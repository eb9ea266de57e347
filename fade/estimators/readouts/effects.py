"""Read-outs of main effects: how much a candidate moves the losses or accuracies of one-hot paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fade.estimators.readouts.base import Need, Readout, register_readout
from fade.estimators.readouts.fits import fit_paths
from fade.estimators.readouts.weights import last_epochs

if TYPE_CHECKING:
    from fade.estimators.readouts.record import TrainingRecord
    from fade.ranking import Reading
    from fade.training.recipe import NetworkRecipe


@register_readout
class MainEffects(Readout):
    """Minus the main effects of (stage, candidate) on the validation losses of sampled one-hot paths [ours]."""

    name = "main_effects"
    needs = frozenset({Need.PATH_LOSSES})

    def read(self, record: TrainingRecord) -> Reading | None:
        """See `Readout.read`."""
        return fit_paths(record, "losses")


@register_readout
class AccuracyEffects(Readout):
    """Minus the main effects on the paths' rates of errors [ours]: a loss also tells how sure a network is, which no
    accuracy rewards.
    """

    name = "accuracy_effects"
    needs = frozenset({Need.PATH_LOSSES})

    def read(self, record: TrainingRecord) -> Reading | None:
        """See `Readout.read`."""
        return fit_paths(record, "accuracies")


@register_readout
class TrainingEffects(Readout):
    """Minus the main effects on the losses that paths had in training [ours].

    `fair` training compares paths at each step, on one batch and the same weights; no pass of its own. Losses summed
    over a training tell how fast a network learns, which ranks networks better than the loss at the end ["Speedy
    Performance Estimation for NAS", arXiv 2006.04492, of stand-alone networks]. The mean over the last
    `trainer.readout_window` of the epochs, in which an epoch weighs as its learning rate: at the end of the schedule,
    where the weights hardly move, the effects say least of the networks (measured in experiments/rank_correlation).
    """

    name = "training_effects"
    needs = frozenset({Need.FAIR_LOSSES})

    def read(self, record: TrainingRecord) -> Reading | None:
        """See `Readout.read`."""
        from fade.ranking import Reading

        effects = record.result.get("training_effects_epochs")
        if not effects:
            return None
        rates = learning_rates(record.config.of_region, len(effects))
        last = last_epochs(len(effects), record.window)
        return Reading((-np.average(effects[-last:], axis=0, weights=rates[-last:])).tolist())


def learning_rates(recipe: NetworkRecipe, epochs: int) -> NDArray[np.float64]:
    """The mean learning rate of the weights in each epoch ``[E]``, along its half cosine."""
    borders = np.sin(np.pi * np.arange(epochs + 1) / epochs) / np.pi
    mean: NDArray[np.float64] = recipe.lr_end + (recipe.lr - recipe.lr_end) * (0.5 + epochs * np.diff(borders) / 2)
    return mean
