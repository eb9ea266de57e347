"""What a study needs before it starts; all that can be wrong about a configuration is found here, before any work."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from fade.data import Data
from fade.estimators import Estimator, Resources
from fade.nets.layout import Layout
from fade.nets.vocabulary import try_ops
from fade.search import OuterSearch
from fade.space import HierarchicalSpace, Region
from fade.store import Store
from fade.study.budget import price
from fade.study.config import ConfigurationError, StudyConfig
from fade.training.cached import CachedTrainings
from fade.training.fit import resolve_device


@dataclass(frozen=True)
class Prepared:
    """A study that can start.

    Attributes:
        device: What `auto` means here.
        space: The architectures.
        search: The outer search, of which the first region was asked.
        estimator: What turns regions into stage scores.
        trainings: Trains or takes what is stored; None where nothing is trained.
    """

    device: str
    space: HierarchicalSpace
    search: OuterSearch
    estimator: Estimator
    trainings: CachedTrainings | None

    @property
    def dataset(self) -> str:
        """The data set's name."""
        return "synthetic" if self.trainings is None else self.trainings.data.name


def prepare(config: StudyConfig) -> Prepared:
    """Check a configuration as a whole, and against the data and the machine.

    Raises:
        ConfigurationError: Naming the key, its value and the remedy.
    """
    try:
        config.check()
        config.tracking.check()
        device = resolve_device(config.device)
        space = config.space.build()
        search = config.search.build(space, seed=config.seed_of("search"))
        region = search.ask()
        _check_size(region)
        trainings = _trainings(config, device) if config.trainer.trains else None
        estimator = config.trainer.build(
            Resources(space, region.candidates, config.seed_of, trainings, config.earlier_regions())
        )
        if (budget := config.search.budget) is not None and trainings is not None:
            recipe = config.network_recipe
            _check_budget(budget, price(search, estimator, recipe, trainings.layout, trainings.data))
    except ValueError as error:
        raise ConfigurationError(str(error)) from error
    return Prepared(device, space, search, estimator, trainings)


def _trainings(config: StudyConfig, device: str) -> CachedTrainings:
    """The trainings of a study; its data are read and its ops tried, the store is not touched."""
    with within_memory(f"dataset={config.dataset.name}", "dataset.image_size or dataset.train_samples"):
        data = config.dataset.build(seed=config.seed_of("split"), device=device)
    layout = _layout(config, data)
    config.trainer.check_data(data)
    seed, networks_seed = config.seed_of("training"), config.seed_of("networks")
    return CachedTrainings(
        Store(config.store), layout, data, seed=seed, networks_seed=networks_seed, executor=config.executor
    )


def _layout(config: StudyConfig, data: Data) -> Layout:
    layout = config.space.layout(data.shape, data.classes)
    try_ops("space.ops", config.space.ops, layout)
    try_ops("space.output_op", {config.space.fixed_op} - set(config.space.ops), layout)
    return layout


def _check_size(region: Region) -> None:
    if region.size > sys.float_info.max:  # what its paths cost is counted as a float
        raise ValueError(
            f"space.depth={region.depth} with {region.candidates} candidates a stage gives a region of over "
            f"{sys.float_info.max:.0e} paths; lower one of them"
        )


@contextmanager
def within_memory(what: str, remedy: str) -> Iterator[None]:
    """Turn an allocation that fails into a sentence.

    Args:
        what: The key and value that ask for it.
        remedy: The keys to lower.

    Raises:
        ValueError: With that sentence.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:  # torch has a type of its own on an accelerator only
        if not isinstance(error, MemoryError | torch.OutOfMemoryError) and "allocate memory" not in str(error):
            raise
        raise ValueError(f"{what} does not fit into memory; lower {remedy}") from error


def _check_budget(budget: float, first: float) -> None:
    if first > budget:
        raise ValueError(
            f"search.budget={budget:.3g} FLOPs does not reach for one region, which takes {first:.3g} with the choice "
            "of the best network; raise it, or take fewer search.candidates or trainer.epochs"
        )


def check_store(folder: str) -> None:
    """Make the folder of the store, and a file in it for a moment.

    Raises:
        ConfigurationError: If either cannot be.
    """
    place = Path(folder).expanduser()
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise ConfigurationError(f"store={folder} cannot be written ({error.strerror}); name another folder") from error


@contextmanager
def threads(number: int | None) -> Iterator[None]:
    """Torch's threads of one operation, given back at the end: the next study may want its own."""
    before = torch.get_num_threads()
    if number is not None:
        torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
