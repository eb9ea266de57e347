"""Monotone transforms of path losses before a fit: no path's place changes, only how much its distance counts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def _log(values: Floats) -> Floats:
    if len(values) and values.min() <= 0:
        raise ValueError(f"trainer.readout_transform=log needs losses above 0, not {values.min()}; use ranks")
    return np.log(values)


def _ranks(values: Floats) -> Floats:
    return np.asarray((scipy.stats.rankdata(values) - 0.5) / max(len(values), 1))


TRANSFORMS: dict[str, Callable[[Floats], Floats]] = {
    "identity": lambda values: values,
    "log": _log,
    "ranks": _ranks,
    "normal_scores": lambda values: np.asarray(scipy.stats.norm.ppf(_ranks(values))),
}
"""``ranks`` lie in (0, 1), ties at their mean; ``normal_scores`` are normal quantiles of these (Hazen's positions)."""


def transform(values: ArrayLike, name: str) -> Floats:
    """Transform values, rising.

    Args:
        values: ``[P]``.
        name: One of `TRANSFORMS`.

    Returns:
        ``[P]``.

    Raises:
        ValueError: For log of what is not positive.
    """
    return TRANSFORMS[name](np.asarray(values, dtype=np.float64))
