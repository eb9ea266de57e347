"""A read-out: main effects on path losses of which the worst are clipped."""

from dataclasses import dataclass

import numpy as np

from fade.estimators import Need, Readout, TrainingRecord, register_readout
from fade.ranking import Reading
from fade.ranking.main_effects import main_effects


@register_readout
@dataclass
class ClippedEffects(Readout):
    """Minus the main effects on the validation losses of one-hot paths, large losses clipped.

    Attributes:
        quantile: Losses above this quantile count as much as the quantile itself.
    """

    name = "clipped_effects"
    needs = frozenset({Need.PATH_LOSSES})

    quantile: float = 0.9

    def __post_init__(self) -> None:
        if not 0 < self.quantile <= 1:
            raise ValueError(f"quantile={self.quantile} is no quantile; give more than 0 and at most 1")

    def read(self, record: TrainingRecord) -> Reading | None:
        """See `Readout.read`."""
        measured = record.result.get("path_losses")
        if measured is None:
            return None
        losses = np.minimum(measured["losses"], np.quantile(measured["losses"], self.quantile))
        return Reading((-main_effects(np.array(measured["paths"]), losses, record.region.candidates)).tolist())
