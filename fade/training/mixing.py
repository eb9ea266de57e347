"""From architecture parameters α to the mixing weights of a stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Noise:
    """The chance of one step, drawn once so that all passes of a step share it.

    Attributes:
        gumbel: ``[D]`` tensors ``[1, K]`` of standard Gumbel noise.
        keep: ``[D]`` masks ``[1, K]`` of the candidates that take part.
    """

    gumbel: list[Tensor]
    keep: list[Tensor]


def draw_noise(alphas: Sequence[Tensor], dropout: float, generator: torch.Generator) -> Noise:
    """Draw Gumbel noise and the candidates that are left out, at least one of each stage staying."""
    gumbel, keep = [], []
    for alpha in alphas:
        uniform = torch.rand(alpha.shape, generator=generator).clamp_(1e-9, 1 - 1e-7)
        gumbel.append((-torch.log(-torch.log(uniform))).to(alpha.device))
        chance = torch.rand(alpha.shape, generator=generator)
        mask = chance >= dropout
        mask |= chance == chance.max(dim=-1, keepdim=True).values  # else a stage could be empty
        keep.append(mask.to(alpha.device))
    return Noise(gumbel, keep)


def mix(alpha: Tensor, gumbel: Tensor, keep: Tensor, *, mixing: str, temperature: float) -> Tensor:
    """Mixing weights m = softmax(α) [paper], or Gumbel-softmax, soft or hard with straight-through [prototype].

    Args:
        alpha: ``[1, K]``.
        gumbel: ``[1, K]`` standard Gumbel noise; softmax ignores it.
        keep: ``[1, K]`` candidates that take part; the others weigh 0 [ours, candidate dropout].
        mixing: ``softmax``, ``gumbel`` or ``gumbel_hard``.
        temperature: τ of the Gumbel-softmax.

    Returns:
        ``[1, K]``, non-negative, summing to 1.
    """
    logits = alpha if mixing == "softmax" else (alpha + gumbel) / temperature
    weights = torch.softmax(logits.masked_fill(~keep, float("-inf")), dim=-1)
    if mixing != "gumbel_hard":
        return weights
    hard = torch.zeros_like(weights).scatter_(-1, weights.argmax(-1, keepdim=True), 1.0)
    return hard + (weights - weights.detach())  # the bracket is exactly 0, so that the sum is exactly one-hot
