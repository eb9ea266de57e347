"""Configuration of the search space: cells, skeleton, depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fade.nets.layout import Layout, conv_layout, mlp_layout
from fade.nets.vocabulary import check_ops
from fade.space import CellSpace, HierarchicalSpace

if TYPE_CHECKING:
    from collections.abc import Mapping

NORMALISE = ("output", "vertex", "none")


@dataclass(kw_only=True)
class SpaceConfig:
    """A hierarchical space of labelled DAG cells in a skeleton.

    Attributes:
        name: ``conv`` or ``mlp``, the skeleton.
        depth: Stages D.
        vertices: Vertices V of a cell, or ``[low, high]``.
        ops: Labels of a cell's edges.
        output_op: The op between a cell's sinks and its output; None is the first of `ops`.
        channels: conv: width of the last stage; it halves backwards at each pooling.
        width: mlp: width of all stages.
        pool: conv: stages (from 0) followed by pooling; None spreads them evenly as the size allows.
        normalise: ``output`` normalises each cell's output, ``vertex`` each inner sum too, ``none`` nothing.
    """

    name: str = "conv"
    depth: int = 3
    vertices: Any = 5
    ops: list[str] = field(default_factory=lambda: ["conv3"])
    output_op: str | None = None
    channels: int = 16
    width: int = 43
    pool: list[int] | None = None
    normalise: str = "output"

    def __post_init__(self) -> None:
        if self.name not in ("conv", "mlp"):
            raise ValueError(f"space.name={self.name} is no skeleton; choose conv or mlp")
        for key in ("depth", "channels", "width"):
            if (value := getattr(self, key)) < 1:
                raise ValueError(f"space.{key}={value} is too small; give at least 1")
        self.vertices = self._vertices()
        dims = 0 if self.name == "mlp" else None
        check_ops("space.ops", self.ops, dims)
        check_ops("space.output_op", [self.fixed_op], dims)
        if self.normalise not in NORMALISE:
            raise ValueError(f"space.normalise={self.normalise} is unknown; choose from {', '.join(NORMALISE)}")

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
        if not 1 <= low <= high <= 64:
            raise ValueError(f"space.vertices={value} is out of bounds; use 1 <= low <= high <= 64")
        return value if isinstance(value, int) else [low, high]

    @property
    def fixed_op(self) -> str:
        """The op between sinks and output."""
        return self.output_op or self.ops[0]

    def build(self) -> HierarchicalSpace:
        """The space of architectures."""
        vertices = self.vertices if isinstance(self.vertices, int) else (self.vertices[0], self.vertices[1])
        return HierarchicalSpace(cell_space=CellSpace(vertices=vertices, ops=tuple(self.ops)), depth=self.depth)

    def layout(self, shape: Sequence[int], classes: int) -> Layout:
        """Fit the skeleton to examples of `shape` (C, *spatial) and a number of classes."""
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

    def recipe(self) -> Mapping[str, Any]:
        """What of the skeleton decides the numbers of a training, beside the cells."""
        keys = ("name", "channels", "pool") if self.name == "conv" else ("name", "width")
        return {key: getattr(self, key) for key in (*keys, "normalise")} | {"output_op": self.fixed_op}
