"""How many ways to choose one integer from each list stay within a sum."""

from collections.abc import Sequence
from itertools import accumulate
from math import prod

import numpy as np
from numpy.typing import NDArray

EXACT_PATHS = 10**12
_HALF = 10**6  # sums held in each half
_BINS, _HISTOGRAM_BYTES = 2**16, 2**20


def count_sums(lists: Sequence[NDArray[np.int64]], limit: int) -> int:
    """Count the selections with a sum of at most ``limit``, by meet in the middle.

    Args:
        lists: Non-negative integers, in all up to `EXACT_PATHS` selections.
        limit: The largest sum that counts.

    Returns:
        The exact number. Memory is bounded by two lists of 10**6 sums; what fits neither is looped over.
    """
    small, large, outer = (np.zeros(1, dtype=np.int64) for _ in range(3))
    for values in lists:
        if len(small) * len(values) <= _HALF:
            small = np.add.outer(small, values).ravel()
        else:
            outer = np.add.outer(outer, values).ravel()
        small, large = sorted((small, large), key=len)
    small.sort()  # sorted needles keep the search in the cache
    large.sort()
    return sum(int(np.searchsorted(large, limit - start - small, side="right").sum()) for start in outer)


def bound_sums(lists: Sequence[NDArray[np.int64]], limit: int) -> tuple[int, int, int]:
    """Bound the number of selections with a sum of at most ``limit``, however many there are.

    The integers are rounded down to multiples of a bin width, and the histogram of their sums up to the limit is exact,
    in integers of any size. A sum exceeds its rounded sum by no more than the lists' largest remainders together, which
    gives the bounds, and by about their mean remainders, which gives the estimate. The bins span only 0 ... limit, so
    small counts (the ranks of good paths) are bounded as tightly as large ones.

    Args:
        lists: Non-negative integers, none above the limit.
        limit: The largest sum that counts, not negative.

    Returns:
        Lower bound, estimate, upper bound.
    """
    slot = prod(len(values) for values in lists).bit_length() // 8 + 1  # bytes that hold any count
    width = limit // min(_BINS, _HISTOGRAM_BYTES // slot + 1) + 1
    bins = limit // width + 1
    # The histogram is one integer, a polynomial at x = 256**slot: adding a value multiplies by a power of x, a shift.
    histogram, window = 1, (1 << 8 * slot * bins) - 1
    largest, typical = 0, 0.0
    for values in lists:
        floors, remainders = np.divmod(values, width)
        histogram = sum(histogram << 8 * slot * floor for floor in floors.tolist()) & window
        largest += int(remainders.max())
        typical += float(remainders.mean())
    raw = histogram.to_bytes(slot * bins, "little")
    within = [*accumulate(int.from_bytes(raw[at : at + slot], "little") for at in range(0, len(raw), slot)), 0]
    low, estimate, high = (within[max(-1, (limit - excess) // width)] for excess in (largest, round(typical), 0))
    return low, estimate, high
