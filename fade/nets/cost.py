"""What the parts of a network cost, from which the cost of every path follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from torch import nn

from fade.nets.blocks import norms

if TYPE_CHECKING:
    from fade.nets.network import Network


class Cost:
    """Parameters and multiply-accumulates of one network, part by part; FLOPs are 2 × multiply-accumulates.

    Attributes:
        fixed_macs: Of the skeleton.
        fixed_parameters: Of the skeleton.
        cell_macs: ``[D, K]``.
        cell_parameters: ``[D, K]``.
    """

    def __init__(self, network: Network) -> None:
        layouts, stages = network.layout.stages, list(network.each_stage())
        head = network.head_weight[0].numel()
        fixed = nn.ModuleList([network.stem[:1], network.neck[:1]])
        sizes = (layouts[0].spatial, layouts[-1].output)
        self.fixed_macs = head + sum(norm.macs(size) for norm, size in zip(norms(fixed), sizes, strict=False))
        self.fixed_macs += sum(s.macs(spec) for s, spec in zip(stages, layouts, strict=True))
        self.fixed_parameters = (
            head
            + network.head_bias[0].numel()
            + sum(p.numel() for p in fixed.parameters())
            + sum(p[0].numel() for stage in stages for p in stage.entry)
        )
        K = stages[0].candidates
        self.cell_macs = np.array(
            [[s.cells.macs(k, spec.spatial) for k in range(K)] for s, spec in zip(stages, layouts, strict=True)]
        )
        self.cell_parameters = np.array([[s.cells.parameter_count(k) for k in range(K)] for s in stages])

    def path_flops(self, path: Sequence[int]) -> int:
        """FLOPs of one forward pass of one example along a path."""
        return 2 * int(self.fixed_macs + sum(self.cell_macs[d, k] for d, k in enumerate(path)))

    def path_parameters(self, path: Sequence[int]) -> int:
        """Parameters of the stand-alone network of a path."""
        return int(self.fixed_parameters + sum(self.cell_parameters[d, k] for d, k in enumerate(path)))

    def mixed_flops(self) -> int:
        """FLOPs of one forward pass of one example through all candidates."""
        return 2 * int(self.fixed_macs + self.cell_macs.sum())
