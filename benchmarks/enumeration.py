"""Classes of cells, listed and counted, and canonical texts of random ones: `python benchmarks/enumeration.py [V]`."""

import resource
import sys
import time

import numpy as np

from fade.space import CellSpace


def enumeration(largest: int) -> None:
    print("\n| vertices, one op | classes | seconds | classes per second | peak memory of the process (MiB) |")
    print("|---|---|---|---|---|")
    for vertices in range(2, largest + 1):
        space = CellSpace(vertices)
        start = time.perf_counter()
        # Texts of all classes are held at once, to show that they differ; the enumeration itself keeps nothing.
        texts = [str(cell) for cell in space.cells()]
        seconds = time.perf_counter() - start
        assert len(set(texts)) == space.count()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"| {vertices} | {len(texts)} | {seconds:.3f} | {len(texts) / seconds:,.0f} | {peak:,.0f} |", flush=True)


def random_cells() -> None:
    print("\n| vertices, three ops | canonical text of a random cell (ms, mean of 200) | exact count of classes (s) |")
    print("|---|---|---|")
    for vertices in (5, 8, 12, 20, 30):
        space, rng = CellSpace(vertices, ("conv3", "conv5", "conv7")), np.random.default_rng(0)
        cells = [space.sample(rng) for _ in range(200)]
        start = time.perf_counter()
        for cell in cells:
            str(cell)
        between = time.perf_counter()
        space.count()
        end = time.perf_counter()
        print(f"| {vertices} | {(between - start) / len(cells) * 1e3:.2f} | {end - between:.3f} |", flush=True)


if __name__ == "__main__":
    enumeration(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
    random_cells()
