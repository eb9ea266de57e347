"""One stage of a network: its input convolution, its candidate cells, their mixture and pooling."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fade.nets.blocks import BlockBatch
from fade.nets.cells import CellBatch
from fade.nets.groups import (
    Groups,
    as_image,
    combined,
    has_channels_last,
    join_groups,
    listed,
    part_groups,
    regrouped,
    stacked,
    taken,
)
from fade.nets.layout import Layout, StageLayout
from fade.nets.ops import CONVOLVE, empty_weight, grouped_convolution
from fade.space import Region

Choice = Tensor | int | None
"""How a stage combines its candidates: mixing weights ``[N, K]``, one candidate alone, or None where K = 1."""

POOL = {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d}


def convolve(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """A convolution with "same" padding."""
    return CONVOLVE[weight.dim() - 2](x, weight, bias, padding=weight.shape[-1] // 2)


def _entered(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """A convolution of one copy and ReLU; of a kernel of size 1 without a spatial axis, a matrix product."""
    if x.dim() == 3 and x.shape[2] == weight.shape[3] == 1:
        return F.linear(x[..., 0], weight[0, ..., 0], bias[0]).relu_()[..., None]
    return grouped_convolution(x, weight, bias, groups=1, relu=True)


class Stage(nn.Module):
    """Input convolution, K candidate cells, their mixture and pooling, for N networks side by side."""

    def __init__(self, layout: Layout, d: int, regions: Sequence[Region], share: bool) -> None:
        super().__init__()
        stage: StageLayout = layout.stages[d]
        self.networks, self.candidates = len(regions), regions[0].candidates
        self.channels, dims = stage.channels, len(stage.spatial)
        self.entry: nn.ParameterList = nn.ParameterList()
        if stage.kernel is not None:
            size = (self.networks, stage.channels, stage.inputs, *[stage.kernel] * dims)
            self.entry.extend([nn.Parameter(empty_weight(*size)), nn.Parameter(torch.zeros(size[:2]))])
        cells = [cell for region in regions for cell in region.cells[d]]
        owners = [n for n in range(self.networks) for _ in range(self.candidates)]
        self.cells: CellBatch | BlockBatch
        if stage.stride is not None:
            self.cells = BlockBatch(cells, stage.inputs, stage.channels, stage.stride, owners=owners)
        else:
            self.cells = CellBatch(
                cells,
                stage.channels,
                dims,
                output_op=layout.output_op,
                normalise=layout.normalise,
                owners=owners,
                share=share,
            )
        self.pool = POOL[dims](2) if stage.pool else None

    def forward(self, x: Groups, combine: Callable[[Groups], Groups]) -> Groups:
        """Input convolution, what `combine` makes of it by the cells, and pooling."""
        return self.shrink(combine(self.enter(x)))

    def enter(self, x: Groups) -> Groups:
        """Input convolution and ReLU.

        Args:
            x: Groups ``[B, C_in, *spatial]``: with one network any number of them, with N networks a group each, or one
                that all see.

        Returns:
            As many ``[B, C, *spatial]``, or N.
        """
        if not self.entry:
            return x
        weight, bias = self.entry
        if self.cells.execution_on(x) == "loop":
            count = max(len(x), self.networks)
            weights, biases = (parameter.unbind() * (count // self.networks) for parameter in (weight, bias))
            return [convolve(h, w, b).relu_() for h, w, b in zip(listed(x, count), weights, biases, strict=True)]
        h = stacked(x)
        if self.networks == 1 and len(h) > 1 and has_channels_last(join_groups(h)):
            weight, bias = (parameter.expand(len(h), *parameter.shape[1:]) for parameter in (weight, bias))
        elif self.networks == 1:  # the groups are one larger batch
            out = _entered(h.flatten(0, 1), weight, bias)
            return torch.unflatten(out, 0, h.shape[:2])
        return part_groups(grouped_convolution(join_groups(h), weight, bias, relu=True), self.channels)

    def mix(self, x: Groups, choice: Choice) -> Groups:
        """Combine the candidates of each network: groups ``[B, C, *spatial]`` to as many, or N."""
        if isinstance(choice, int):
            return self.cells.outputs(x, [n * self.candidates + choice for n in range(self.networks)])
        if choice is None:
            assert self.candidates == 1, "K candidates need mixing weights"
            return self.cells.outputs(x)
        if self.networks == 1 and len(x) > 1:
            return self._mix_each(x, choice)
        repeated = [n for n in range(self.networks) for _ in range(self.candidates)]
        return self.cells.mixture(taken(x, repeated), choice)

    def _mix_each(self, x: Groups, choice: Tensor) -> Groups:
        """Several inputs of one network, each mixed by itself; more are combined than `CellBatch.mixture` can."""
        sources = [group for group in range(len(x)) for _ in range(self.candidates)]
        outputs = self.cells.outputs(taken(x, sources), [*range(self.candidates)] * len(x))
        starts = range(0, len(sources), self.candidates)
        return regrouped([combined(outputs[start : start + self.candidates], choice) for start in starts])

    def select(self, x: Groups, sources: Sequence[int], cells: Sequence[int] | None) -> Groups:
        """Outputs of chosen cells, or all, each of the group of `x` that `sources` says."""
        return self.cells.outputs(taken(x, sources), cells)

    def shrink(self, x: Groups) -> Groups:
        """Pooling, where the stage has it."""
        if self.pool is None:
            return x
        if not isinstance(x, Tensor):
            return [self.pool(h) for h in x]
        joined = join_groups(x)
        if has_channels_last(joined):
            return part_groups(F.max_pool2d(as_image(joined), (1, 2)).squeeze(2), x.shape[2])
        pooled: Tensor = self.pool(x.flatten(0, 1))
        return pooled.view(*x.shape[:2], *pooled.shape[1:])

    def macs(self, layout: StageLayout) -> int:
        """Multiply-accumulates of the input convolution of one network."""
        return self.entry[0][0].numel() * int(np.prod(layout.spatial)) if self.entry else 0
