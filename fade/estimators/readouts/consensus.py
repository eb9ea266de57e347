"""Read-outs that add others up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fade.estimators.readouts.base import Need, Readout, register_readout

if TYPE_CHECKING:
    from fade.estimators.readouts.record import TrainingRecord
    from fade.ranking import Reading


@register_readout
class Consensus(Readout):
    """The sum of log mean softmax(α), the effects on accuracies and those on losses in training [ours].

    Each over its spread over all paths. α says which candidates lower the loss of the mixture while it is trained, the
    accuracies how the weights of that mixture do on single paths, the losses in `fair` training how fast paths learn
    that share nothing at a step. Their errors have little in common, so the sum ranks better than its parts. Beside
    both others α counts half, as it tells least of networks that are trained longer (measured in
    experiments/rank_correlation).
    """

    name = "consensus"
    needs = frozenset({Need.ALPHA, Need.PATH_LOSSES})
    uses = frozenset({Need.FAIR_LOSSES})

    def read(self, record: TrainingRecord) -> Reading | None:
        """See `Readout.read`."""
        weights = record.reading("weights_mean")
        accuracies, training = record.reading("accuracy_effects"), record.reading("training_effects")
        return None if weights is None or accuracies is None else consensus(weights, accuracies, training)


def consensus(weights: Reading, *effects: Reading | None) -> Reading:
    """See `Consensus`.

    Args:
        weights: ``weights_mean``, probabilities.
        effects: ``accuracy_effects`` and, where paths were trained, ``training_effects``.
    """
    from fade.ranking.reading import Reading, standardised

    probabilities = np.maximum(weights.stage_scores, np.finfo(np.float64).tiny)  # a softmax may underflow
    alpha = standardised(np.log(probabilities))
    others = [standardised(np.asarray(each.stage_scores)) for each in effects if each is not None]
    return Reading((alpha / len(others) + sum(others)).tolist())
