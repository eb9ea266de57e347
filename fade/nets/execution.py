"""How a batch of cells is evaluated: three ways, equal to floating-point noise, chosen by kind of op and device.

- ``loop``: cell by cell, edge by edge.
- ``grouped``: level by level, one grouped convolution for all edges of a level and op.
- ``matmul``: level by level, one batched matrix product; for cells of linear ops without a spatial axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from fade.nets.groups import Groups, join_groups, listed, part_groups, stacked
from fade.nets.ops import Convolution

if TYPE_CHECKING:
    from fade.nets.cells import CellBatch


def fastest_execution(cells: CellBatch, device_type: str, spatial: Sequence[int]) -> str:
    """How cells are fastest, by measurement (`benchmarks/README.md`).

    Args:
        cells: The cells.
        device_type: Of the device.
        spatial: Size of the signal or image.
    """
    if tuple(spatial) == (1,) and set(cells.copies) <= {"linear", "identity"}:
        return "matmul"
    return "loop" if device_type == "cpu" and cells.dims >= 2 else "grouped"


def run_loop(cells: CellBatch, x: Groups, select: Sequence[int] | None) -> list[Tensor]:
    """The cells' outputs before they are normalised, each ``[B, C, *spatial]``."""
    functions = {name: cells.op(name).each() for name in cells.copies}
    chosen = range(len(cells.cells)) if select is None else select
    outputs = []
    for m, source in zip(chosen, listed(x, len(chosen)), strict=True):
        autocast = torch.is_autocast_enabled(source.device.type)
        values: dict[int, Tensor] = {}
        ready = set()
        for tail, head in cells.slots[m]:  # sorted by head, so that a tail is summed when it is read
            if cells.normalise == "vertex" and tail in values and tail not in ready:
                values[tail] = cells.norm(values[tail], cells.rows([cells.vertex_rows[m][tail]], select))
                ready.add(tail)
            name, copy = cells.slots[m][tail, head]
            arriving = functions[name][copy](values.get(tail, source))
            arriving = arriving if autocast else arriving.to(source.dtype)  # an op may leave the type
            values[head] = values[head] + arriving if head in values else arriving
        outputs.append(values[cells.cells[m].vertices])
    return outputs


def run_grouped(cells: CellBatch, x: Groups, select: Sequence[int] | None) -> Tensor:
    """The cells' outputs before they are normalised, as channel groups ``[B, G·C, *spatial]``.

    On a CPU channels are last in memory: grouped convolutions are up to four times as fast that way
    (`benchmarks/README.md`).
    """
    x = stacked(x)
    batch, spatial, last = x.shape[1], x.shape[3:], x.device.type == "cpu"
    rows_at = -2 if last else 1

    def channels(rows: Tensor) -> Tensor:
        """Rows ``[B, *spatial, n, C]``, or ``[B, n, C, *spatial]``, as channel groups ``[B, n·C, *spatial]``."""
        return rows.flatten(-2).movedim(-1, 1) if last else rows.flatten(1, 2)

    def rows(joined: Tensor) -> Tensor:
        joined = joined.movedim(1, -1) if last else joined
        return torch.unflatten(joined, -1 if last else 1, (-1, cells.channels))

    level, program = join_groups(x), cells.program(select, x.device)
    if last:
        level = level.movedim(1, -1).contiguous().movedim(-1, 1)
    autocast = torch.is_autocast_enabled(x.device.type)
    dtype = torch.get_autocast_dtype(x.device.type) if autocast else x.dtype
    sizes = (*spatial, program.rows, cells.channels) if last else (program.rows, cells.channels, *spatial)
    buffer = level.new_zeros((batch, *sizes), dtype=dtype)
    for step in program.steps:
        if step.rows is not None:
            level = channels(buffer.index_select(rows_at, step.rows))
            if cells.normalise == "vertex":
                known = select is None or cells.statistics == "running"
                level = cells.norm(level, step.statistics if known else None)
        for name, tails, copies, heads in step.runs:
            source = level
            if level.shape[1] > cells.channels and tails is not None:  # one group feeds all edges as it is
                source = channels(rows(level).index_select(rows_at, tails))
            out = rows(cells.op(name)(source, copies))
            buffer = buffer.index_add_(rows_at, heads, out.to(buffer.dtype))  # an op may leave autocast's type
    groups = len(cells.cells) if select is None else len(select)
    outputs: Tensor = channels(buffer.narrow(rows_at, 0, groups).contiguous())
    return outputs


def run_matmul(cells: CellBatch, x: Groups, select: Sequence[int] | None) -> Tensor:
    """The cells' outputs before they are normalised, as channel groups ``[B, G·C, 1]``."""
    level = stacked(x).squeeze(-1)  # [G, B, C]
    program = cells.program(select, level.device)
    autocast = torch.is_autocast_enabled(level.device.type)
    dtype = torch.get_autocast_dtype(level.device.type) if autocast else level.dtype
    buffer = level.new_zeros((program.rows, *level.shape[1:]), dtype=dtype)
    for step in program.steps:
        if step.rows is not None:
            level = buffer.index_select(0, step.rows)
            if cells.normalise == "vertex":
                known = select is None or cells.statistics == "running"
                normed = cells.norm(join_groups(level)[..., None], step.statistics if known else None)
                level = part_groups(normed[..., 0], cells.channels)
        for name, tails, copies, heads in step.runs:
            source = level if len(level) == 1 or tails is None else level.index_select(0, tails)
            op = cells.op(name)
            if isinstance(op, Convolution):
                out = op.matmul(source, copies)
            else:  # identity
                out = source.expand(len(heads), *source.shape[1:])
            buffer = buffer.index_add_(0, heads, out.to(buffer.dtype))
    groups = len(cells.cells) if select is None else len(select)
    return join_groups(buffer[:groups])[..., None]
