"""All examples of a data set as arrays, before subsets and splits; imports no torch."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Examples:
    """What a source gives.

    Attributes:
        train: [N, C, *spatial]: images as uint8 or float32, signals as float32.
        train_labels: Class of each, [N], int64 in 0..classes-1.
        test: [M, C, *spatial].
        test_labels: [M].
        class_names: In the order of the labels.
    """

    train: Array
    train_labels: npt.NDArray[np.int64]
    test: Array
    test_labels: npt.NDArray[np.int64]
    class_names: tuple[str, ...]

    @property
    def kind(self) -> str:
        """``signal`` (one spatial dimension) or ``image`` (two)."""
        return "signal" if self.train.ndim == 3 else "image"


def check_same_classes(train: Collection[Any], test: Collection[Any], where: str) -> None:
    """Compare the classes of the two parts.

    Args:
        train: Classes of the training examples.
        test: Classes of the test examples.
        where: What holds them, for the message.

    Raises:
        ValueError: Names a class that only one part has.
    """
    for name in (*train, *test):
        if name not in train or name not in test:
            has, lacks = ("train", "test") if name in train else ("test", "train")
            raise ValueError(f"{where}: class {str(name)!r} is in {has} but not in {lacks}; give both the same classes")


def one_line(error: BaseException) -> str:
    """An exception of a library as part of a sentence."""
    return " ".join(f"{type(error).__name__}: {error}".split())
