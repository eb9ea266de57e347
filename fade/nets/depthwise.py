"""Depthwise convolution of images whose gradient by the weights is fast on a CPU, too."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def depthwise_convolution(x: Tensor, weight: Tensor, *, stride: int = 1, dilation: int = 1) -> Tensor:
    """Convolve each channel with a kernel of its own, "same" padding; equal to `F.conv2d` within rounding.

    torch's gradient by the weights falls back to a reference on a CPU where the kernel is dilated or larger than the
    output, and then takes up to fifty times as long as the forward pass (`benchmarks/README.md`). There it is summed up
    here, a product with the shifted input for each point of the kernel.

    Args:
        x: ``[B, C, H, W]``.
        weight: ``[C, 1, k, k]``, k odd.
        stride: Step.
        dilation: Spacing of the kernel's points.

    Returns:
        ``[B, C, ⌈H / stride⌉, ⌈W / stride⌉]``.
    """
    if x.device.type == "cpu" and torch.is_autocast_enabled("cpu"):  # in bfloat16 all of torch's is the reference
        with torch.autocast("cpu", enabled=False):
            return depthwise_convolution(x.float(), weight, stride=stride, dilation=dilation).to(
                torch.get_autocast_dtype("cpu")
            )
    kernel = weight.shape[-1]
    falls_back = dilation > 1 or min(-(-side // stride) for side in x.shape[2:]) < kernel
    if falls_back and x.device.type == "cpu":
        result: Tensor = _Depthwise.apply(x, weight, stride, dilation)
        return result
    padding = dilation * (kernel // 2)
    return F.conv2d(x, weight, stride=stride, padding=padding, dilation=dilation, groups=len(weight))


class _Depthwise(torch.autograd.Function):
    """`F.conv2d` with a backward pass of its own, which can be differentiated again."""

    @staticmethod
    def forward(ctx, x, weight, stride, dilation):  # type: ignore[no-untyped-def]
        ctx.save_for_backward(x, weight)
        ctx.how = {"stride": stride, "padding": dilation * (weight.shape[-1] // 2), "dilation": dilation}
        return F.conv2d(x, weight, groups=len(weight), **ctx.how)

    @staticmethod
    def backward(ctx, gradient):  # type: ignore[no-untyped-def]
        (x, weight), how = ctx.saved_tensors, ctx.how
        by_x = by_weight = None
        if ctx.needs_input_grad[0]:  # torch.nn.grad.conv2d_input would forget the order of x in memory
            stride, padding, dilation = ([how[name]] * 2 for name in ("stride", "padding", "dilation"))
            by_x = torch.ops.aten.convolution_backward(
                gradient, x, weight, None, stride, padding, dilation, False, [0, 0], len(weight), [True, False, False]
            )[0]
        if ctx.needs_input_grad[1]:
            by_weight = _by_weight(x, gradient, weight.shape[-1], **how)
        return by_x, by_weight, None, None


def _by_weight(x: Tensor, gradient: Tensor, kernel: int, *, stride: int, padding: int, dilation: int) -> Tensor:
    """``[C, 1, k, k]``: for each point of the kernel, gradient times shifted input, summed over B, H and W."""
    x, gradient = x.permute(0, 2, 3, 1), gradient.permute(0, 2, 3, 1)  # contiguous, channels last as images are
    sums = []
    for i in range(kernel):
        rows_out, rows_in = _overlap(x.shape[1], gradient.shape[1], stride, i * dilation - padding)
        for j in range(kernel):
            columns_out, columns_in = _overlap(x.shape[2], gradient.shape[2], stride, j * dilation - padding)
            product = x[:, rows_in, columns_in] * gradient[:, rows_out, columns_out]  # empty where all is padding
            sums.append(product.sum((0, 1, 2)))
    return torch.stack(sums, 1).view(-1, 1, kernel, kernel)


def _overlap(inputs: int, outputs: int, stride: int, shift: int) -> tuple[slice, slice]:
    """Outputs whose input at ``stride * output + shift`` is not padding, and these inputs."""
    first = max(-(shift // stride), 0)
    last = min((inputs - 1 - shift) // stride, outputs - 1)
    if last < first:
        return slice(0), slice(0)
    return slice(first, last + 1), slice(first * stride + shift, last * stride + shift + 1, stride)
