"""Which ops exist, by name; readable without importing torch so that a wrong name is answered at once."""

from __future__ import annotations

import functools
import hashlib
import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from fade.errors import first_line
from fade.source_text import source_text
from fade.space.cell import NAME

if TYPE_CHECKING:
    from torch import nn

    from fade.nets.layout import Layout
    from fade.nets.ops import Op

CONVOLUTIONS = {
    # name: (kernel, dilation, depthwise-separable)
    "linear": (1, 1, False),
    "conv3": (3, 1, False),
    "conv5": (5, 1, False),
    "conv7": (7, 1, False),
    "sepconv3": (3, 1, True),
    "sepconv5": (5, 1, True),
    "dilconv3": (3, 2, False),
    "dilconv5": (5, 2, False),
}
BLOCKS = {
    # name of the atomic cell: (kernel, expansion); kernel 0 is identity
    "identity": (0, 1),
    "mbconv3_e3": (3, 3),
    "mbconv5_e6": (5, 6),
}
"""The blocks of NAS-Bench-Macro."""
PARAMETER_FREE = ("identity", "maxpool3", "avgpool3")
_REGISTERED: dict[str, Callable[[int, int], nn.Module]] = {}
_REGISTERED_IN: dict[str, tuple[str, str]] = {}
"""The module that registered an op, and the source of its file."""


def op_names() -> list[str]:
    """All op names that a space may use."""
    return [*CONVOLUTIONS, *PARAMETER_FREE, *_REGISTERED]


def register_op(name: str, factory: Callable[[int, int], nn.Module]) -> None:
    """Add an op of your own to the vocabulary; from the same module again, as a notebook's cell is, in its place.

    Args:
        name: What `space.ops` calls it; lower-case letters, digits and underscores.
        factory: ``factory(channels, dims)`` returns a fresh module that maps ``[B, channels, *spatial]`` to the same
            shape, for ``dims`` spatial dimensions, and leaves what it is given as it was, since other edges read that
            too; its activation is part of it.

    Raises:
        ValueError: If the name is taken or malformed.
    """
    caller = inspect.currentframe()
    assert caller is not None
    assert caller.f_back is not None
    module = caller.f_back.f_globals.get("__name__", "")
    if name in op_names() and not (name in _REGISTERED and _REGISTERED_IN.get(name, ("",))[0] == module):
        raise ValueError(f"the op '{name}' exists already; register yours under another name")
    if not NAME.fullmatch(name):
        raise ValueError(f"'{name}' cannot name an op; use lower-case letters a to z, digits and underscores")
    _REGISTERED[name] = factory
    _REGISTERED_IN[name] = module, source_text(caller.f_back)


def op_fingerprints(names: Iterable[str]) -> dict[str, str]:
    """Of those names that were registered, a hash of the whole files that they are registered in and written in.

    What is stored of a training depends on it: who changes an op wants no results of the old one. The first of the
    files has what a `functools.partial`, a closure or an object is made with.
    """
    return {name: _fingerprint(name) for name in sorted(set(names)) if name in _REGISTERED}


def _fingerprint(name: str) -> str:
    factory: Any = _REGISTERED[name]
    while isinstance(factory, functools.partial):
        factory = factory.func
    written = inspect.unwrap(factory)
    if not (inspect.isroutine(written) or inspect.isclass(written)):
        written = type(written)
    return hashlib.sha256((source_text(written) + _REGISTERED_IN.get(name, ("", ""))[1]).encode()).hexdigest()[:16]


def check_ops(key: str, ops: Sequence[str], dims: int | None = None) -> None:
    """Raise a ValueError that names `key` where `ops` holds an unknown, repeated or unfitting op."""
    if not ops:
        raise ValueError(f"{key}=[] names no op; give at least one of {', '.join(op_names())}")
    for op in ops:
        if op not in op_names():
            raise ValueError(f"{key}: '{op}' is no op; choose from {', '.join(op_names())}")
    if len(set(ops)) < len(ops):
        raise ValueError(f"{key}={list(ops)} names an op twice; name each once")
    if dims == 0 and (bad := [op for op in ops if op not in ("linear", "identity", *_REGISTERED)]):
        raise ValueError(f"{key}: '{bad[0]}' needs a spatial axis, which an mlp has not; use linear or identity")


def try_ops(key: str, names: Iterable[str], layout: Layout) -> None:
    """Raise a ValueError that names `key` where a registered op fails, alters the shape or works in place."""
    import torch

    for name in sorted(set(names) & set(_REGISTERED)):
        for shape in sorted({(2, stage.channels, *stage.spatial) for stage in layout.stages}):
            with torch.random.fork_rng(devices=[]), torch.no_grad():
                given = torch.randn(shape)
                x = given.clone()
                try:
                    made = list(_REGISTERED[name](shape[1], layout.dims)(x).shape)
                except Exception as error:
                    raise ValueError(
                        f"{key}: '{name}' fails on {list(shape)} ({first_line(error)}); mend it"
                    ) from error
            if made != list(shape):
                raise ValueError(f"{key}: '{name}' makes {made} of {list(shape)}; let it keep the shape")
            if not torch.equal(x, given):
                raise ValueError(f"{key}: '{name}' changes its input, which other edges read; let it not work in place")
            try:
                with torch.random.fork_rng(devices=[]), torch.device("meta"):  # as its cost is counted
                    op = build_op(name, 1, shape[1], layout.dims)
                op.parameter_count()
                op.macs(shape[2:])
            except Exception as error:
                raise ValueError(
                    f"{key}: what '{name}' costs cannot be counted on a tensor without values ({first_line(error)}); "
                    "let its shapes be fixed when it is made, and its code ask for no values"
                ) from error


def build_op(name: str, copies: int, channels: int, dims: int) -> Op:
    """Make `copies` independent copies of an op, run side by side (see `fade.nets.ops.Op`)."""
    from fade.nets import ops

    if name in CONVOLUTIONS:
        kernel, dilation, separable = CONVOLUTIONS[name]
        kind = ops.SeparableConvolution if separable else ops.Convolution
        return kind(copies, channels, dims, kernel, dilation)
    if name in PARAMETER_FREE:
        return ops.ParameterFree(copies, channels, dims, name)
    return ops.Looped(copies, channels, dims, _REGISTERED[name])
