"""The cell engine: a batch of cells evaluated at once, on one shared input or on an input each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fade.nets.ops import Op
from fade.nets.program import Place, Program, compile_program, edges_of
from fade.nets.vocabulary import build_op
from fade.seeds import subseed
from fade.space import Cell


def default_execution(device_type: str, dims: int) -> str:
    """How cells are fastest, measured: grouped, but cell by cell for images on a CPU (`benchmarks/README.md`)."""
    return "loop" if device_type == "cpu" and dims >= 2 else "grouped"


def stack_groups(groups: Sequence[Tensor]) -> Tensor:
    """Stack ``[B, C, *spatial]`` to ``[G, B, C, *spatial]``, images with channels last in memory."""
    if groups[0].dim() != 4:
        return torch.stack(list(groups))
    return torch.stack([group.permute(0, 2, 3, 1) for group in groups]).permute(0, 1, 4, 2, 3)


def unbind_groups(x: Tensor, count: int) -> Sequence[Tensor]:
    """Take ``[G, B, C, *spatial]`` apart, or repeat one group.

    Gradients of images have channels last in memory, too; a step that has to mix both orders is slow.

    Args:
        x: G groups, or one.
        count: G.
    """
    if x.dim() != 5:
        groups = x.unbind()
    else:
        groups = tuple(group.permute(0, 3, 1, 2) for group in x.permute(0, 1, 3, 4, 2).unbind())
    return groups if len(groups) == count else groups * count


def join_groups(x: Tensor) -> Tensor:
    """``[G, B, C, *spatial]`` as channel groups ``[B, G·C, *spatial]``; a view where `part_groups` made it."""
    return x.transpose(0, 1).flatten(1, 2)


def part_groups(x: Tensor, channels: int) -> Tensor:
    """Channel groups ``[B, G·C, *spatial]`` as ``[G, B, C, *spatial]``, a view."""
    parted: Tensor = x.unflatten(1, (-1, channels))
    return parted.transpose(0, 1)


def common_place(cell: Cell, tail: int, head: int, op: str) -> tuple[str, int, int | str]:
    """What edges of different cells share that are alike: op, tail and head, the output being the same in all."""
    return op, tail, head if head < cell.vertices else "output"


class CellBatch(nn.Module):
    """M cells with weights of their own, evaluated together.

    The input feeds every source of a cell; a vertex sums what arrives; every sink passes through the output op into
    the cell's output [paper]. The output is normalised per channel, without learnt scale or shift, since a learnt
    scale would trade off exactly with the mixing weight [ours].

    Args:
        cells: The M cells; canonical drawings are used, so isomorphic cells are the same network.
        channels: Channels C of input and output.
        dims: Spatial dimensions.
        output_op: The op on the edges from sinks to the output.
        normalise: ``"output"`` normalises the output, ``"vertex"`` every inner sum too, ``"none"`` nothing.
        owners: ``[M]`` network of each cell; cells of one network draw their weights from one generator.
        share: Cells of one network share one set of weights per vertex pair and op.

    Attributes:
        statistics: What normalises: ``"batch"``, ``"running"``, or ``"update"`` (batch statistics, averaged into the
            running ones).
        execution: ``"grouped"``, ``"loop"``, or None: the faster one.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(
        self,
        cells: Sequence[Cell],
        channels: int,
        dims: int,
        *,
        output_op: str,
        normalise: str = "output",
        owners: Sequence[int] | None = None,
        share: bool = False,
    ) -> None:
        super().__init__()
        self.cells = [cell.canonical() for cell in cells]
        self.channels, self.dims = channels, dims
        self.output_op, self.normalise = output_op, normalise
        self.owners = list(owners) if owners is not None else [0] * len(self.cells)
        self.slots: list[dict[Place, tuple[str, int]]] = []
        counts: dict[str, int] = defaultdict(int)
        shared: dict[object, tuple[str, int]] = {}
        for cell, owner in zip(self.cells, self.owners, strict=True):
            own: dict[Place, tuple[str, int]] = {}
            for (tail, head), op in edges_of(cell, output_op):
                key = (owner, *common_place(cell, tail, head, op))
                if not share or key not in shared:
                    shared[key] = (op, counts[op])
                    counts[op] += 1
                own[tail, head] = shared[key]
            self.slots.append(own)
        self.copies = dict(sorted(counts.items()))
        # Prefixed, since a ModuleDict has attributes that an op may be named after ("double", "type").
        self.ops = nn.ModuleDict({f"op_{op}": build_op(op, n, channels, dims) for op, n in self.copies.items()})
        rows = len(self.cells)
        self.vertex_rows: list[range] = []
        for cell in self.cells:
            self.vertex_rows.append(range(rows, rows + cell.vertices))
            rows += cell.vertices if normalise == "vertex" else 0
        self.register_buffer("running_mean", torch.zeros(rows, channels))
        self.register_buffer("running_var", torch.ones(rows, channels))
        self.statistics = "update"
        self.execution: str | None = None
        self._programs: dict[object, Program] = {}

    def op(self, name: str) -> Op:
        """The batch of copies of one op."""
        module = self.ops[f"op_{name}"]
        assert isinstance(module, Op)
        return module

    def use_statistics(self, kind: str) -> None:
        """Set `statistics`; a registered op that drops at random or keeps statistics trains only under ``"update"``."""
        self.statistics = kind
        self.train(kind == "update")

    def forward(self, x: Tensor, select: Sequence[int] | None = None) -> Tensor:
        """Evaluate cells.

        Args:
            x: ``[G, B, C, *spatial]``, the input of each of the G evaluated cells, or ``[1, B, C, *spatial]``, one for
                all.
            select: Which cells to evaluate, with repeats; None is each once, G = M. Running statistics are kept only
                where each is evaluated once.

        Returns:
            ``[G, B, C, *spatial]``: each cell's output, normalised.
        """
        return self._grouped(x, select) if self.groups_on(x.device) else self._loop(x, select)

    def groups_on(self, device: torch.device) -> bool:
        """Whether cells are evaluated together on a device."""
        return (self.execution or default_execution(device.type, self.dims)) == "grouped"

    def _loop(self, x: Tensor, select: Sequence[int] | None) -> Tensor:
        """Cell by cell, edge by edge."""
        functions = {name: self.op(name).each() for name in self.copies}
        chosen = range(len(self.cells)) if select is None else select
        inputs = unbind_groups(x, len(chosen))
        autocast = torch.is_autocast_enabled(x.device.type)
        outputs = []
        for m, source in zip(chosen, inputs, strict=True):
            values: dict[int, Tensor] = {}
            ready = set()
            for tail, head in self.slots[m]:  # sorted by head, so that a tail is summed when it is read
                if self.normalise == "vertex" and tail in values and tail not in ready:
                    values[tail] = self._norm(values[tail], self._rows([self.vertex_rows[m][tail]], select))
                    ready.add(tail)
                name, copy = self.slots[m][tail, head]
                arriving = functions[name][copy](values.get(tail, source))
                arriving = arriving if autocast else arriving.to(x.dtype)  # an op may leave the type
                values[head] = values[head] + arriving if head in values else arriving
            out = values[self.cells[m].vertices]
            outputs.append(out if self.normalise == "none" else self._norm(out, self._rows([m], select)))
        return stack_groups(outputs)

    def _grouped(self, x: Tensor, select: Sequence[int] | None) -> Tensor:
        """All cells at once, level by level, one grouped convolution a level and op."""
        batch, spatial = x.shape[1], x.shape[3:]
        level, program = join_groups(x), self._program(select, x.device)
        autocast = torch.is_autocast_enabled(x.device.type)
        dtype = torch.get_autocast_dtype(x.device.type) if autocast else x.dtype
        buffer = level.new_zeros((batch, program.rows, self.channels, *spatial), dtype=dtype)
        for step in program.steps:
            if step.rows is not None:
                level = buffer.index_select(1, step.rows).flatten(1, 2)
                if self.normalise == "vertex":
                    kept = select is None or self.statistics == "running"
                    level = self._norm(level, step.statistics if kept else None)
            for name, tails, copies, heads in step.runs:
                source = level
                if level.shape[1] > self.channels and tails is not None:  # one group feeds all edges as it is
                    source = level.unflatten(1, (-1, self.channels)).index_select(1, tails).flatten(1, 2)
                out = self.op(name)(source, copies)
                out = out.reshape(batch, -1, self.channels, *spatial)
                buffer = buffer.index_add_(1, heads, out.to(buffer.dtype))  # an op may leave autocast's type
        groups = len(self.cells) if select is None else len(select)
        result = buffer[:, :groups].flatten(1, 2)
        if self.normalise != "none":
            result = self._norm(result, self._rows(range(groups) if select is None else select, select))
        return part_groups(result, self.channels)

    def _rows(self, rows: Sequence[int], select: Sequence[int] | None) -> Sequence[int] | None:
        """The rows of kept statistics to use; None where a selection is evaluated by its own batch."""
        return rows if select is None or self.statistics == "running" else None

    def _norm(self, x: Tensor, rows: Tensor | Sequence[int] | None) -> Tensor:
        """Normalise ``[B, n·C, *spatial]`` per channel over batch and space, by statistics kept in n rows."""
        if self.statistics == "batch" or rows is None:
            return F.batch_norm(x, None, None, training=True)
        update = self.statistics == "update"
        if isinstance(rows, range) or len(rows) == 1:  # a view, updated in place
            start = int(rows[0])
            block = slice(start, start + len(rows))
            return F.batch_norm(x, self.running_mean[block].view(-1), self.running_var[block].view(-1), training=update)
        index = torch.as_tensor(rows, device=x.device)
        mean, var = self.running_mean[index].flatten(), self.running_var[index].flatten()
        out = F.batch_norm(x, mean, var, training=update)
        if update:  # past autograd: it has kept views of other rows, which no backward pass reads
            self.running_mean.data[index] = mean.view(-1, self.channels)
            self.running_var.data[index] = var.view(-1, self.channels)
        return out

    def _program(self, select: Sequence[int] | None, device: torch.device) -> Program:
        chosen = tuple(range(len(self.cells)) if select is None else select)
        key = (chosen, device)
        if key not in self._programs:
            if len(self._programs) >= 64:  # random selections would pile up
                self._programs.clear()
            self._programs[key] = compile_program(
                [self.cells[m] for m in chosen],
                [self.slots[m] for m in chosen],
                [self.vertex_rows[m] for m in chosen],
                self.copies,
                self.output_op,
                device,
            )
        return self._programs[key]

    def initialise(self, generators: Sequence[torch.Generator]) -> None:
        """Draw all weights; those of network n from ``generators[n]``, in an order that no other network moves.

        Shared initialisation [ours]: cells of one network start with the same weights where they have the same op at
        the same place, so that what these bring by chance is the same in the candidates that are compared (common
        random numbers; measured in experiments/rank_correlation).
        """
        seeds = [int(torch.randint(2**62, (), generator=generator)) for generator in generators]
        done = set()
        for cell, own, owner in zip(self.cells, self.slots, self.owners, strict=True):
            for (tail, head), slot in own.items():
                if slot not in done:
                    seed = subseed(seeds[owner], *common_place(cell, tail, head, slot[0]))
                    generator = torch.Generator().manual_seed(seed)
                    self.op(slot[0]).initialise(slot[1], generator)
                    done.add(slot)

    def load_cell(self, index: int, source: CellBatch, source_index: int) -> None:
        """Take over weights and running statistics of the same cell in another batch."""
        assert self.cells[index] == source.cells[source_index]
        for place, (op, copy) in self.slots[index].items():
            self.op(op).load_copy(copy, source.op(op), source.slots[source_index][place][1])
        rows = [index, *(self.vertex_rows[index] if self.normalise == "vertex" else ())]
        others = [source_index, *(source.vertex_rows[source_index] if self.normalise == "vertex" else ())]
        self.running_mean[rows] = source.running_mean[others].to(self.running_mean.device)
        self.running_var[rows] = source.running_var[others].to(self.running_var.device)

    def macs(self, index: int, spatial: Sequence[int]) -> int:
        """Multiply-accumulates of one cell on one example."""
        return sum(self.op(op).macs(spatial) for op, _ in self.slots[index].values())

    def parameter_count(self, index: int) -> int:
        """Parameters of one cell on its own."""
        return sum(self.op(op).parameter_count() for op, _ in self.slots[index].values())
