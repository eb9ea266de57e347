"""Which paths of a region are held against the truth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fade.seeds import subseed
from fade.space import Region

LISTED = 1_000_000  # up to so many paths are permuted as a whole


def sample_paths(region: Region, count: int | str, seed: int) -> NDArray[np.int64]:
    """Draw paths uniformly without replacement, by the region's cells and the seed alone.

    Never by scores or by how the region was trained, so that trainers are compared on the same paths; fewer paths are a
    prefix of more.

    Args:
        region: The region.
        count: How many; ``"all"``, or more than there are, takes all.
        seed: Seed.

    Returns:
        ``[N, D]``.
    """
    rng = np.random.default_rng(subseed(seed, *(text for stage in region.texts for text in stage)))
    wanted = region.size if count == "all" else min(int(count), region.size)
    shape = (region.candidates,) * region.depth
    if region.size <= LISTED:
        chosen = rng.permutation(region.size)[:wanted]
        return np.stack(np.unravel_index(chosen, shape), axis=1).astype(np.int64)
    seen: dict[tuple[int, ...], None] = {}
    while len(seen) < wanted:
        seen.setdefault(tuple(rng.integers(region.candidates, size=region.depth).tolist()))
    return np.array(list(seen), dtype=np.int64)
