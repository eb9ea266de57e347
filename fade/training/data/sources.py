"""The table of data sets; a new one is a row here and a file in conf/dataset. Imports no torch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fade.training.data import downloads, folder, generated, npz
from fade.training.data.examples import Examples

if TYPE_CHECKING:
    from fade.training.data.config import DatasetConfig


def _always_there(config: "DatasetConfig") -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Source:
    """One row.

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


SOURCES = {
    "mnist1d": Source(load=generated.load_mnist1d, kind="signal"),
    "digits": Source(load=generated.load_digits, kind="image"),
    **{
        name: Source(load=downloads.load_torchvision, check=downloads.check_downloaded, kind="image")
        for name in downloads.CLASSES
    },
    "image_folder": Source(load=folder.load_folder, check=folder.check_folder, kind="image", root=folder.LAYOUT),
    "npz": Source(load=npz.load_npz, check=npz.check_npz, kind=None, root=npz.LAYOUT),
}
