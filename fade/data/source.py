"""Where examples come from; each source is a file in `fade.data.sources` and one in conf/dataset. Imports no torch."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from fade.data.examples import Examples

if TYPE_CHECKING:
    from fade.data.config import DatasetConfig


def _always_there(config: "DatasetConfig") -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a data set comes from.

    Attributes:
        load: Reads or makes the examples.
        check: Raises a ValueError if they are not there; cheap.
        kind: ``signal`` or ``image``; None if only the data tell.
        root: What `dataset.root` must be; None if it may be null.
    """

    load: "Callable[[DatasetConfig], Examples]"
    check: "Callable[[DatasetConfig], None]" = _always_there
    kind: str | None
    root: str | None = None

    @property
    def reads_files(self) -> bool:
        """Whether there are files to look for, of which `dataset.root` may say where."""
        return self.check is not _always_there


_SOURCES: dict[str, Source] = {}


def add_source(name: str, source: Source) -> None:
    """Add a source under the name of its data set; for those of this package, see `register_dataset` for yours."""
    _SOURCES[name] = source


@cache
def sources() -> dict[str, Source]:
    """All sources of this package by the names of their data sets."""
    package = importlib.import_module("fade.data.sources")
    for module in sorted(found.name for found in pkgutil.iter_modules(package.__path__)):
        importlib.import_module(f"fade.data.sources.{module}")
    return _SOURCES
