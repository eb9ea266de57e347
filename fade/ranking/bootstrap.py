"""Bootstrap over paths, with ranks taken from multiplicities instead of sorting every resample."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.float32]

FEWEST = 7
"""Of fewer paths the percentile bootstrap gives no interval: its resamples are too alike.

Simulated on normal pairs whose Spearman correlation is 0.9, the 95 % interval holds that in 34 % of 2000 cases for 3
paths, 56 % for 4, 75 % for 5, 86 % for 6, and 93 to 99 % from 7 on; correlations of 0 to 0.7 in 94 to 98 % from 7 on.
"""


@dataclass(frozen=True)
class Interval:
    """A value and its 95 % interval; each is None where it is undefined."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def as_dict(self) -> dict[str, float | None]:
        """Return the JSON of metrics.json."""
        return asdict(self)


def finite(name: str, values: ArrayLike, ndim: int) -> Floats:
    """Return the values as doubles.

    Raises:
        ValueError: For another number of axes, NaN or infinity.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != ndim:
        raise ValueError(f"{name} has {array.ndim} axes; give {ndim}.")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds NaN or infinity; leave out what failed, and say so, before correlating.")
    return array


def resample(n: int, resamples: int, seed: int) -> Counts:
    """Draw n of n items with replacement, again and again.

    Returns:
        resamples x n: how often each item was drawn. Single precision holds these, and their sums below 2**24, exactly.
    """
    rng = np.random.default_rng(seed)
    counts = np.empty((resamples, n), dtype=np.float32)
    for row in counts:
        row[:] = np.bincount(rng.integers(n, size=n), minlength=n)
    return counts


def group_counts(values: Floats, counts: Counts) -> tuple[Floats, NDArray[np.intp]]:
    """Add up the multiplicities of equal values.

    Args:
        values: n values.
        counts: R x n multiplicities.

    Returns:
        R x G multiplicities of the G distinct values, rising, and for each of the n values the number of its group.
    """
    distinct, group = np.unique(values, return_inverse=True)
    starts = np.searchsorted(group, np.arange(len(distinct)), sorter=(order := np.argsort(group, kind="stable")))
    return np.add.reduceat(counts[:, order], starts, axis=1, dtype=np.float64), group


def centred_ranks(values: Floats, counts: Counts) -> Floats:
    """Rank the values within each resample, ties sharing the mean rank, less the mean of all ranks.

    Args:
        values: n values.
        counts: R x n multiplicities, each row summing to n.

    Returns:
        R x n; what was not drawn has a rank without meaning and must be weighted by its multiplicity, zero.
    """
    grouped, group = group_counts(values, counts)
    ranks = np.cumsum(grouped, axis=1) - (grouped + len(values)) / 2
    return np.asarray(ranks[:, group])


def percentiles(values: Floats) -> tuple[float, float] | tuple[None, None]:
    """Return the central 95 % of resampled values.

    Undefined values (NaN: the resample was constant) are dropped; where they are more than half, there is no interval.
    """
    defined = values[~np.isnan(values)]
    if 2 * len(defined) < len(values) or not len(defined):
        return None, None
    low, high = np.quantile(defined, (0.025, 0.975)).tolist()
    return low, high
