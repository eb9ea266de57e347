"""Activations of several cells side by side: one tensor, or a list where each cell runs by itself."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

Groups = Tensor | list[Tensor]
"""``[G, B, C, *spatial]``; or G tensors ``[B, C, *spatial]``, images with channels last in memory, which are never
stacked: a copy of every activation, and of its gradient, would cost more than all that a stack could save.
"""


def stacked(x: Groups) -> Tensor:
    """As one tensor."""
    return x if isinstance(x, Tensor) else torch.stack(x)


def listed(x: Groups, count: int) -> list[Tensor]:
    """As a list of `count` groups; one group is repeated, not copied."""
    groups = list(x.unbind()) if isinstance(x, Tensor) else x
    return groups if len(groups) == count else groups * count


def taken(x: Groups, groups: Sequence[int]) -> Groups:
    """Some of the groups, with repeats."""
    if isinstance(x, Tensor):
        if len(x) == 1:
            return x
        index, last = torch.as_tensor(groups, device=x.device), x.movedim((0, 2), (-2, -1))
        if last.is_contiguous():  # [B, *spatial, G, C]: the order is kept
            return last.index_select(-2, index).movedim((-2, -1), (0, 2))
        return x[index]
    return x if len(x) == 1 else [x[group] for group in groups]


def channels_last(x: Tensor) -> Tensor:
    """One group ``[B, C, *spatial]`` as convolutions on it are fastest: images with channels last in memory."""
    return x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 else x


def has_channels_last(x: Tensor) -> bool:
    """Whether a signal ``[B, C, L]`` has its channels last in memory, as it is fastest on a CPU."""
    return x.dim() == 3 and x.stride(1) == 1 and x.shape[1] > 1


def as_image(x: Tensor) -> Tensor:
    """A signal ``[B, C, L]`` as an image of one row, for whose order in memory torch has fast kernels."""
    return x.unsqueeze(2)


def join_groups(x: Tensor) -> Tensor:
    """``[G, B, C, *spatial]`` as channel groups ``[B, G·C, *spatial]``; a view where `part_groups` made it."""
    return x.transpose(0, 1).flatten(1, 2)


def part_groups(x: Tensor, channels: int) -> Tensor:
    """Channel groups ``[B, G·C, *spatial]`` as ``[G, B, C, *spatial]``, a view."""
    parted: Tensor = x.unflatten(1, (-1, channels))
    return parted.transpose(0, 1)


def combined(x: Groups, choice: Tensor | int) -> Tensor:
    """Of K groups one, or their sum weighted by ``[1, K]``: ``[B, C, *spatial]``."""
    if isinstance(choice, int):
        return x[choice]
    weights = choice.flatten()
    if isinstance(x, Tensor):
        return torch.einsum("k,k...->...", weights, x)
    total = x[0] * weights[0]
    for group, weight in zip(x[1:], weights[1:], strict=True):
        total = total + group * weight
    return total


def regrouped(groups: Sequence[Tensor]) -> Groups:
    """Tensors ``[B, C, *spatial]`` as groups: a list of images, which run one by one on a CPU, else stacked."""
    return list(groups) if groups[0].dim() == 4 else torch.stack(list(groups))
