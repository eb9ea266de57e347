import pytest
import torch
import torch.nn.functional as F
from torch.utils._python_dispatch import TorchDispatchMode

from fade.nets.depthwise import depthwise_convolution

every_shape = pytest.mark.parametrize(
    ("size", "kernel", "stride", "dilation"),
    [
        ((4, 4), 5, 1, 1),
        ((2, 2), 5, 1, 1),
        ((1, 1), 3, 1, 1),
        ((8, 8), 5, 2, 1),
        ((7, 5), 5, 2, 1),
        ((3, 2), 3, 2, 1),
        ((8, 8), 3, 1, 2),
        ((3, 6), 5, 1, 2),
        ((9, 9), 3, 1, 1),
    ],
)


def tensors(size, kernel, dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 3, *size, dtype=dtype, generator=generator).to(memory_format=torch.channels_last)
    weight = torch.randn(3, 1, kernel, kernel, dtype=dtype, generator=generator)
    return x.requires_grad_(), weight.requires_grad_()


@every_shape
def test_values_and_gradients_are_torch_s(size, kernel, stride, dilation):
    x, weight = tensors(size, kernel)
    ours = depthwise_convolution(x, weight, stride=stride, dilation=dilation)
    padding = dilation * (kernel // 2)
    theirs = F.conv2d(x, weight, stride=stride, padding=padding, dilation=dilation, groups=3)
    torch.testing.assert_close(ours, theirs)
    direction = torch.randn(ours.shape, dtype=ours.dtype, generator=torch.Generator().manual_seed(1))
    for mine, other in zip(*(torch.autograd.grad(y, (x, weight), direction) for y in (ours, theirs)), strict=True):
        torch.testing.assert_close(mine, other)


@every_shape
def test_it_can_be_differentiated_twice(size, kernel, stride, dilation):
    def convolve(x, weight):
        return depthwise_convolution(x, weight, stride=stride, dilation=dilation)

    assert torch.autograd.gradgradcheck(convolve, tensors(size, kernel), fast_mode=True)


class Forbidden(TorchDispatchMode):
    """Lets no gradient by x be computed."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        assert func is not torch.ops.aten.convolution_backward.default
        return func(*args, **(kwargs or {}))


def test_only_what_is_asked_for_is_differentiated():
    x, weight = tensors((2, 2), 3)
    y, whole = depthwise_convolution(x.detach(), weight), depthwise_convolution(x, weight)
    with Forbidden():
        (gradient,) = torch.autograd.grad(y.sum(), weight)
    assert gradient.shape == weight.shape
    with pytest.raises(AssertionError), Forbidden():
        torch.autograd.grad(whole.sum(), x)


def test_channels_stay_last_in_memory():
    x, weight = (tensor.detach().contiguous(memory_format=torch.channels_last) for tensor in tensors((2, 2), 5))
    x.requires_grad_()
    y = depthwise_convolution(x, weight.requires_grad_())
    (gradient,) = torch.autograd.grad(y.square().sum(), x)
    assert y.is_contiguous(memory_format=torch.channels_last)
    assert gradient.is_contiguous(memory_format=torch.channels_last)


def test_reduced_precision_is_left_to_torch():
    x, weight = tensors((2, 2), 5, torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = depthwise_convolution(x, weight)
    assert y.dtype == torch.bfloat16
    y.float().sum().backward()
    assert weight.grad.dtype == torch.float32
