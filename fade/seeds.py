"""Sub-seeds by name, so that one source of chance can be held while another moves."""

import zlib

import numpy as np


def subseed(seed: int, *names: str | int) -> int:
    """Derive the seed of one named source of chance.

    Args:
        seed: The parent seed, non-negative.
        names: What the randomness is for, for example ``("region", 3)``.

    Returns:
        A seed in [0, 2**63), the same for the same arguments on every machine.
    """
    key = tuple(zlib.crc32(name.encode()) if isinstance(name, str) else int(name) for name in names)
    words = np.random.SeedSequence(seed, spawn_key=key).generate_state(2, np.uint32)
    return (int(words[0]) << 31) ^ int(words[1])
