"""Skeletons fitted to a data set: how many channels and what size each stage works at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

SMALLEST = 4  # an axis is not pooled below this many points


@dataclass(frozen=True)
class StageLayout:
    """What a stage is made of.

    Attributes:
        inputs: Channels that arrive.
        channels: Channels of the cells.
        spatial: Size at which the cells work; ``(1,)`` in an mlp.
        kernel: Size of the input convolution; None where the stage has none.
        pool: Whether max pooling of size 2 follows.
        stride: Step of the stage's blocks, where its cells are atomic; these change the width themselves.
    """

    inputs: int
    channels: int
    spatial: tuple[int, ...]
    kernel: int | None
    pool: bool
    stride: int | None = None

    @property
    def output(self) -> tuple[int, ...]:
        """Size that the blocks of the stage leave."""
        return tuple(-(-side // (self.stride or 1)) for side in self.spatial)


@dataclass(frozen=True)
class Layout:
    """A skeleton: its stages, and what its cells are built with.

    Attributes:
        stages: One a stage.
        classes: Outputs of the network.
        flatten: Whether the input is flattened to features first (mlp).
        output_op: The op between sinks and output.
        normalise: What is normalised (see `fade.nets.cells.CellBatch`); ``block`` where blocks do it themselves.
        stem: Channels in and out of a normalised 3 x 3 convolution before the stages; None where there is none.
        head: Width of a normalised 1 x 1 convolution behind them; None where there is none.
    """

    stages: tuple[StageLayout, ...]
    classes: int
    flatten: bool
    output_op: str
    normalise: str
    stem: tuple[int, int] | None = None
    head: int | None = None

    @property
    def dims(self) -> int:
        """Spatial dimensions of the layers."""
        return len(self.stages[0].spatial)


def spread_pools(depth: int, spatial: Sequence[int]) -> list[int]:
    """Stages followed by pooling, spread evenly over all but the last, as many as the size allows."""
    possible = int(math.log2(max(min(spatial), 1) / SMALLEST)) if min(spatial) >= SMALLEST else 0
    count = max(min(possible, depth - 1), 0)
    return [round((i + 1) * depth / (count + 1)) - 1 for i in range(count)]


def conv_layout(
    shape: Sequence[int],
    classes: int,
    *,
    depth: int,
    channels: int,
    pool: Sequence[int] | None,
    output_op: str,
    normalise: str,
) -> Layout:
    """A convolutional skeleton: per stage an input convolution of size 3 with ReLU, then the cell.

    The width doubles at each pooling and ends at `channels`; global average pooling and a linear layer follow
    [the prototype's skeleton: 32 final channels].

    Args:
        shape: ``(C, *spatial)`` of an example.
        classes: Number of classes.
        depth: Stages D.
        channels: Width of the last stage.
        pool: Distinct stages (from 0) followed by pooling; None spreads them evenly as the size allows.
        output_op: The op between sinks and output.
        normalise: What is normalised.

    Raises:
        ValueError: If pooling would leave nothing, or halve the width below 1.
    """
    inputs, spatial = shape[0], tuple(shape[1:])
    pools = spread_pools(depth, spatial) if pool is None else sorted(pool)
    if min(spatial) >> len(pools) < 1:
        raise ValueError(
            f"space.pool={list(pools)} halves inputs of size {list(spatial)} to nothing; name fewer stages"
        )
    inner = [d for d in pools if d < depth - 1]
    if channels % (1 << len(inner)):
        raise ValueError(
            f"space.channels={channels} cannot be halved {len(inner)} times; use a multiple of {1 << len(inner)}"
        )
    width = channels >> len(inner)
    stages = []
    for d in range(depth):
        stages.append(StageLayout(inputs, width, spatial, 3, d in pools))
        inputs = width
        if d in pools:
            width, spatial = width * 2, tuple(s // 2 for s in spatial)
    return Layout(tuple(stages), classes, False, output_op, normalise)


def mlp_layout(shape: Sequence[int], classes: int, *, depth: int, width: int, output_op: str, normalise: str) -> Layout:
    """A skeleton without space: flatten, linear to `width` with ReLU, D stages of that width, linear [prototype].

    Features are channels on an axis of length 1, so that the cell engine needs no second path.
    """
    features = math.prod(shape)
    stages = tuple(StageLayout(features, width, (1,), 1 if d == 0 else None, False) for d in range(depth))
    return Layout(stages, classes, True, output_op, normalise)


MACRO_GROUPS = (2, 3, 3)
MACRO_HEAD = 40  # times the width of the stem: 1,280 for the published 32


def macro_layout(shape: Sequence[int], classes: int, *, stem: int) -> Layout:
    """The skeleton of NAS-Bench-Macro: groups of 2, 3 and 3 blocks, the first with stride 2 and twice the width.

    Published with a stem of 32 channels and images of 32 x 32 (Su et al. 2021, arXiv 2103.11922).

    Raises:
        ValueError: If examples are no images.
    """
    if len(shape) != 3:
        raise ValueError(
            f"space=nas_bench_macro works on images, not on examples of shape {list(shape)}; "
            "use another dataset or space"
        )
    width, spatial, stages = stem, tuple(shape[1:]), []
    for group in MACRO_GROUPS:
        for block in range(group):
            stride = 2 if block == 0 else 1
            stages.append(StageLayout(width, width * stride, spatial, None, False, stride))
            width, spatial = width * stride, stages[-1].output
    return Layout(tuple(stages), classes, False, "", "block", (shape[0], stem), MACRO_HEAD * stem)
