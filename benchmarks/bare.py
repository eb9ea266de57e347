"""The floor of every benchmark: the same work as a plain PyTorch loop, one layer an edge, as one would write it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fade.nets.layout import Layout
from fade.nets.vocabulary import BLOCKS
from fade.space import Cell, Region

CONVOLUTIONS = {1: nn.Conv1d, 2: nn.Conv2d}
KERNELS = {"linear": 1, "conv3": 3, "conv5": 5, "conv7": 7}


class BareCell(nn.Module):
    """A cell, edge by edge, its output normalised without learnt parameters."""

    def __init__(self, cell: Cell, channels: int, dims: int, output_op: str) -> None:
        super().__init__()
        cell = cell.canonical()
        self.output = cell.vertices
        edges = sorted(cell.edges, key=lambda edge: (edge[1], edge[0]))
        self.edges = [*edges, *((sink, cell.vertices, output_op) for sink in cell.sinks)]
        self.layers = nn.ModuleList(layer(op, channels, channels, dims) for _, _, op in self.edges)

    def forward(self, x: Tensor) -> Tensor:
        values: dict[int, Tensor] = {}
        for (tail, head, _), edge in zip(self.edges, self.layers, strict=True):
            arriving = F.relu(edge(values.get(tail, x)))
            values[head] = values[head] + arriving if head in values else arriving
        return F.batch_norm(values[self.output], None, None, training=True)


class BareBlock(nn.Module):
    """A block of NAS-Bench-Macro as its authors write it."""

    def __init__(self, kind: str, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        kernel, expansion = BLOCKS[kind]
        same, wide = stride == 1 and inputs == outputs, inputs * expansion
        self.residual = same and kernel > 0
        self.layers = nn.Identity()
        if kernel:
            self.layers = nn.Sequential(
                *(nn.Conv2d(inputs, wide, 1, bias=False), nn.BatchNorm2d(wide), nn.ReLU(inplace=True)),
                nn.Conv2d(wide, wide, kernel, stride, kernel // 2, groups=wide, bias=False),
                *(nn.BatchNorm2d(wide), nn.ReLU(inplace=True)),
                *(nn.Conv2d(wide, outputs, 1, bias=False), nn.BatchNorm2d(outputs)),
            )
        elif not same:
            self.layers = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x) + x if self.residual else self.layers(x)


def conv_norm(inputs: int, outputs: int, kernel: int) -> nn.Module:
    """A normalised convolution and ReLU."""
    convolution = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


def layer(op: str, inputs: int, outputs: int, dims: int) -> nn.Module:
    """A linear layer without space, else a convolution."""
    kernel = KERNELS[op]
    return CONVOLUTIONS[dims](inputs, outputs, kernel, padding=kernel // 2) if dims else nn.Linear(inputs, outputs)


class BareNetwork(nn.Module):
    """The mixed hyper-architecture of a region; with one candidate a stage a stand-alone network."""

    def __init__(self, region: Region, layout: Layout) -> None:
        super().__init__()
        self.flat, self.dims = layout.flatten, 0 if layout.flatten else layout.dims
        self.entries, self.stages, self.pools = nn.ModuleList(), nn.ModuleList(), []
        for stage, cells in zip(layout.stages, region.cells, strict=True):
            entry = None if stage.kernel is None else {1: "linear", 3: "conv3"}[stage.kernel]
            self.entries.append(
                nn.Identity() if entry is None else layer(entry, stage.inputs, stage.channels, self.dims)
            )
            self.stages.append(
                nn.ModuleList(
                    BareCell(cell, stage.channels, self.dims, layout.output_op)
                    if stage.stride is None
                    else BareBlock(str(cell.block), stage.inputs, stage.channels, stage.stride)
                    for cell in cells
                )
            )
            self.pools.append(stage.pool)
        width = layout.stages[-1].channels
        self.stem = nn.Identity() if layout.stem is None else conv_norm(*layout.stem, 3)
        self.neck = nn.Identity() if layout.head is None else conv_norm(width, layout.head, 1)
        self.head = nn.Linear(layout.head or width, layout.classes)
        mixed = region.candidates > 1
        self.alphas = nn.ParameterList(
            nn.Parameter(torch.zeros(region.candidates)) for _ in (layout.stages if mixed else ())
        )

    def forward(self, x: Tensor) -> Tensor:
        """Logits of the mixture."""
        h = x.flatten(1) if self.flat else self.stem(x)
        for d, (entry, cells, pool) in enumerate(zip(self.entries, self.stages, self.pools, strict=True)):
            h = h if isinstance(entry, nn.Identity) else F.relu(entry(h))
            if self.alphas:
                weights = torch.softmax(self.alphas[d], 0)
                h = sum(weight * cell(h) for weight, cell in zip(weights, cells, strict=True))
            else:
                h = cells[0](h)
            if pool:
                h = F.max_pool2d(h, 2) if self.dims == 2 else F.max_pool1d(h, 2)
        return self.head(h if self.flat else self.neck(h).flatten(2).mean(2))

    def path(self, x: Tensor, path: Sequence[int]) -> Tensor:
        """Logits of one path."""
        h = x.flatten(1) if self.flat else self.stem(x)
        for entry, cells, pool, k in zip(self.entries, self.stages, self.pools, path, strict=True):
            h = h if isinstance(entry, nn.Identity) else F.relu(entry(h))
            h = cells[k](h)
            if pool:
                h = F.max_pool2d(h, 2) if self.dims == 2 else F.max_pool1d(h, 2)
        return self.head(h if self.flat else self.neck(h).flatten(2).mean(2))
