"""``joint``: one loss for weights and architecture parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fade.training.steps.base import Mode, register_mode

if TYPE_CHECKING:
    from torch import Tensor

    from fade.training.region import RegionTrainer
    from fade.training.steps.base import Batch


@register_mode
class Joint(Mode):
    """w and α descend one loss on one split [prototype: "trivial"]; with K = 1 the training of networks."""

    name = "joint"
    one_split = True

    @staticmethod
    def step(trainer: RegionTrainer, batch: Batch, alpha_batch: Batch | None) -> Tensor:
        """See `Mode.step`."""
        loss = trainer.loss(batch, trainer.draw_noise())
        trainer.backward_weights(loss)
        if trainer.alpha_moves:
            trainer.step_alpha([a.grad for a in trainer.alphas])
        trainer.step_weights()
        return loss
