"""One pass over examples in batches, from the device itself or through a DataLoader with workers."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from fade.data.augment import apply_variants

MOST_WORKERS = 4


@dataclass(frozen=True, kw_only=True, eq=False)
class Batches:
    """A sized iterable of (x, y); each iteration gives the same.

    Augmentation and normalisation happen on the device, with what was drawn before, so that both ways agree.

    Attributes:
        x: All examples, [N, C, *spatial], uint8 or float32.
        y: All labels, [N].
        order: Positions to visit, [n].
        batch_size: B.
        tables: Of the augmentation, on the device.
        variants: What is drawn from each table, [n] each.
        mean: Of each channel, [C].
        std: Of each channel, [C].
        device: Where the batches are given.
        resident: Whether x and y live there; else they come through a DataLoader.
    """

    x: Tensor
    y: Tensor
    order: Tensor
    batch_size: int
    tables: list[Tensor]
    variants: list[Tensor]
    mean: Tensor
    std: Tensor
    device: torch.device
    resident: bool

    def __len__(self) -> int:
        return -(-len(self.order) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        column = (-1, *[1] * (self.x.ndim - 2))
        mean, scale = (v.to(self.device).view(column) for v in (self.mean, 1 / self.std))
        variants = [torch.split(variant.to(self.device), self.batch_size) for variant in self.variants]
        for number, (x, y) in enumerate(self._resident() if self.resident else self._loaded()):
            if self.tables:
                x = apply_variants(x, self.tables, [of_axis[number] for of_axis in variants])
            yield x.float().sub_(mean).mul_(scale), y

    def _resident(self) -> Iterator[tuple[Tensor, Tensor]]:
        for positions in torch.split(self.order.to(self.device), self.batch_size):
            yield self.x[positions], self.y[positions]

    def _loaded(self) -> Iterator[tuple[Tensor, Tensor]]:
        cuda = self.device.type == "cuda"
        loader = DataLoader(
            _Gather(self.x, self.y),
            sampler=[positions.numpy() for positions in torch.split(self.order, self.batch_size)],
            batch_size=None,  # an element of the sampler is a whole batch
            num_workers=min(MOST_WORKERS, os.cpu_count() or 1, len(self)),
            pin_memory=cuda,
            generator=torch.Generator(),  # else each pass would draw a seed from the global one
        )
        for x, y in loader:
            yield x.to(self.device, non_blocking=cuda), y.to(self.device, non_blocking=cuda)


class _Gather(Dataset[tuple[Tensor, Tensor]]):
    def __init__(self, x: Tensor, y: Tensor) -> None:
        self.x, self.y = x, y

    def __getitem__(self, positions: npt.NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        index = torch.from_numpy(positions)
        return self.x[index], self.y[index]
