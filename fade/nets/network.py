"""Networks as stages of mixed candidates: the hyper-architecture, and stand-alone networks as its case K = 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fade.nets.blocks import ConvNorm, norms
from fade.nets.cells import CellBatch
from fade.nets.cost import Cost
from fade.nets.groups import (
    Groups,
    channels_last,
    combined,
    regrouped,
)
from fade.nets.layout import Layout
from fade.nets.ops import fill_he_uniform
from fade.nets.recompute import recomputed
from fade.nets.stage import Choice, Stage
from fade.space import Region


class Network(nn.Module):
    """N networks side by side, each a path of D stages with K candidates a stage.

    With N = 1 it is the hyper-architecture of a region, h_d = Σ_k m_{d,k} · cell_{d,k}(h_{d-1}) [paper]; with K = 1 it
    is N stand-alone networks, trained at once. Both are the same code, so a number means the same in both.

    Args:
        regions: N regions of the same depth and number of candidates.
        layout: The skeleton.
        seeds: ``[N]`` seeds of the initial weights; network n's weights depend on its region and its seed alone. None
            leaves them undrawn.
        share: Candidates of a stage share one set of weights per vertex pair and op.
        checkpoint_activations: The backward pass computes each stage's activations again, in place of keeping them.
    """

    def __init__(
        self,
        regions: Sequence[Region],
        layout: Layout,
        *,
        seeds: Sequence[int] | None,
        share: bool = False,
        checkpoint_activations: bool = False,
    ) -> None:
        super().__init__()
        self.regions, self.layout, self.share = list(regions), layout, share
        self.checkpoint_activations = checkpoint_activations
        self.stages = nn.ModuleList(Stage(layout, d, regions, share) for d in range(len(layout.stages)))
        width = layout.head or layout.stages[-1].channels
        self.stem, self.neck = nn.ModuleList(), nn.ModuleList()
        if layout.stem is not None:
            self.stem.extend(ConvNorm(*layout.stem, 3) for _ in regions)
        if layout.head is not None:
            self.neck.extend(ConvNorm(layout.stages[-1].channels, layout.head, 1) for _ in regions)
        self.head_weight = nn.Parameter(torch.empty(len(regions), layout.classes, width))
        self.head_bias = nn.Parameter(torch.zeros(len(regions), layout.classes))
        if seeds is not None:
            self._initialise([torch.Generator().manual_seed(seed) for seed in seeds])

    def _initialise(self, generators: Sequence[torch.Generator]) -> None:
        with torch.no_grad():
            for stage in self.each_stage():
                if stage.entry:
                    for n, generator in enumerate(generators):
                        fill_he_uniform(stage.entry[0][n], generator)
                stage.cells.initialise(generators)
            for n, generator in enumerate(generators):
                for norm in norms(nn.ModuleList([*self.stem[n : n + 1], *self.neck[n : n + 1]])):
                    fill_he_uniform(norm.weight, generator)
                bound = self.head_weight.shape[-1] ** -0.5
                self.head_weight[n].uniform_(-bound, bound, generator=generator)

    def each_stage(self) -> Iterator[Stage]:
        """The stages."""
        for stage in self.stages:
            assert isinstance(stage, Stage)
            yield stage

    def forward(self, x: Tensor, choices: Sequence[Choice] | None = None) -> Tensor:
        """Logits of the N networks, their candidates mixed.

        Args:
            x: ``[B, C, *spatial]``, seen by all networks.
            choices: ``[D]`` how each stage combines its candidates; None where K = 1.

        Returns:
            ``[N, B, classes]``.
        """
        h = self._prepare(x)
        for d, stage in enumerate(self.each_stage()):
            h = self._run(stage, h, partial(stage.mix, choice=None if choices is None else choices[d]))
        return self._head(h)

    def forward_paths(self, x: Tensor, paths: NDArray[np.int64]) -> Tensor:
        """Logits of one-hot paths through one hyper-architecture; common prefixes are computed once.

        Args:
            x: ``[B, C, *spatial]``.
            paths: ``[P, D]`` candidate of each stage.

        Returns:
            ``[P, B, classes]``. Normalisation uses the statistics of each path's own batch, as one path may.
        """
        assert len(self.regions) == 1, "paths run through one hyper-architecture"
        h = self._prepare(x)
        parents = np.zeros(len(paths), dtype=np.int64)  # of each path: its node, a group of h
        for stage, step in zip(self.each_stage(), paths.T, strict=True):
            # Sorted by candidate first, so that the K disjoint paths of a fair step run the cells in their own order.
            nodes, inverse = np.unique(np.stack([step, parents], 1), axis=0, return_inverse=True)
            select, sources = nodes.T.tolist()
            everything = select == list(range(stage.candidates))
            h = self._run(stage, h, partial(stage.select, sources=sources, cells=None if everything else select))
            parents = inverse.reshape(-1)
        logits = self._head(h)
        return logits[torch.as_tensor(parents, device=logits.device)]

    def forward_swapped(
        self, x: Tensor, choices: Sequence[Choice], instead: Sequence[Sequence[Tensor | int]]
    ) -> Tensor:
        """Logits of one hyper-architecture with the choice of one stage swapped; what comes before is computed once.

        Args:
            x: ``[B, C, *spatial]``.
            choices: ``[D]`` mixing weights ``[1, K]``.
            instead: ``[D][S]`` what stands in place of each.

        Returns:
            ``[D·S, B, classes]``. Normalisation uses the statistics of each batch.
        """
        assert len(self.regions) == 1, "one hyper-architecture"
        h, logits, stages = self._prepare(x), [], list(self.each_stage())
        for d, (stage, choice) in enumerate(zip(stages, choices, strict=True)):
            assert isinstance(choice, Tensor)
            everything = list(range(stage.candidates))
            outputs = stage.select(stage.enter(h), [0] * stage.candidates, everything)
            swapped = stage.shrink(regrouped([combined(outputs, other) for other in instead[d]]))
            for later, kept in zip(stages[d + 1 :], choices[d + 1 :], strict=True):
                swapped = later.shrink(later.mix(later.enter(swapped), kept))
            logits.append(self._head(swapped))
            h = stage.shrink(regrouped([combined(outputs, choice)]))
        return torch.cat(logits)

    def _run(self, stage: Stage, h: Groups, combine: Callable[[Groups], Groups]) -> Groups:
        again = self.checkpoint_activations and torch.is_grad_enabled()
        alike = partial(self.statistics, stage.cells.statistics)
        result: Groups = recomputed(stage, h, combine, alike=alike) if again else stage(h, combine)
        return result

    def _prepare(self, x: Tensor) -> Groups:
        """One group, or N behind a stem each."""
        if self.layout.flatten:
            return [x.flatten(1)[:, :, None]]
        x = channels_last(x)
        return [stem(x) for stem in self.stem] if self.stem else [x]

    def _head(self, h: Groups) -> Tensor:
        """Global average pooling and a linear layer: G groups to ``[G, B, classes]``."""
        if isinstance(h, Tensor):
            pooled = h.flatten(3).mean(3)
        else:
            necks = list(self.neck) if len(self.neck) == len(h) else [*self.neck[:1]] * len(h)
            groups = [neck(own) for neck, own in zip(necks, h, strict=True)] if necks else h
            # Channels last before the mean, so that its gradient has them last, too.
            pooled = torch.stack([group.movedim(1, -1).flatten(1, -2).mean(1) for group in groups])
        return torch.matmul(pooled, self.head_weight.transpose(1, 2)) + self.head_bias[:, None]

    @contextmanager
    def statistics(self, kind: str) -> Iterator[None]:
        """Which normalisation statistics the cells use: `batch`, `running`, or `update` (batch, and keep them)."""
        parts = [*(stage.cells for stage in self.each_stage()), *norms(nn.ModuleList([self.stem, self.neck]))]
        before = [part.statistics for part in parts]
        try:
            for part in parts:
                part.use_statistics(kind)
            yield
        finally:
            for part, kept in zip(parts, before, strict=True):
                part.use_statistics(kept)

    @contextmanager
    def execution(self, how: str) -> Iterator[None]:
        """How cells are evaluated, see `fade.nets.execution`."""
        batches = [stage.cells for stage in self.each_stage() if isinstance(stage.cells, CellBatch)]
        before = [cells.execution for cells in batches]
        try:
            for cells in batches:
                cells.execution = how
            yield
        finally:
            for cells, known in zip(batches, before, strict=True):
                cells.execution = known

    def path_network(self, path: Sequence[int]) -> Network:
        """The stand-alone network of a path of one hyper-architecture, with the same weights."""
        region = Region([[cells[k]] for cells, k in zip(self.regions[0].cells, path, strict=True)])
        return self._extract(region, 0, path)

    def single(self, n: int) -> Network:
        """Network n alone, of N stand-alone ones (K = 1)."""
        assert self.regions[0].candidates == 1
        return self._extract(self.regions[n], n, [0] * len(self.layout.stages))

    def _extract(self, region: Region, n: int, path: Sequence[int]) -> Network:
        alone = Network([region], self.layout, seeds=None)
        with torch.no_grad():
            for mine, other, k in zip(alone.each_stage(), self.each_stage(), path, strict=True):
                for target, source in zip(mine.entry, other.entry, strict=True):
                    target[0].copy_(source[n])
                mine.cells.load_cell(0, other.cells, n * other.candidates + k)  # type: ignore[arg-type]
            for mine_norm, other_norm in zip(
                [*alone.stem, *alone.neck], [*self.stem[n : n + 1], *self.neck[n : n + 1]], strict=True
            ):
                mine_norm.load_state_dict(other_norm.state_dict())
            alone.head_weight[0].copy_(self.head_weight[n])
            alone.head_bias[0].copy_(self.head_bias[n])
        return alone.to(self.head_weight.device)

    def cost(self) -> Cost:
        """What each part costs, from which the cost of every path follows."""
        return Cost(self)
