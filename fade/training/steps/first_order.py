"""``first_order``: α and w in turn, each on a split of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fade.training.steps.base import Mode, register_mode

if TYPE_CHECKING:
    from torch import Tensor

    from fade.training.region import RegionTrainer
    from fade.training.steps.base import Batch


@register_mode
class FirstOrder(Mode):
    """α descends L_alpha(w, α) with w fixed, then w descends L_train(w, α) [DARTS, ξ = 0]."""

    name = "first_order"
    alpha_passes = (0, 1)

    @staticmethod
    def step(trainer: RegionTrainer, batch: Batch, alpha_batch: Batch | None) -> Tensor:
        """See `Mode.step`."""
        import torch

        noise = trainer.draw_noise()
        if trainer.alpha_moves:
            assert alpha_batch is not None
            with trainer.network.statistics("batch"):
                trainer.step_alpha(torch.autograd.grad(trainer.loss(alpha_batch, noise), list(trainer.alphas)))
        loss = trainer.loss(batch, noise)
        trainer.backward_weights(loss)
        trainer.step_weights()
        return loss
