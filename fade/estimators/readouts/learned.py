"""Read-outs of what is learned from networks that earlier runs have trained in other regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fade.estimators.readouts.base import Need, Readout, register_readout

if TYPE_CHECKING:
    from fade.estimators.readouts.record import TrainingRecord
    from fade.ranking import Reading


@register_readout
class Predictor(Readout):
    """What a linear model of cells predicts, learned from earlier runs [ours]; no training of this region is read."""

    name = "predictor"
    needs = frozenset({Need.EARLIER_RUNS})

    def read(self, record: TrainingRecord) -> Reading | None:
        """See `Readout.read`."""
        from fade.ranking import Reading

        return Reading(record.predicted.tolist())


@register_readout
class ConsensusWithPredictor(Readout):
    """The sum of ``predictor`` and of what the region's own training says, each over its spread over all paths [ours].

    That is ``consensus``, else ``training_effects``, else ``main_effects``. Trainings as short as a region can afford
    miss how candidates differ that are matched in all that counts, and networks of other regions tell much of it
    (measured in experiments/matched_regions).
    """

    name = "consensus_with_predictor"
    needs = frozenset({Need.EARLIER_RUNS, Need.PATH_LOSSES})
    uses = frozenset({Need.ALPHA, Need.FAIR_LOSSES})

    def read(self, record: TrainingRecord) -> Reading | None:
        """See `Readout.read`."""
        from fade.ranking.reading import Reading, standardised

        own = (record.reading(name) for name in ("consensus", "training_effects", "main_effects"))
        best = next((reading for reading in own if reading is not None), None)
        if best is None:
            return None
        both = standardised(np.asarray(best.stage_scores)) + standardised(record.predicted)
        return Reading(both.tolist())
