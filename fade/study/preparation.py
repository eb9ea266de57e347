"""What a study needs before it starts; all that can be wrong about a configuration is found here, before any work."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import torch

from fade.nets.layout import Layout
from fade.nets.vocabulary import try_ops
from fade.search import OuterSearch
from fade.space import HierarchicalSpace, Region
from fade.study.budget import price
from fade.study.config import ConfigurationError, StudyConfig
from fade.study.lessons import read_lessons
from fade.training.config import TrainerConfig
from fade.training.data import Data
from fade.training.elsewhere import Lesson
from fade.training.fit import resolve_device


@dataclass(frozen=True)
class Prepared:
    """A study that can start.

    Attributes:
        device: What `auto` means here.
        space: The architectures.
        search: The outer search, of which the first region was asked.
        data: None where nothing is trained.
        layout: Likewise.
        lessons: What is told of other regions.
    """

    device: str
    space: HierarchicalSpace
    search: OuterSearch
    data: Data | None
    layout: Layout | None
    lessons: list[Lesson] = field(default_factory=list)


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
        _check_size(search.ask())
        if not isinstance(config.trainer, TrainerConfig):
            return Prepared(device, space, search, None, None)
        lessons = read_lessons(config)
        with within_memory(f"dataset={config.dataset.name}", "dataset.image_size or dataset.train_samples"):
            data = config.dataset.build(seed=config.seed_of("split"), device=device)
        layout = config.space.layout(data.shape, data.classes)
        try_ops("space.ops", config.space.ops, layout)
        try_ops("space.output_op", {config.space.fixed_op} - set(config.space.ops), layout)
        both = config.trainer.name == "joint" or not config.trainer.learns_alpha
        of_region = ("weights", "alpha") if both else ("weights",)
        data.batches("weights", "alpha", batch_size=config.trainer.batch_size, seed=0, drop_last=True)  # networks
        data.batches(*of_region, batch_size=config.trainer.of_region.batch_size, seed=0, drop_last=True)
        if (budget := config.search.budget) is not None:
            _check_budget(budget, price(search, config.trainer, layout, data, epochs=config.truth.epochs))
    except ValueError as error:
        raise ConfigurationError(str(error)) from error
    return Prepared(device, space, search, data, layout, lessons)


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
