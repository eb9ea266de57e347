"""What ranks paths without training: counts that cost nothing, and proxies; an estimator must beat them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from fade.space import PROPERTIES, Cell, Region
from fade.truth.known import Truth

COUNTS: dict[str, Callable[[Sequence[Cell]], int]] = {
    "edges": lambda cells: sum(PROPERTIES["edges"](cell) for cell in cells),
    "depth": lambda cells: sum(PROPERTIES["depth"](cell) for cell in cells),
    "sinks": lambda cells: sum(PROPERTIES["sinks"](cell) for cell in cells),
    "blocks": lambda cells: sum(cell.block not in (None, "identity") for cell in cells),
}
"""Of an architecture, summed over the stages: edges, edges on the longest way through each cell, sinks, and blocks
other than identity."""


def free_counts(region: Region, truth: Truth) -> dict[str, NDArray[np.float64]]:
    """Counts of the sampled paths' networks ``{name: [networks]}``: parameters, FLOPs, and those `COUNTS` that mean
    something for the cells, of blocks their number, of graphs the others.
    """
    paths = truth.sampled()
    counts = {"parameters": [path.parameters for path in paths], "flops": [path.flops for path in paths]}
    architectures = [region.architecture(path.path) for path in paths]
    atomic = region.cells[0][0].block is not None
    for name, count in COUNTS.items():
        if (name == "blocks") == atomic:
            counts[name] = [count(cells) for cells in architectures]
    return {name: truth.merge(np.array(values, dtype=np.float64)) for name, values in counts.items()}


def proxy_ranks(truth: Truth) -> dict[str, tuple[NDArray[np.float64], int]]:
    """Ranks of the sampled paths' networks by each proxy, and for how many networks it is not finite.

    These rank last, all alike: one without a value is one that nobody would choose by the proxy (log 0 of naswot is
    its lowest score), and a baseline is not lost to a single bad network.

    Returns:
        ``{name: ([networks], count)}``, a high rank for a high score.
    """
    paths, ranks = truth.sampled(), {}
    for name in paths[0].proxies:
        values = [path.proxies[name] for path in paths]
        missing = truth.merge(np.array([value is None for value in values], dtype=np.float64))
        scores = stats.rankdata([-np.inf if value is None else value for value in values])
        ranks[name] = truth.merge(scores), int(missing.sum())
    return ranks
