"""One trained stand-alone network as plain layers, vertex by vertex: what is exported, and nothing more."""

from __future__ import annotations

import copy
from collections import defaultdict

import torch
from torch import Tensor, nn

from fade.data import Data
from fade.nets.blocks import norms
from fade.nets.cells import CellBatch
from fade.nets.network import Network
from fade.nets.ops import Convolution, Looped, Op, ParameterFree, SeparableConvolution
from fade.nets.stage import Stage

LAYER = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
EPSILON = 1e-5
"""As in `torch.nn.functional.batch_norm`, which normalises in training."""


class Standardise(nn.Module):
    """(x - mean) · scale for each channel, by fixed statistics ``[C]``."""

    mean: Tensor
    scale: Tensor

    def __init__(self, mean: Tensor, scale: Tensor, dims: int) -> None:
        super().__init__()
        self.register_buffer("mean", mean.detach().clone().view(-1, *[1] * dims))
        self.register_buffer("scale", scale.detach().clone().view(-1, *[1] * dims))

    def forward(self, x: Tensor) -> Tensor:
        """``[B, C, *spatial]`` to the same shape."""
        return (x - self.mean) * self.scale


class Head(nn.Module):
    """Global average pooling and a linear layer: ``[B, C, *spatial]`` to ``[B, classes]``."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.linear = nn.Linear(weight.shape[1], len(weight), device="meta")
        self.linear.weight, self.linear.bias = _parameter(weight), _parameter(bias)

    def forward(self, x: Tensor) -> Tensor:
        """``[B, C, *spatial]`` to ``[B, classes]``."""
        logits: Tensor = self.linear(x.mean(tuple(range(2, x.dim()))))
        return logits


class PlainCell(nn.Module):
    """One cell as layers: `edges` by ``from_TAIL_to_HEAD``, `norms` by head; the last head is ``output``.

    Args:
        cells: A batch of this one cell; its running statistics are taken.
    """

    def __init__(self, cells: CellBatch) -> None:
        super().__init__()
        vertices = cells.cells[0].vertices
        self.tails: dict[int, list[int]] = defaultdict(list)  # of each head, in the order of evaluation
        self.name = {**{v: str(v) for v in range(vertices)}, vertices: "output"}
        self.edges, self.norms = nn.ModuleDict(), nn.ModuleDict()
        for (tail, head), (op, slot) in cells.slots[0].items():
            self.tails[head].append(tail)
            self.edges[self._edge(tail, head)] = plain_op(cells.op(op), slot)
        for head in self.tails:
            inner = head < vertices
            if cells.normalise == "vertex" or (cells.normalise == "output" and not inner):
                row = cells.vertex_rows[0][head] if inner else 0
                scale = (cells.running_var[row] + EPSILON).rsqrt()
                self.norms[self.name[head]] = Standardise(cells.running_mean[row], scale, cells.dims)

    def _edge(self, tail: int, head: int) -> str:
        return f"from_{tail}_to_{self.name[head]}"

    def forward(self, x: Tensor) -> Tensor:
        """``[B, C, *spatial]`` to the same shape."""
        values: dict[int, Tensor] = {}
        total = x
        for head, tails in self.tails.items():
            first, *others = (self.edges[self._edge(tail, head)](values.get(tail, x)) for tail in tails)
            total = first
            for other in others:
                total = total + other
            if self.name[head] in self.norms:
                total = self.norms[self.name[head]](total)
            values[head] = total
        return total


def plain_network(network: Network, data: Data) -> nn.Module:
    """The same function as layers, with the normalisation of the data before it.

    Args:
        network: One stand-alone network (N = 1, K = 1); its running statistics are taken.
        data: What it was trained on.

    Returns:
        On the CPU, frozen, in evaluation mode: raw ``[B, C, *spatial]`` to logits ``[B, classes]``. Its parts are named
        input, flatten (mlp), stage_0 to stage_(D-1) (of entry, cell and pool, as there are) and head.
    """
    assert [region.candidates for region in network.regions] == [1], "one stand-alone network is exported"
    parts = nn.Sequential()
    parts.add_module("input", Standardise(data.mean, 1 / data.std, len(data.shape) - 1))
    if network.layout.flatten:  # features are channels on an axis of length 1, as in the engine
        features = (network.layout.stages[0].inputs, 1)
        parts.add_module("flatten", nn.Sequential(nn.Flatten(), nn.Unflatten(1, features)))
    for stem in network.stem:
        parts.add_module("stem", stem)
    for number, stage in enumerate(network.stages):
        assert isinstance(stage, Stage)
        parts.add_module(f"stage_{number}", _plain_stage(stage))
    for neck in network.neck:
        parts.add_module("neck", neck)
    parts.add_module("head", Head(network.head_weight[0], network.head_bias[0]))
    plain = copy.deepcopy(parts).cpu().eval().requires_grad_(False)
    for norm in norms(plain):
        norm.use_statistics("running")
    return plain


def _plain_stage(stage: Stage) -> nn.Module:
    parts = nn.Sequential()
    if stage.entry:
        weight, bias = stage.entry
        parts.add_module("entry", nn.Sequential(_convolution(weight[0], bias[0]), nn.ReLU()))
    cells = stage.cells
    parts.add_module("cell", PlainCell(cells) if isinstance(cells, CellBatch) else cells.blocks[0])
    if stage.pool is not None:
        parts.add_module("pool", stage.pool)
    return parts


def plain_op(op: Op, slot: int) -> nn.Module:
    """One copy of an op as a layer."""
    if isinstance(op, Convolution):
        return nn.Sequential(_convolution(op.weight[slot], op.bias[slot], op.dilation), nn.ReLU())
    if isinstance(op, SeparableConvolution):
        depthwise = _convolution(op.depthwise[slot], None, op.dilation, op.channels)
        return nn.Sequential(depthwise, _convolution(op.pointwise[slot], op.bias[slot]), nn.ReLU())
    if isinstance(op, ParameterFree):
        return op.pool
    assert isinstance(op, Looped), f"{type(op).__name__} has no plain form"
    return op.modules_[slot]


def _convolution(weight: Tensor, bias: Tensor | None, dilation: int = 1, groups: int = 1) -> nn.Module:
    """A convolution with "same" padding and these weights ``[C_out, C_in / groups, *kernel]``."""
    layer = LAYER[weight.dim() - 2](
        weight.shape[1] * groups,
        len(weight),
        weight.shape[-1],
        padding=dilation * (weight.shape[-1] // 2),
        dilation=dilation,
        groups=groups,
        bias=bias is not None,
        device="meta",  # draws nothing from the global generator
    )
    layer.weight = _parameter(weight)
    if bias is not None:
        layer.bias = _parameter(bias)
    return layer


def _parameter(value: Tensor) -> nn.Parameter:
    return nn.Parameter(value.detach().clone(memory_format=torch.contiguous_format))
