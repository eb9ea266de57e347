"""What read-outs add to the training that they read: validation passes of a hyper-architecture, trained for an epoch.

Seconds, one training by ``joint``. The floor is the same passes without anything shared: each of the D·K mixtures, and
each sampled path as a network of its own, from the input on.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.measure import alternating
from fade.config import compose_study
from fade.estimators.supernet import SupernetConfig
from fade.study.preparation import prepare
from fade.training.evaluate import evaluate_mixed, evaluate_paths
from fade.training.region import TrainedRegion, train_region

COLUMNS = ("work", "training, s", "read-out", "nothing shared, s", "fade, s", "share of the training")
CASES = {
    "signals of 40, D = 3, K = 4, 1,000 examples": ("space.channels=32",),
    "signals of 40, D = 8, K = 4, 1,000 examples": ("space.channels=32", "space.depth=8"),
}


def passes(trained: TrainedRegion) -> dict[str, tuple[Callable[[], object], Callable[[], object]]]:
    """The floor of each kind of read-out, and ours."""
    network, data, batch = trained.network, trained.data, trained.recipe.batch_size
    depth, candidates = trained.stage_weights.shape
    mixed = trained.choices()
    paths, *_ = trained.sampled_paths

    def alone() -> None:
        for d in range(depth):
            for k in range(candidates):
                evaluate_mixed(network, [*mixed[:d], k, *mixed[d + 1 :]], data, batch)

    return {
        "`alone`, as `leave_one_out`": (alone, lambda: trained.losses([list(range(candidates))] * depth)),
        f"{len(paths)} paths": (
            lambda: [evaluate_paths(network, path[None], data, batch) for path in paths],
            lambda: evaluate_paths(network, paths, data, batch),
        ),
    }


def rows(repeats: int) -> list[tuple[str, ...]]:
    """A row a case and read-out."""
    found = []
    for name, overrides in CASES.items():
        config = compose_study(
            ["trainer=joint", "search=fixed", "trainer.epochs=1", "trainer.batch_size=50", *overrides]
        )
        assert isinstance(config.trainer, SupernetConfig)
        study = prepare(config)
        assert study.trainings is not None
        of = study.trainings
        module, trained = train_region(study.search.ask(), config.trainer.of_region, of.layout, of.data, seed=0)
        training = float(np.sum(module.epoch_seconds))
        for readout, (floor, ours) in passes(trained).items():
            times = alternating({"floor": floor, "ours": ours}, min(repeats, 3))
            texts = [times[way].seconds(2) for way in ("floor", "ours")]
            share = times["ours"].median / training
            found.append((name, f"{training:.2f}", readout, *texts, f"{share:.2f}"))
            print(" | ".join(found[-1]), flush=True)
    return found
