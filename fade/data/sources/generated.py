"""Data sets that need no files of the user: generated, or part of a package; imports no torch."""

import random
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from fade.data.cache import Arrays, cached
from fade.data.examples import Examples
from fade.data.source import Source, add_source

if TYPE_CHECKING:
    from fade.data.config import DatasetConfig

DIGITS = tuple(map(str, range(10)))


def load_mnist1d(config: "DatasetConfig") -> Examples:
    """MNIST-1D (Greydanus & Kobak, 2024) by its authors' generator, with its own arguments and seed.

    The seed of a run plays no part, so that it is one data set: the published 4,000 + 1,000 signals of length 40, or
    more, generated anew, if `train_samples` or `test_samples` ask for more.
    """
    train, test = max(4000, config.train_samples or 0), max(1000, config.test_samples or 0)
    versions = [version(package) for package in ("mnist1d", "numpy", "scipy")]
    made = cached("mnist1d", [train, test], versions, lambda: _generate(train + test))
    signals = made["signals"].astype(np.float32)[:, None]
    return Examples(
        train=signals[:train],
        train_labels=made["labels"][:train],
        test=signals[train : train + test],
        test_labels=made["labels"][train : train + test],
        class_names=DIGITS,
    )


def _generate(samples: int) -> Arrays:
    from mnist1d.data import get_dataset_args, make_dataset  # a second: it imports matplotlib

    arguments = get_dataset_args()
    arguments.num_samples = -(-samples // len(DIGITS)) * len(DIGITS)
    # It seeds the global generators: their states are given back, so that loading data changes no one's chance.
    states = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        made = make_dataset(arguments)
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
    return {
        "signals": np.concatenate([made["x"], made["x_test"]]),
        "labels": np.concatenate([made["y"], made["y_test"]]).astype(np.int64),
    }


def load_digits(config: "DatasetConfig") -> Examples:
    """scikit-learn's 1,797 digits of 8 x 8; every fifth is a test image, as the set has no test part of its own."""
    from sklearn.datasets import load_digits as read

    flat, labels = read(return_X_y=True)
    images = (flat.reshape(-1, 1, 8, 8) * (255 / 16)).round().astype(np.uint8)
    labels = labels.astype(np.int64)
    test = np.arange(len(labels)) % 5 == 4
    return Examples(
        train=images[~test],
        train_labels=labels[~test],
        test=images[test],
        test_labels=labels[test],
        class_names=DIGITS,
    )


add_source("mnist1d", Source(load=load_mnist1d, kind="signal"))
add_source("digits", Source(load=load_digits, kind="image"))
