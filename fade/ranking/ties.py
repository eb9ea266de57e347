"""Values that differ by rounding alone, which must not rank."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

TIE = -44
"""Two to this power of the largest absolute value: some hundred units in the last place. 0.1 + 0.2 ties with 0.3."""


def tied(values: ArrayLike) -> NDArray[np.float64]:
    """Make values equal that differ by no more than 2^`TIE` of the largest absolute one.

    Means that are equal need not be so as floating-point numbers: (0.1 + 0.12 + 0.11) / 3 is not 0.11.
    For numbers of one scale, as scores and accuracies are: small ones beside a huge one are made equal too.

    Args:
        values: n finite numbers.

    Returns:
        ``[n]``; of a chain of values, each as close to the next, all are its lowest.
    """
    array = np.asarray(values, dtype=np.float64)
    order = np.argsort(array, kind="stable")
    rising = array[order]
    starts = np.diff(rising, prepend=-np.inf) > 2.0**TIE * np.abs(array).max(initial=0.0)
    result = np.empty_like(array)
    result[order] = rising[starts][np.cumsum(starts) - 1]
    return result
