"""Read-outs with effects of pairs of stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fade.estimators.readouts.base import Need, Readout, register_readout
from fade.estimators.readouts.fits import fit_paths

if TYPE_CHECKING:
    from fade.estimators.readouts.record import TrainingRecord
    from fade.ranking import Reading

PAIRS_SHARE = 0.3
"""Of the effects of pairs of stages beside those of the losses in training."""
_ROUNDING = 1e-9


@register_readout
class Pairs(Readout):
    """Main effects, and shrunken effects of pairs of stages, on the validation losses of one-hot paths [ours].

    A search is told the main effects. `trainer.readout_pairs` says which stages are paired.
    """

    name = "pairs"
    needs = frozenset({Need.PATH_LOSSES})

    def read(self, record: TrainingRecord) -> Reading | None:
        """See `Readout.read`."""
        return fit_paths(record, "losses", pairs=record.config.readout_pairs)


@register_readout
class TrainingPairs(Readout):
    """The effects on losses in training, and a share of how pairs of stages interact on validation losses [ours].

    Losses in training tell best how good a candidate is by itself. How candidates depend on each other they do not
    say, and networks do; one-hot paths of the hyper-architecture say so, but much of it comes of weights that paths
    share, so that in full it ranks worse than nothing (measured in experiments/nas_bench_macro). A share of it counts,
    in units of what either says of candidates by themselves.
    """

    name = "training_pairs"
    needs = frozenset({Need.FAIR_LOSSES, Need.PATH_LOSSES})
    one_training = True

    def read(self, record: TrainingRecord) -> Reading | None:
        """See `Readout.read`."""
        effects, pairs = record.reading("training_effects"), record.reading("pairs")
        return None if effects is None or pairs is None else with_share_of_pairs(effects, pairs)


def with_share_of_pairs(effects: Reading, pairs: Reading, share: float = PAIRS_SHARE) -> Reading:
    """Stage scores of one reading, and a share of the pair scores of another.

    Args:
        effects: ``training_effects``.
        pairs: ``pairs``.
        share: How much of it.
    """
    from fade.ranking.reading import Reading, spread

    unit, by_losses = (spread(np.asarray(each.stage_scores)) for each in (effects, pairs))
    scale = share * unit / by_losses if by_losses > _ROUNDING else 0.0
    return Reading(effects.stage_scores, (scale * np.asarray(pairs.pair_scores)).tolist())
