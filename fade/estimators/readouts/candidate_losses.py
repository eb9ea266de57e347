"""Read-outs of the validation losses of the mixture, with a candidate by itself in its stage, or without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fade.estimators.readouts.base import MeasuredReadout, Need, register_readout

if TYPE_CHECKING:
    from fade.training.region import TrainedRegion


@register_readout
class Alone(MeasuredReadout):
    """Minus the validation loss with candidate k by itself in stage d, the other stages mixed [ours].

    D·K passes over the validation split, but for what comes before stage d, which is computed once. After "Rethinking
    Architecture Selection in Differentiable NAS" (2021), which removes a candidate where this removes the others.
    """

    name = "alone"
    needs = frozenset({Need.NETWORK})
    passes = 1

    def measure(self, trained: TrainedRegion) -> NDArray[np.float64]:
        """See `MeasuredReadout.measure`."""
        depth, candidates = trained.stage_weights.shape
        return -trained.losses([list(range(candidates))] * depth)


@register_readout
class LeaveOneOut(MeasuredReadout):
    """The validation loss without candidate k in stage d, the others' weights scaled up to sum to one [ours].

    D·K passes over the validation split, as of ``alone``. After "Rethinking Architecture Selection in Differentiable
    NAS" (2021): what is missed most is best.
    """

    name = "leave_one_out"
    needs = frozenset({Need.NETWORK})
    passes = 1

    def measure(self, trained: TrainedRegion) -> NDArray[np.float64]:
        """See `MeasuredReadout.measure`."""
        import torch

        instead = []
        for weights in trained.choices():
            left = weights.clamp_min(torch.finfo(weights.dtype).tiny)  # a softmax may underflow
            others = left * (1 - torch.eye(weights.shape[1], device=weights.device))
            instead.append((others / others.sum(1, keepdim=True)).split(1))
        return trained.losses(instead)
