"""``fair``: each step trains K disjoint paths, so that all candidates train equally often."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fade.training.steps.base import Mode, register_mode

if TYPE_CHECKING:
    from torch import Tensor

    from fade.training.region import RegionTrainer
    from fade.training.steps.base import Batch


@register_mode
class Fair(Mode):
    """w descends the mean loss of K disjoint paths on one batch, so that all candidates train equally often.

    The paths are one random permutation of the candidates a stage [after FairNAS, arXiv 1907.01845; there the gradients
    of the K paths are summed, a factor of K in the learning rate]. Beside it, where α is learnt, α descends L_alpha.
    """

    name = "fair"
    trains_paths = True
    needs_alpha = False
    alpha_passes = (0, 1)

    @staticmethod
    def step(trainer: RegionTrainer, batch: Batch, alpha_batch: Batch | None) -> Tensor:
        """See `Mode.step`."""
        import torch

        if trainer.alpha_moves:
            assert alpha_batch is not None
            with trainer.network.statistics("batch"):
                loss = trainer.loss(alpha_batch, trainer.draw_noise())
                trainer.step_alpha(torch.autograd.grad(loss, list(trainer.alphas)))
        paths = trainer.draw_disjoint_paths()
        each = path_losses(trainer, batch, paths)
        trainer.record_paths(paths, each.detach())
        loss = each.mean()
        trainer.backward_weights(loss)
        trainer.step_weights()
        return loss


def path_losses(trainer: RegionTrainer, batch: Batch, paths: NDArray[np.int64]) -> Tensor:
    """The mean loss on a batch of each of P one-hot paths ``[P, D]``: ``[P]``."""
    import torch.nn.functional as F

    x, y = batch
    logits = trainer.network.forward_paths(x, paths)  # [P, B, classes]
    return F.cross_entropy(logits.flatten(0, 1), y.repeat(len(logits)), reduction="none").view(len(logits), -1).mean(1)


def disjoint_paths(candidates: int, depth: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """K paths ``[K, D]`` that use each candidate of each stage once."""
    return np.stack([rng.permutation(candidates) for _ in range(depth)], axis=1)
