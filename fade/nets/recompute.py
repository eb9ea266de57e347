"""Activations that the backward pass computes again, in place of keeping them from the forward pass."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from torch import nn
from torch.func import functional_call
from torch.utils.checkpoint import checkpoint


def recomputed(module: nn.Module, *args: Any, alike: Callable[[], AbstractContextManager[None]]) -> Any:
    """`module(*args)`, of which only the arguments are kept for the backward pass, which runs the module again.

    Gradients and all that the module keeps are those of `module(*args)`: the second run has the random numbers, the
    parameters and copies of the buffers of the first one. A caller may have put other parameters in their place for the
    first run alone (`torch.func.functional_call`), and running statistics move once.

    Args:
        module: What to run.
        args: Its arguments.
        alike: Brings back what else the module decides by, for the second run.
    """
    parameters = dict(module.named_parameters())
    buffers = {name: buffer.clone() for name, buffer in module.named_buffers()}
    again = False

    def run(*args: Any) -> Any:
        nonlocal again
        if not again:
            again = True
            return module(*args)
        copies = {name: buffer.clone() for name, buffer in buffers.items()}
        with alike():
            return functional_call(module, parameters | copies, args)

    return checkpoint(run, *args, use_reentrant=False)
