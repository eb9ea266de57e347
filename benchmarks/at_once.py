"""N = 32 stand-alone networks of the defaults on mnist1d: one by one, and as many at once as `fade` trains.

Seconds of one epoch of all, networks of different cells, by two processes of one thread each, which take what is left
in turn; and by one. The goal is twice the speed of one by one.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from unittest import mock

import numpy as np

from benchmarks.measure import in_turn
from fade.config import compose_study
from fade.store import Store
from fade.study.preparation import prepare
from fade.training.cached import CachedTrainings, Networks
from fade.training.side_by_side import Cores

COLUMNS = ("processes", "one by one, s", "at once, s", "times as fast", "networks a second")
NETWORKS = 32


def trained(processes: int, chunk: int | None) -> Callable[[], float]:
    """Seconds of training all networks in so many processes, in chunks of so many; None is `fade`'s own choice."""
    study = prepare(compose_study(["trainer.epochs=1", "search=fixed"]))
    assert study.trainings is not None
    rng, of = np.random.default_rng(0), study.trainings
    regions = [study.space.sample_region(rng, 1) for _ in range(NETWORKS)]
    architectures = [region.architecture([0] * region.depth) for region in regions]
    recipe = compose_study(["trainer.epochs=1"]).network_recipe

    def run() -> float:
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(Cores, "idle", return_value=processes):
            own = CachedTrainings(Store(folder), of.layout, of.data, seed=0, executor="processes")
            start = time.perf_counter()
            if chunk is None:
                own.networks([Networks(architectures=architectures, recipe=recipe, seed=0)])
            else:
                groups = [architectures[n : n + chunk] for n in range(0, NETWORKS, chunk)]
                own.networks([Networks(architectures=group, recipe=recipe, seed=0) for group in groups])
            return time.perf_counter() - start

    return run


def rows(repeats: int) -> list[tuple[str, ...]]:
    """A row for each number of processes."""
    found = []
    for processes in (1, 2):
        ways = {"single": trained(processes, 1), "at once": trained(processes, None)}
        times = in_turn(ways, min(repeats, 3))
        single, at_once = times["single"], times["at once"]
        faster, rate = single.median / at_once.median, NETWORKS / at_once.median
        found.append((str(processes), single.seconds(1), at_once.seconds(1), f"{faster:.2f}", f"{rate:.1f}"))
        print(" | ".join(found[-1]), flush=True)
    return found
