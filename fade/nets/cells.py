"""The cell engine: a batch of cells evaluated at once, on one shared input or on an input each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fade.nets.execution import fastest_execution, run_grouped, run_loop, run_matmul
from fade.nets.groups import Groups, as_image, has_channels_last, part_groups, stacked
from fade.nets.ops import Op
from fade.nets.program import Place, Program, compile_program, edges_of
from fade.nets.vocabulary import build_op
from fade.seeds import subseed
from fade.space import Cell


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
        execution: ``"loop"``, ``"grouped"``, ``"matmul"`` (linear cells), or None: the fastest one.
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
            select: Which cells to evaluate, with repeats; None is each once, G = M. Running statistics are updated only
                where each is evaluated once.

        Returns:
            ``[G, B, C, *spatial]``: each cell's output, normalised.
        """
        return stacked(self.outputs(x, select))

    def outputs(self, x: Groups, select: Sequence[int] | None = None) -> Groups:
        """See `forward`; inputs and outputs as the way of evaluation has them."""
        how, chosen = self.execution_on(x), range(len(self.cells)) if select is None else select
        if how == "loop":
            outputs = run_loop(self, x, select)
            if self.normalise == "none":
                return outputs
            return [self.norm(out, self.rows([m], select)) for m, out in zip(chosen, outputs, strict=True)]
        joined = (run_matmul if how == "matmul" else run_grouped)(self, x, select)
        if self.normalise != "none":
            joined = self.norm(joined, self.rows(chosen, select))
        return part_groups(joined, self.channels)

    def mixture(self, x: Groups, weights: Tensor) -> Groups:
        """The mixed outputs of the K candidates of each of N networks, N·K = M.

        A cell's normalised output times its weight is what a normalisation with that weight as its scale gives, which
        saves a pass over the outputs.

        Args:
            x: An input a cell, or one for all.
            weights: ``[N, K]``.

        Returns:
            N groups ``[B, C, *spatial]``.
        """
        networks, candidates = weights.shape
        if self.execution_on(x) == "loop":
            scales = weights.flatten().unbind()
            outputs = [
                out * scale
                if self.normalise == "none"
                else self.norm(out, range(m, m + 1), scale.repeat(self.channels))
                for m, (out, scale) in enumerate(zip(run_loop(self, x, None), scales, strict=True))
            ]
            return [_sum(outputs[n * candidates : (n + 1) * candidates]) for n in range(networks)]
        run = run_matmul if self.execution_on(x) == "matmul" else run_grouped
        joined, scale = run(self, x, None), weights.flatten().repeat_interleave(self.channels)
        if self.normalise == "none":
            joined = joined * scale.view(-1, *[1] * (joined.dim() - 2))
        else:
            joined = self.norm(joined, range(len(self.cells)), scale)
        if has_channels_last(joined):
            parted = joined.movedim(1, -1).unflatten(-1, (networks, candidates, self.channels))
            return torch.movedim(parted.sum(-2), (-2, -1), (0, 2))
        mixed: Tensor = joined.unflatten(1, (networks, candidates, self.channels)).sum(2)
        return mixed.transpose(0, 1)

    def execution_on(self, x: Groups) -> str:
        """How the cells are evaluated on the device of `x`."""
        one = x if isinstance(x, Tensor) else x[0]
        return self.execution or fastest_execution(self, one.device.type, one.shape[-self.dims :])

    def rows(self, rows: Sequence[int], select: Sequence[int] | None) -> Sequence[int] | None:
        """The rows of running statistics to use; None where a selection is evaluated by its own batch."""
        return rows if select is None or self.statistics == "running" else None

    def norm(self, x: Tensor, rows: Tensor | Sequence[int] | None, scale: Tensor | None = None) -> Tensor:
        """Normalise ``[B, n·C, *spatial]`` per channel over batch and space.

        Args:
            x: n cells or vertices.
            rows: Where their running statistics are; None has none.
            scale: What to multiply the result by ``[n·C]``.
        """
        if self.statistics == "batch" or rows is None:
            return _batch_norm(x, None, None, scale, training=True)
        update = self.statistics == "update"
        if isinstance(rows, range) or len(rows) == 1:  # a view, updated in place
            start = int(rows[0])
            block = slice(start, start + len(rows))
            mean, var = self.running_mean[block].view(-1), self.running_var[block].view(-1)
            return _batch_norm(x, mean, var, scale, training=update)
        index = torch.as_tensor(rows, device=x.device)
        mean, var = self.running_mean[index].flatten(), self.running_var[index].flatten()
        out = _batch_norm(x, mean, var, scale, training=update)
        if update:  # past autograd: it has kept views of other rows, which no backward pass reads
            self.running_mean.data[index] = mean.view(-1, self.channels)
            self.running_var.data[index] = var.view(-1, self.channels)
        return out

    def program(self, select: Sequence[int] | None, device: torch.device) -> Program:
        """The order in which chosen cells are evaluated level by level."""
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


def _batch_norm(x: Tensor, mean: Tensor | None, var: Tensor | None, scale: Tensor | None, *, training: bool) -> Tensor:
    if has_channels_last(x):
        return F.batch_norm(as_image(x), mean, var, scale, training=training).squeeze(2)
    return F.batch_norm(x, mean, var, scale, training=training)


def _sum(outputs: Sequence[Tensor]) -> Tensor:
    """Their sum, in place of the first, whose values no backward pass reads."""
    total = outputs[0]
    for out in outputs[1:]:
        total = total.add_(out)
    return total
