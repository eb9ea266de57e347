"""Atomic cells: the blocks of NAS-Bench-Macro, behind the interface of the cell engine."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fade.nets.depthwise import depthwise_convolution
from fade.nets.groups import Groups, listed, stacked
from fade.nets.ops import fill_he_uniform
from fade.nets.vocabulary import BLOCKS
from fade.space import Cell


class ConvNorm(nn.Module):
    """Convolution without bias, batch normalisation with learnt scale and shift, and ReLU where asked for.

    Attributes:
        statistics: See `fade.nets.cells.CellBatch`.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(
        self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, depthwise: bool = False, relu: bool = True
    ) -> None:
        super().__init__()
        self.stride, self.relu, self.groups = stride, relu, inputs if depthwise else 1
        self.weight = nn.Parameter(torch.empty(outputs, inputs // self.groups, kernel, kernel))
        self.scale, self.shift = nn.Parameter(torch.ones(outputs)), nn.Parameter(torch.zeros(outputs))
        self.register_buffer("running_mean", torch.zeros(outputs))
        self.register_buffer("running_var", torch.ones(outputs))
        self.statistics = "update"

    def forward(self, x: Tensor) -> Tensor:
        """``[B, C_in, H, W]`` to ``[B, C_out, H', W']``."""
        kernel, stride = self.weight.shape[-1], self.stride
        if self.groups > 1:
            x = depthwise_convolution(x, self.weight, stride=stride)
        else:
            if kernel == 1 and stride > 1:  # the backward pass of fewer than 8 channels writes past its memory [oneDNN]
                x, stride = F.avg_pool2d(x, 1, stride), 1
            x = F.conv2d(x, self.weight, stride=stride, padding=kernel // 2)
        mean, var = (None, None) if self.statistics == "batch" else (self.running_mean, self.running_var)
        x = F.batch_norm(x, mean, var, self.scale, self.shift, training=self.statistics != "running")
        return x.relu_() if self.relu else x

    def use_statistics(self, kind: str) -> None:
        """Normalise by `batch`, `running` or `update` statistics."""
        self.statistics = kind

    def macs(self, spatial: Sequence[int]) -> int:
        """Multiply-accumulates on one example of size `spatial`, normalisation left out."""
        return self.weight.numel() * math.prod(-(-side // self.stride) for side in spatial)


class Block(nn.Module):
    """One block of NAS-Bench-Macro (Su et al. 2021): an inverted bottleneck, or identity.

    A bottleneck is a pointwise expansion, a depthwise convolution and a pointwise projection, each normalised, the
    first two with ReLU, and a residual sum where input and output have the same shape. Identity where they have not is
    a pointwise convolution with the stride.
    """

    def __init__(self, kind: str, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        kernel, expansion = BLOCKS[kind]
        same = stride == 1 and inputs == outputs
        self.residual = same and kernel > 0
        layers: list[nn.Module] = []
        if kernel:
            wide = inputs * expansion
            layers = [
                ConvNorm(inputs, wide, 1),
                ConvNorm(wide, wide, kernel, stride=stride, depthwise=True),
                ConvNorm(wide, outputs, 1, relu=False),
            ]
        elif not same:
            layers = [ConvNorm(inputs, outputs, 1, stride=stride, relu=False)]
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """``[B, C_in, H, W]`` to ``[B, C_out, H', W']``."""
        out: Tensor = self.layers(x)
        return out + x if self.residual else out

    def macs(self, spatial: Sequence[int]) -> int:
        """Multiply-accumulates on one example of size `spatial`."""
        total, size = 0, list(spatial)
        for layer in self.layers:
            assert isinstance(layer, ConvNorm)
            total += layer.macs(size)
            size = [-(-side // layer.stride) for side in size]
        return total


class BlockBatch(nn.Module):
    """M blocks with weights of their own; see `fade.nets.cells.CellBatch`, whose interface this has.

    Args:
        cells: The M atomic cells.
        inputs: Channels that arrive.
        outputs: Channels that leave.
        stride: Step of the block.
        owners: ``[M]`` network of each block.
    """

    def __init__(self, cells: Sequence[Cell], inputs: int, outputs: int, stride: int, *, owners: Sequence[int]) -> None:
        super().__init__()
        self.cells, self.owners = list(cells), list(owners)
        self.blocks = nn.ModuleList(Block(str(cell.block), inputs, outputs, stride) for cell in cells)
        self.statistics = "update"

    def forward(self, x: Tensor, select: Sequence[int] | None = None) -> Tensor:
        """Evaluate blocks; see `fade.nets.cells.CellBatch.forward`."""
        return stacked(self.outputs(x, select))

    def outputs(self, x: Groups, select: Sequence[int] | None = None) -> Groups:
        """See `fade.nets.cells.CellBatch.outputs`."""
        chosen = list(range(len(self.blocks))) if select is None else list(select)
        repeated = len(set(chosen)) < len(chosen)
        kind = "batch" if self.statistics == "update" and (repeated or select is not None) else self.statistics
        for norm in norms(self):
            norm.statistics = kind
        return [self.blocks[m](own) for m, own in zip(chosen, listed(x, len(chosen)), strict=True)]

    def mixture(self, x: Groups, weights: Tensor) -> Groups:
        """See `fade.nets.cells.CellBatch.mixture`."""
        (networks, candidates), scales = weights.shape, weights.flatten().unbind()
        outputs = [out * scale for out, scale in zip(listed(self.outputs(x), len(scales)), scales, strict=True)]
        return [
            sum(outputs[n * candidates + 1 : (n + 1) * candidates], outputs[n * candidates]) for n in range(networks)
        ]

    def execution_on(self, x: Groups) -> str:
        """Block by block."""
        return "loop"

    def use_statistics(self, kind: str) -> None:
        """Normalise by `batch`, `running` or `update` statistics."""
        self.statistics = kind

    def initialise(self, generators: Sequence[torch.Generator]) -> None:
        """Draw all weights; those of network n from ``generators[n]``."""
        for block, owner in zip(self.blocks, self.owners, strict=True):
            for norm in norms(block):
                fill_he_uniform(norm.weight.data, generators[owner])

    def load_cell(self, index: int, source: BlockBatch, source_index: int) -> None:
        """Take over weights and statistics of the same block in another batch."""
        assert self.cells[index] == source.cells[source_index]
        self.blocks[index].load_state_dict(source.blocks[source_index].state_dict())

    def macs(self, index: int, spatial: Sequence[int]) -> int:
        """Multiply-accumulates of one block on one example of size `spatial`, as it arrives."""
        block = self.blocks[index]
        assert isinstance(block, Block)
        return block.macs(spatial)

    def parameter_count(self, index: int) -> int:
        """Parameters of one block."""
        return sum(p.numel() for p in self.blocks[index].parameters())


def norms(module: nn.Module) -> Iterator[ConvNorm]:
    """All normalised convolutions of a module."""
    return (inner for inner in module.modules() if isinstance(inner, ConvNorm))
