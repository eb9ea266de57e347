"""Losses and accuracies of networks and of paths, without training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from fade.data import Data
from fade.nets.network import Network
from fade.nets.stage import Choice

PATHS_AT_ONCE = 32


def reading_precision(precision: str, device: torch.device) -> torch.autocast:
    """The context in which networks are read without training: the precision in which they were trained.

    Args:
        precision: ``32-true`` or ``bf16-mixed``.
        device: Where they are.
    """
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16-mixed")


def even_batches(data: Data, split: str, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
    """A split in batches of about `batch_size`, at most one example apart: batch statistics depend on the size.

    None has fewer than two examples, of which alone there are no statistics.
    """
    size = data.sizes[split]
    count = max(min(round(size / batch_size), size // 2), 1)
    source = iter(data.batches(split, batch_size=-(-size // count), seed=0))
    x, y = next(source)
    for i in range(count):
        length = (size + i) // count
        while len(y) < length:
            more = next(source)
            x, y = torch.cat([x, more[0]]), torch.cat([y, more[1]])
        yield x[:length], y[:length]
        x, y = x[length:], y[length:]


@torch.no_grad()
def evaluate(
    logits_of: Callable[[Tensor], Tensor], data: Data, split: str, batch_size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean loss and accuracy of G networks on a split.

    Args:
        logits_of: ``[B, C, *spatial] -> [G, B, classes]``.
        data: The data.
        split: Its name.
        batch_size: Examples a batch, about.

    Returns:
        Cross-entropies ``[G]`` in nats and accuracies ``[G]``.
    """
    size = data.sizes[split]
    losses, hits = [], []
    for x, y in even_batches(data, split, batch_size):
        logits = logits_of(x).float()
        target = y.expand(len(logits), -1)
        losses.append(F.cross_entropy(logits.flatten(0, 1), target.flatten(), reduction="none").view_as(target).sum(1))
        hits.append((logits.argmax(-1) == target).sum(1))
    total = torch.stack(losses).double().sum(0) / size
    return total.cpu().numpy(), (torch.stack(hits).sum(0).double() / size).cpu().numpy()


def evaluate_mixed(network: Network, choices: Sequence[Choice], data: Data, batch_size: int) -> tuple[float, float]:
    """Validation loss and accuracy of a mixed hyper-architecture, normalised by the statistics of each batch."""
    with network.statistics("batch"):
        losses, accuracies = evaluate(lambda x: network(x, choices), data, "validation", batch_size)
    return float(losses[0]), float(accuracies[0])


def evaluate_swapped(
    network: Network,
    choices: Sequence[Choice],
    instead: Sequence[Sequence[Tensor | int]],
    data: Data,
    batch_size: int,
) -> NDArray[np.float64]:
    """Validation losses ``[D, S]`` of a mixed hyper-architecture with one stage's choice swapped for another.

    See `Network.forward_swapped`.
    """
    with network.statistics("batch"):
        losses, _ = evaluate(lambda x: network.forward_swapped(x, choices, instead), data, "validation", batch_size)
    return losses.reshape(len(instead), -1)


def evaluate_paths(
    network: Network, paths: NDArray[np.int64], data: Data, batch_size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Validation losses and accuracies ``[P]`` of one-hot paths, normalised by the statistics of each batch."""
    order = np.lexsort(paths.T[::-1])  # neighbours share prefixes
    losses, accuracies = np.empty(len(paths)), np.empty(len(paths))
    with network.statistics("batch"):
        for start in range(0, len(paths), PATHS_AT_ONCE):
            chunk = order[start : start + PATHS_AT_ONCE]
            some = paths[chunk]
            losses[chunk], accuracies[chunk] = evaluate(
                lambda x, some=some: network.forward_paths(x, some),  # type: ignore[misc]
                data,
                "validation",
                batch_size,
            )
    return losses, accuracies
