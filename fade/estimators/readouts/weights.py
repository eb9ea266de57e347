"""Read-outs of the architecture parameters α."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fade.estimators.readouts.base import MeasuredReadout, Need, Readout, register_readout

if TYPE_CHECKING:
    from fade.estimators.readouts.record import TrainingRecord
    from fade.ranking import Reading
    from fade.training.region import TrainedRegion


@register_readout
class Weights(MeasuredReadout):
    """softmax(α) at the end [paper]."""

    name = "weights"
    needs = frozenset({Need.ALPHA})
    probabilities = True

    def measure(self, trained: TrainedRegion) -> NDArray[np.float64] | None:
        """See `MeasuredReadout.measure`."""
        return trained.stage_weights if trained.learnt else None


@register_readout
class WeightsMean(Readout):
    """The mean of softmax(α) over the last `trainer.readout_window` of the epochs [ours]: the early steps carry much
    of α's signal.
    """

    name = "weights_mean"
    needs = frozenset({Need.ALPHA})
    probabilities = True

    def read(self, record: TrainingRecord) -> Reading | None:
        """See `Readout.read`."""
        from fade.ranking import Reading

        weights = record.result.get("stage_weights_epochs")
        if not weights:
            return None
        return Reading(np.mean(weights[-last_epochs(len(weights), record.window) :], axis=0).tolist())


def last_epochs(epochs: int, window: float) -> int:
    """How many of the last epochs a window holds, one at least."""
    return max(round(window * epochs), 1)
