"""Data sets: from a name to deterministic batches on the device.

Importing this package does not import torch: `Data` is loaded on first use.
"""

from typing import TYPE_CHECKING, Any

from fade.training.data.config import DatasetConfig

if TYPE_CHECKING:
    from fade.training.data.data import Data

__all__ = ["Data", "DatasetConfig"]


def __getattr__(name: str) -> Any:
    if name == "Data":
        from fade.training.data.data import Data

        return Data
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
