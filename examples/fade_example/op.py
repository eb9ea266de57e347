"""An op: a convolution of size 3 with GELU."""

from torch import nn

from fade.nets import register_op

CONVOLUTIONS = {1: nn.Conv1d, 2: nn.Conv2d}


def gelu3(channels: int, dims: int) -> nn.Module:
    """A module that keeps the shape of ``[B, channels, *spatial]``; its activation is part of it."""
    return nn.Sequential(CONVOLUTIONS[dims](channels, channels, 3, padding=1), nn.GELU())


register_op("gelu3", gelu3)
