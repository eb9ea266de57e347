"""Ops as batches of copies: many copies of an op, each with weights of its own, in one object.

They run in one of two ways, equal to floating-point noise. *Grouped*: activations are channel groups
``[B, G·C, *spatial]`` and one grouped convolution runs all copies. *Each*: a function a copy, for a loop. Which one is
faster depends on device and size (`benchmarks/README.md`); `fade.nets.cells` chooses.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import chain

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fade.nets.depthwise import depthwise_convolution
from fade.nets.groups import as_image, has_channels_last

CONVOLVE = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}


def grouped_convolution(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    *,
    dilation: int = 1,
    groups: int | None = None,
    relu: bool = False,
) -> Tensor:
    """Convolve each channel group with the weights of its own copy, "same" padding.

    Args:
        x: ``[B, G·C_in, *spatial]``, or ``[B, C_in, *spatial]`` where all G copies read one shared input.
        weight: ``[G, C_out, C_in, *kernel]``.
        bias: ``[G, C_out]`` or None.
        dilation: Spacing of the kernel's points.
        groups: Convolution groups; None is G, or 1 for a shared input.
        relu: Whether ReLU follows.

    Returns:
        ``[B, G·C_out, *spatial]``.
    """
    copies, _, c_in = weight.shape[:3]
    if groups is None:
        groups = 1 if x.shape[1] == c_in else copies
    kernel = weight.shape[-1]
    if has_channels_last(x):
        out = F.conv2d(
            as_image(x),
            as_image(weight.flatten(0, 1)),
            None if bias is None else bias.flatten(),
            padding=(0, dilation * (kernel // 2)),
            dilation=(1, dilation),
            groups=groups,
        )
        return (out.relu_() if relu else out).squeeze(2)  # in place of a view its gradient would be copied
    out = CONVOLVE[weight.dim() - 3](
        x,
        weight.flatten(0, 1),
        None if bias is None else bias.flatten(),
        padding=dilation * (kernel // 2),
        dilation=dilation,
        groups=groups,
    )
    return out.relu_() if relu else out


def take(parameter: Tensor, slots: Tensor | None) -> Tensor:
    """Rows `slots` of a parameter; the parameter itself where `slots` is None (all, in order)."""
    return parameter if slots is None else parameter.index_select(0, slots)


def empty_weight(*shape: int) -> Tensor:
    """An undrawn weight ``[copies, C_out, C_in, *kernel]``; of images with C_in last in memory.

    Of few channels, oneDNN's backward pass takes half the time that way (`benchmarks/README.md`).
    """
    if len(shape) != 5:
        return torch.empty(shape)
    copies, outputs, inputs, height, width = shape
    return torch.empty(copies, outputs, height, width, inputs).permute(0, 1, 4, 2, 3)


def fill_he_uniform(weight: Tensor, generator: torch.Generator) -> None:
    """Fill one copy's weight ``[C_out, C_in, *kernel]`` for a ReLU behind it (He et al. 2015)."""
    fan_in = weight[0].numel()
    bound = math.sqrt(6.0 / fan_in)
    weight.copy_(torch.empty(weight.shape).uniform_(-bound, bound, generator=generator))


class Op(nn.Module):
    """A batch of independent copies of one op on `channels` channels and `dims` spatial dimensions."""

    def __init__(self, copies: int, channels: int, dims: int) -> None:
        super().__init__()
        self.copies, self.channels, self.dims = copies, channels, dims

    def forward(self, x: Tensor, slots: Tensor | None) -> Tensor:
        """Apply copy ``slots[g]`` to channel group g.

        Args:
            x: ``[B, G·C, *spatial]``, or ``[B, C, *spatial]``, shared by all copies.
            slots: ``[G]`` indices of copies; None is all copies in order.

        Returns:
            ``[B, G·C, *spatial]``.
        """
        raise NotImplementedError

    def each(self) -> list[Callable[[Tensor], Tensor]]:
        """One function ``[B, C, *spatial] -> [B, C, *spatial]`` a copy."""
        raise NotImplementedError

    def initialise(self, copy: int, generator: torch.Generator) -> None:
        """Draw the weights of one copy from `generator` (a CPU generator), biases zero."""
        for parameter in self.parameters():
            if parameter.dim() > 2:
                fill_he_uniform(parameter.data[copy], generator)
            else:
                parameter.data[copy].zero_()

    def load_copy(self, copy: int, source: Op, source_copy: int) -> None:
        """Take over the weights of a copy of another batch of the same op."""
        for mine, other in zip(self.parameters(), source.parameters(), strict=True):
            mine.data[copy].copy_(other.data[source_copy])

    def macs(self, spatial: Sequence[int]) -> int:
        """Multiply-accumulates of one copy on one example, biases and activations left out as torch's counter does."""
        return sum(p[0].numel() for p in self.parameters() if p.dim() > 2) * math.prod(spatial)

    def parameter_count(self) -> int:
        """Parameters of one copy."""
        return sum(p[0].numel() for p in self.parameters())

    def spread(self, x: Tensor, slots: Tensor | None) -> Tensor:
        """Repeat a shared input for ops that must see one channel group a copy."""
        groups = self.copies if slots is None else len(slots)
        return x if x.shape[1] == groups * self.channels else x.repeat(1, groups, *[1] * (x.dim() - 2))


class Convolution(Op):
    """Convolution and ReLU; with kernel 1 the op `linear`."""

    def __init__(self, copies: int, channels: int, dims: int, kernel: int, dilation: int = 1) -> None:
        super().__init__(copies, channels, dims)
        self.dilation = dilation
        self.weight = nn.Parameter(empty_weight(copies, channels, channels, *[kernel] * dims))
        self.bias = nn.Parameter(torch.empty(copies, channels))

    def forward(self, x: Tensor, slots: Tensor | None) -> Tensor:
        """See `Op.forward`."""
        weight, bias = take(self.weight, slots), take(self.bias, slots)
        return grouped_convolution(x, weight, bias, dilation=self.dilation, relu=True)

    def matmul(self, x: Tensor, slots: Tensor | None) -> Tensor:
        """Apply copy ``slots[g]`` of a linear op to group g of ``[G, B, C]``, or all to one group ``[1, B, C]``."""
        weight, bias = take(self.weight, slots).squeeze(-1), take(self.bias, slots)  # [G, C, C], [G, C]
        x = x.expand(len(weight), *x.shape[1:])
        return torch.baddbmm(bias[:, None], x, weight.transpose(1, 2)).relu_()

    def each(self) -> list[Callable[[Tensor], Tensor]]:
        """See `Op.each`."""
        padding = self.dilation * (self.weight.shape[-1] // 2)
        convolve = CONVOLVE[self.dims]

        def bind(weight: Tensor, bias: Tensor) -> Callable[[Tensor], Tensor]:
            return lambda x: convolve(x, weight, bias, padding=padding, dilation=self.dilation).relu_()

        # Unbound once: indexing copy by copy would cost a gradient of the whole batch for each.
        return [bind(w, b) for w, b in zip(self.weight.unbind(), self.bias.unbind(), strict=True)]


class SeparableConvolution(Op):
    """Depthwise convolution, pointwise convolution and ReLU."""

    def __init__(self, copies: int, channels: int, dims: int, kernel: int, dilation: int = 1) -> None:
        super().__init__(copies, channels, dims)
        self.dilation = dilation
        self.depthwise = nn.Parameter(torch.empty(copies, channels, 1, *[kernel] * dims))
        self.pointwise = nn.Parameter(torch.empty(copies, channels, channels, *[1] * dims))
        self.bias = nn.Parameter(torch.empty(copies, channels))

    def forward(self, x: Tensor, slots: Tensor | None) -> Tensor:
        """See `Op.forward`."""
        depthwise, pointwise = take(self.depthwise, slots), take(self.pointwise, slots)
        x = self.spread(x, slots)
        x = grouped_convolution(x, depthwise, None, dilation=self.dilation, groups=x.shape[1])
        return grouped_convolution(x, pointwise, take(self.bias, slots), groups=len(pointwise), relu=True)

    def each(self) -> list[Callable[[Tensor], Tensor]]:
        """See `Op.each`."""
        padding = self.dilation * (self.depthwise.shape[-1] // 2)
        convolve = CONVOLVE[self.dims]

        def bind(depthwise: Tensor, pointwise: Tensor, bias: Tensor) -> Callable[[Tensor], Tensor]:
            def run(x: Tensor) -> Tensor:
                if self.dims == 2:
                    x = depthwise_convolution(x, depthwise, dilation=self.dilation)
                else:
                    x = convolve(x, depthwise, padding=padding, dilation=self.dilation, groups=self.channels)
                return convolve(x, pointwise, bias).relu_()

            return run

        parameters = (self.depthwise.unbind(), self.pointwise.unbind(), self.bias.unbind())
        return [bind(d, p, b) for d, p, b in zip(*parameters, strict=True)]


class ParameterFree(Op):
    """Identity or pooling of size 3: no weights, so no ReLU either."""

    def __init__(self, copies: int, channels: int, dims: int, kind: str) -> None:
        super().__init__(copies, channels, dims)
        self.kind = kind
        self.pool: nn.Module = nn.Identity()
        if kind == "maxpool3":
            self.pool = {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d}[dims](3, stride=1, padding=1)
        elif kind == "avgpool3":
            average = {1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d}[dims]
            self.pool = average(3, stride=1, padding=1, count_include_pad=False)

    def forward(self, x: Tensor, slots: Tensor | None) -> Tensor:
        """See `Op.forward`."""
        result: Tensor = self.pool(self.spread(x, slots))
        return result

    def each(self) -> list[Callable[[Tensor], Tensor]]:
        """See `Op.each`."""
        return [self.pool] * self.copies


class Looped(Op):
    """A user's op: any module, copied and run one after the other."""

    def __init__(self, copies: int, channels: int, dims: int, factory: Callable[[int, int], nn.Module]) -> None:
        super().__init__(copies, channels, dims)
        self.factory = factory
        self.modules_ = nn.ModuleList(factory(channels, dims) for _ in range(copies))

    def forward(self, x: Tensor, slots: Tensor | None) -> Tensor:
        """See `Op.forward`."""
        order = range(self.copies) if slots is None else slots.tolist()
        groups = self.spread(x, slots).split(self.channels, dim=1)
        return torch.cat([self.modules_[copy](group) for copy, group in zip(order, groups, strict=True)], dim=1)

    def each(self) -> list[Callable[[Tensor], Tensor]]:
        """See `Op.each`."""
        return list(self.modules_)

    def initialise(self, copy: int, generator: torch.Generator) -> None:
        """Let the factory draw the module anew under a seed from `generator`: its own initialisation holds."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(torch.randint(2**62, (), generator=generator)))
            self.modules_[copy] = self.factory(self.channels, self.dims)

    def load_copy(self, copy: int, source: Op, source_copy: int) -> None:
        """See `Op.load_copy`."""
        assert isinstance(source, Looped)
        self.modules_[copy].load_state_dict(source.modules_[source_copy].state_dict())

    def macs(self, spatial: Sequence[int]) -> int:
        """Counted by torch on one example."""
        from torch.utils.flop_counter import FlopCounterMode

        module = self.modules_[0]
        state = next(chain(module.parameters(), module.buffers()), None)
        device = "cpu" if state is None else state.device
        training = module.training
        module.eval()  # else counting would move statistics that the module keeps
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            module(torch.zeros(1, self.channels, *spatial, device=device))
        module.train(training)
        return int(counter.get_total_flops()) // 2

    def parameter_count(self) -> int:
        """Parameters of one copy."""
        return sum(p.numel() for p in self.modules_[0].parameters())
