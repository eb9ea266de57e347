"""Configuration of the search space: cells, skeleton, depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fade.fields import check_fields, option
from fade.nets.layout import MACRO_GROUPS, Layout, conv_layout, macro_layout, mlp_layout
from fade.nets.vocabulary import BLOCKS, check_ops
from fade.space import Cell, CellList, CellSpace, HierarchicalSpace

SKELETONS = ("conv", "mlp", "nas_bench_macro")
NORMALISE = ("output", "vertex", "none")
MOST_VERTICES = 32
"""A space is counted; that of 32 vertices in a quarter of a minute, with each further one for a third longer."""


@dataclass(kw_only=True)
class SpaceConfig:
    """A hierarchical space of labelled DAG cells in a skeleton.

    Attributes:
        name: ``conv`` or ``mlp``, the skeleton; or ``nas_bench_macro``, a published space of 8 stages of blocks.
        depth: Stages D.
        vertices: Vertices V of a cell, or ``[low, high]``; at most 32.
        ops: Labels of a cell's edges.
        output_op: The op between a cell's sinks and its output; None is the first of `ops`.
        channels: conv: width of the last stage; it halves backwards at each pooling.
        width: mlp: width of all stages.
        pool: conv: stages (from 0) followed by pooling; None spreads them evenly as the size allows.
        stem: nas_bench_macro: width of the stem, 32 as published.
        normalise: ``output`` normalises each cell's output, ``vertex`` each inner sum too, ``none`` nothing.
    """

    name: str = option("conv", choices=SKELETONS)
    depth: int = option(3, least=1)
    vertices: Any = 5
    ops: list[str] = field(default_factory=lambda: ["conv3"])
    output_op: str | None = None
    channels: int = option(16, least=1)
    width: int = option(43, least=1)
    pool: list[int] | None = None
    stem: int = option(16, least=1)
    normalise: str = option("output", choices=NORMALISE)

    def __post_init__(self) -> None:
        check_fields(self, "space")
        if self.name == "nas_bench_macro" and self.depth != sum(MACRO_GROUPS):
            raise ValueError(f"space.depth={self.depth} is not nas_bench_macro's; leave it at {sum(MACRO_GROUPS)}")
        pool = self.pool or []
        if bad := [d for d in pool if not 0 <= d < self.depth]:
            raise ValueError(f"space.pool={pool} names stage {bad[0]}; stages go from 0 to {self.depth - 1}")
        if len(set(pool)) < len(pool):
            raise ValueError(f"space.pool={pool} names a stage twice; name each once")
        self.vertices = self._vertices()
        dims = 0 if self.name == "mlp" else None
        check_ops("space.ops", self.ops, dims)
        check_ops("space.output_op", [self.fixed_op], dims)

    def _vertices(self) -> int | list[int]:
        value = self.vertices
        pair = [value, value] if isinstance(value, int) else value
        if (
            not isinstance(pair, Sequence)
            or isinstance(pair, str)
            or len(pair) != 2
            or any(isinstance(v, bool) or not isinstance(v, int) for v in pair)
        ):
            raise ValueError(f"space.vertices={value} is neither a number nor a range; use 5 or [4,6]")
        low, high = pair
        if not 1 <= low <= high <= MOST_VERTICES:
            raise ValueError(f"space.vertices={value} is out of bounds; use 1 <= low <= high <= {MOST_VERTICES}")
        return value if isinstance(value, int) else [low, high]

    @property
    def fixed_op(self) -> str:
        """The op between sinks and output."""
        return self.output_op or self.ops[0]

    def build(self) -> HierarchicalSpace:
        """The space of architectures."""
        if self.name == "nas_bench_macro":
            blocks = CellList([Cell.atomic(block) for block in BLOCKS])
            return HierarchicalSpace(cell_space=blocks, depth=self.depth)
        vertices = self.vertices if isinstance(self.vertices, int) else (self.vertices[0], self.vertices[1])
        return HierarchicalSpace(cell_space=CellSpace(vertices=vertices, ops=tuple(self.ops)), depth=self.depth)

    def layout(self, shape: Sequence[int], classes: int) -> Layout:
        """Fit the skeleton to examples of `shape` (C, *spatial) and a number of classes."""
        if self.name == "nas_bench_macro":
            return macro_layout(shape, classes, stem=self.stem)
        if self.name == "mlp":
            return mlp_layout(
                shape,
                classes,
                depth=self.depth,
                width=self.width,
                output_op=self.fixed_op,
                normalise=self.normalise,
            )
        return conv_layout(
            shape,
            classes,
            depth=self.depth,
            channels=self.channels,
            pool=self.pool,
            output_op=self.fixed_op,
            normalise=self.normalise,
        )
