"""``second_order``: α looks one step of w ahead, as in DARTS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fade.training.steps.base import Mode, register_mode

if TYPE_CHECKING:
    from torch import Tensor

    from fade.training.mixing import Noise
    from fade.training.region import RegionTrainer
    from fade.training.steps.base import Batch


@register_mode
class SecondOrder(Mode):
    """α descends by `second_order_gradient` with ξ the current learning rate, then w descends L_train(w, α) [DARTS].

    w's step has the noise of α's, which looked ahead to it.
    """

    name = "second_order"
    alpha_passes = (3, 1)

    @staticmethod
    def step(trainer: RegionTrainer, batch: Batch, alpha_batch: Batch | None) -> Tensor:
        """See `Mode.step`."""
        noise = trainer.draw_noise()
        if trainer.alpha_moves:
            assert alpha_batch is not None
            trainer.step_alpha(second_order_gradient(trainer, batch, alpha_batch, noise, xi=trainer.learning_rate))
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
    and none moves the running normalisation statistics. In a network of ReLUs the difference steps over their kinks: on
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
    import torch

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
