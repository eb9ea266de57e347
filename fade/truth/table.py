"""Truth by looking it up: the published table of NAS-Bench-Macro."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from fade.nets.layout import MACRO_GROUPS
from fade.nets.vocabulary import BLOCKS
from fade.space import Region
from fade.truth.config import TruthConfig
from fade.truth.known import TruePath, Truth
from fade.truth.paths import sample_paths

TEST_IMAGES = 10_000


@dataclass(frozen=True)
class MacroTable:
    """NAS-Bench-Macro on CIFAR-10 (Su et al. 2021), by the base-3 number of the string of blocks.

    Attributes:
        accuracy: ``[6561, 3]`` test accuracies of three runs, each at its best test epoch.
        parameters: ``[6561]``.
        flops: ``[6561]`` 2 × multiply-accumulates of one forward pass of one image.
    """

    accuracy: NDArray[np.float64]
    parameters: NDArray[np.int64]
    flops: NDArray[np.int64]


@cache
def macro_table() -> MacroTable:
    """The table that the package carries."""
    with (files("fade.truth") / "data" / "nas_bench_macro.npz").open("rb") as file, np.load(file) as packed:
        return MacroTable(
            packed["hits"] / TEST_IMAGES, packed["parameters"].astype(np.int64), 2 * packed["macs"].astype(np.int64)
        )


def digits_of(region: Region, paths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Strings ``[N, D]`` of published block numbers of paths ``[N, D]``."""
    order = list(BLOCKS)
    number = np.array([[order.index(str(cell.block)) for cell in stage] for stage in region.cells])
    return number[np.arange(region.depth), paths]


def table_rows(digits: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows of the table of strings ``[N, D]``."""
    return digits @ 3 ** np.arange(digits.shape[1])[::-1]


def distinct_networks(digits: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which strings are one network: identities at stride 1 commute with the other blocks of their group.

    Args:
        digits: ``[N, D]``.

    Returns:
        ``[N]`` rows of the string with those identities moved to the end of their group.
    """
    moved, start = digits.copy(), 0
    for size in MACRO_GROUPS:
        inner = slice(start + 1, start + size)  # the group's first block has stride 2
        order = np.argsort(moved[:, inner] == 0, axis=1, kind="stable")
        moved[:, inner] = np.take_along_axis(moved[:, inner], order, axis=1)
        start += size
    return table_rows(moved)


def look_up(region: Region, top: Sequence[int], config: TruthConfig, *, seed: int) -> Truth:
    """The published accuracies of sampled paths and of the top path; costs nothing.

    Args:
        region: Of blocks of NAS-Bench-Macro.
        top: The path that ranks first.
        config: How many paths.
        seed: Of the choice of paths.
    """
    table = macro_table()
    sampled = sample_paths(region, config.paths, seed)
    added = [] if tuple(top) in set(map(tuple, sampled.tolist())) else [tuple(top)]
    paths = np.concatenate([sampled, np.array(added, dtype=np.int64).reshape(-1, region.depth)])
    digits = digits_of(region, paths)
    rows = table_rows(digits)
    found = [
        TruePath(tuple(path), n < len(sampled), table.accuracy[row].tolist(), *costs)
        for n, (path, row, costs) in enumerate(
            zip(
                paths.tolist(),
                rows,
                zip(table.parameters[rows].tolist(), table.flops[rows].tolist(), strict=True),
                strict=True,
            )
        )
    ]
    return Truth(found, 0.0, 0.0, networks=distinct_networks(digits).tolist())
