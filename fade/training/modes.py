"""One step of each training mode of a region: how weights w and architecture parameters α move.

Each takes the trainer, a batch of the split that trains w and one of the alpha split (None where the mode has none).
L_train is the loss on the former, L_alpha on the latter, both of the mixed hyper-architecture unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

if TYPE_CHECKING:
    from fade.training.mixing import Noise
    from fade.training.region import RegionTrainer

Batch = tuple[Tensor, Tensor]
Step = Callable[["RegionTrainer", Batch, Batch | None], Tensor]


def joint(trainer: RegionTrainer, batch: Batch, _: Batch | None) -> Tensor:
    """w and α descend one loss on one split [prototype: "trivial"]; with K = 1 the training of networks."""
    noise = trainer.draw_noise()
    loss = trainer.loss(batch, noise)
    trainer.backward_weights(loss)
    if trainer.alpha_moves:
        trainer.step_alpha([a.grad for a in trainer.alphas])
    trainer.step_weights()
    return loss


def first_order(trainer: RegionTrainer, batch: Batch, alpha_batch: Batch | None) -> Tensor:
    """α descends L_alpha(w, α) with w fixed, then w descends L_train(w, α) [DARTS, ξ = 0]."""
    noise = trainer.draw_noise()
    if trainer.alpha_moves:
        assert alpha_batch is not None
        with trainer.network.statistics("batch"):
            trainer.step_alpha(torch.autograd.grad(trainer.loss(alpha_batch, noise), list(trainer.alphas)))
    loss = trainer.loss(batch, noise)
    trainer.backward_weights(loss)
    trainer.step_weights()
    return loss


def second_order_gradient(
    trainer: RegionTrainer, batch: Batch, alpha_batch: Batch, noise: Noise, *, xi: float, radius: float = 0.01
) -> list[Tensor]:
    """α's gradient of L_alpha(w', α) at w' = w − ξ ∇_w L_train(w, α) [DARTS, eq. 6 to 8].

    The inner step is a plain gradient step. The Hessian-vector product ∇²_{α,w} L_train · ∇_{w'} L_alpha is the central
    difference of ∇_α L_train at w ± ε ∇_{w'} L_alpha with ε = `radius` / ‖∇_{w'} L_alpha‖. All passes share the noise,
    and none moves the kept normalisation statistics. In a network of ReLUs the difference steps over their kinks: on
    the default skeleton it errs by more than the product that it stands for, as exact products say as little of what a
    step does (some 2 to 6 % of the gradient either way).

    Args:
        trainer: Whose loss, w and α.
        batch: Of L_train.
        alpha_batch: Of L_alpha.
        noise: The step's noise.
        xi: ξ, the length of the inner step.
        radius: How far w is moved for the difference [DARTS: 0.01].

    Returns:
        ``[D]`` gradients ``[1, K]``.
    """
    alphas = list(trainer.alphas)
    w: dict[str, Tensor] = dict(trainer.network.named_parameters())
    with trainer.network.statistics("batch"):
        gradient = torch.autograd.grad(trainer.loss(batch, noise, w), list(w.values()), allow_unused=True)
        ahead = {
            name: (p.detach() - xi * g if g is not None else p.detach()).requires_grad_()
            for (name, p), g in zip(w.items(), gradient, strict=True)
        }
        both = torch.autograd.grad(
            trainer.loss(alpha_batch, noise, ahead), [*alphas, *ahead.values()], materialize_grads=True
        )
        direct, vector = both[: len(alphas)], both[len(alphas) :]
        norm = torch.sqrt(sum((v.square().sum() for v in vector), start=torch.zeros((), device=vector[0].device)))
        if norm == 0:
            return list(direct)
        epsilon = radius / norm
        sides = []
        for sign in (1, -1):
            moved = {n: p.detach() + sign * epsilon * v for (n, p), v in zip(w.items(), vector, strict=True)}
            sides.append(torch.autograd.grad(trainer.loss(batch, noise, moved), alphas))
    return [d - xi * (plus - minus) / (2 * epsilon) for d, plus, minus in zip(direct, *sides, strict=True)]


def second_order(trainer: RegionTrainer, batch: Batch, alpha_batch: Batch | None) -> Tensor:
    """α descends by `second_order_gradient` with ξ the current learning rate, then w descends L_train(w, α) [DARTS].

    w's step has the noise of α's, which looked ahead to it.
    """
    noise = trainer.draw_noise()
    if trainer.alpha_moves:
        assert alpha_batch is not None
        trainer.step_alpha(second_order_gradient(trainer, batch, alpha_batch, noise, xi=trainer.learning_rate))
    loss = trainer.loss(batch, noise)
    trainer.backward_weights(loss)
    trainer.step_weights()
    return loss


def fair(trainer: RegionTrainer, batch: Batch, alpha_batch: Batch | None) -> Tensor:
    """w descends the mean loss of K disjoint paths on one batch, so that all candidates train equally often.

    The paths are one random permutation of the candidates a stage [after FairNAS, arXiv 1907.01845; there the gradients
    of the K paths are summed, a factor of K in the learning rate]. Beside it, where α is learnt, α descends L_alpha.
    """
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
    x, y = batch
    logits = trainer.network.forward_paths(x, paths)  # [P, B, classes]
    return F.cross_entropy(logits.flatten(0, 1), y.repeat(len(logits)), reduction="none").view(len(logits), -1).mean(1)


STEPS: dict[str, Step] = {"joint": joint, "first_order": first_order, "second_order": second_order, "fair": fair}

ALPHA_PASSES = {"joint": (0, 0), "first_order": (0, 1), "second_order": (3, 1), "fair": (0, 1)}
"""Forward and backward passes of the mixed network that α's step takes beside w's: on w's batch, on the alpha batch."""


def disjoint_paths(candidates: int, depth: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """K paths ``[K, D]`` that use each candidate of each stage once."""
    return np.stack([rng.permutation(candidates) for _ in range(depth)], axis=1)
