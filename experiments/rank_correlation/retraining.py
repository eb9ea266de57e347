"""A training of a study's region that reads more than a run of `fade` does."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from experiments.rank_correlation.study import Truth
from fade.config import compose_study
from fade.nets.network import Network
from fade.seeds import subseed
from fade.study.preparation import prepare, threads
from fade.training.config import TrainerConfig
from fade.training.region import RegionTrainer

Trainer = TypeVar("Trainer", bound=RegionTrainer)


@contextmanager
def region_trainer(
    kind: type[Trainer], truth: Truth, overrides: Sequence[str], seed: int
) -> Iterator[tuple[Trainer, TrainerConfig]]:
    """A region before its training, as the study's runs make it, and the recipe; with the threads of the overrides."""
    cells = "search.cells=" + json.dumps(truth.region.texts)
    config = compose_study([*overrides, "search=fixed", cells, f"seed={truth.name.split('.')[0]}"])
    recipe = config.trainer
    assert isinstance(recipe, TrainerConfig)
    with threads(config.threads):
        prepared = prepare(config)
        assert prepared.data is not None
        assert prepared.layout is not None
        seeds = [subseed(seed, "init")]
        network = Network([truth.region], prepared.layout, seeds=seeds, share=recipe.share_weights)
        yield kind(network, recipe.of_region, prepared.data, seed=seed), recipe
