"""Truth by training: paths of a region from scratch."""

from __future__ import annotations

from collections.abc import Sequence

from fade.space import Region
from fade.training.cached import CachedTrainings, Networks
from fade.training.recipe import NetworkRecipe
from fade.truth.config import TruthConfig
from fade.truth.known import TruePath, Truth
from fade.truth.paths import sample_paths


def retrain(
    region: Region,
    top: Sequence[int],
    config: TruthConfig,
    recipe: NetworkRecipe,
    trainings: CachedTrainings,
    *,
    seed: int,
) -> Truth:
    """Train sampled paths and the top path from scratch, each with every seed.

    Args:
        region: The region.
        top: The path that ranks first.
        config: How many.
        recipe: How.
        trainings: Where trainings are done and stored.
        seed: Of the choice of paths.
    """
    sampled = [tuple(path) for path in sample_paths(region, config.paths, seed).tolist()]
    groups = [sampled] if tuple(top) in sampled else [sampled, [tuple(top)]]
    paths, flops, seconds = [], 0.0, 0.0
    wanted = [
        Networks(architectures=[region.architecture(path) for path in group], recipe=recipe, seed=seed)
        for group in groups  # the top path by itself: it must not move what is batched with what
        for seed in range(config.seeds)
    ]
    found = iter(trainings.networks(wanted))
    for group in groups:
        repeats = [next(found) for _ in range(config.seeds)]
        for n, path in enumerate(group):
            runs = [repeat[n] for repeat in repeats]
            paths.append(
                TruePath(
                    path,
                    sampled=group is sampled,
                    accuracy=[run["test_accuracy"] for run in runs],
                    parameters=runs[0]["parameters"],
                    flops=runs[0]["flops"],
                    validation_loss=[run["validation_loss"] for run in runs],
                )
            )
            flops += sum(run["train_flops"] for run in runs)
            seconds += sum(run["seconds"] for run in runs)
    return Truth(paths, flops, seconds)
