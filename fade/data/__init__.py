"""Data sets: from a name to deterministic batches on the device.

Importing this package does not import torch: `Data` is loaded on first use.
"""

from typing import TYPE_CHECKING, Any

from fade.data.config import DATASETS, DatasetConfig, register_dataset
from fade.data.examples import Examples
from fade.data.source import Source

if TYPE_CHECKING:
    from fade.data.data import Data

__all__ = ["DATASETS", "Data", "DatasetConfig", "Examples", "Source", "register_dataset"]


def __getattr__(name: str) -> Any:
    if name == "Data":
        from fade.data.data import Data

        return Data
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
