"""The data sets that torchvision downloads; imports no torch."""

import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fade.data.cache import cache_folder
from fade.data.examples import Array, Examples, one_line
from fade.data.source import Source, add_source

if TYPE_CHECKING:
    from fade.data.config import DatasetConfig

CLASSES = {
    "mnist": ("MNIST", "MNIST/raw"),
    "fashion_mnist": ("FashionMNIST", "FashionMNIST/raw"),
    "cifar10": ("CIFAR10", "cifar-10-batches-py"),
    "cifar100": ("CIFAR100", "cifar-100-python"),
    "svhn": ("SVHN", "train_32x32.mat"),
}
"""By name: the class in torchvision.datasets, and what lies in the root when it is there."""

SECONDS_WITHOUT_ANSWER = 30
"""A firewall that drops packets would else hang a download for ever."""


def download_root(config: "DatasetConfig") -> Path:
    """`dataset.root`, or a folder beside the caches where it is null."""
    return cache_folder() / "datasets" if config.root is None else Path(config.root).expanduser()


def check_downloaded(config: "DatasetConfig") -> None:
    """Raise a ValueError if the files are missing and may not be downloaded."""
    marker = CLASSES[config.name][1]
    if not config.download and not (download_root(config) / marker).exists():
        raise ValueError(_missing(config, f"{marker} is not there"))


def load_torchvision(config: "DatasetConfig") -> Examples:
    """Read, and with `dataset.download` fetch, the files.

    Raises:
        ValueError: They are missing, damaged or cannot be downloaded.
    """
    check_downloaded(config)
    import torchvision.datasets

    make: Any = getattr(torchvision.datasets, CLASSES[config.name][0])
    parts = [{"split": "train"}, {"split": "test"}] if config.name == "svhn" else [{"train": True}, {"train": False}]
    timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(SECONDS_WITHOUT_ANSWER)
    try:
        train, test = (make(download_root(config), download=config.download, **part) for part in parts)
    except (OSError, RuntimeError, ValueError, EOFError, AssertionError) as error:
        # no network: URLError (an OSError) or RuntimeError; damaged files: the rest
        raise ValueError(_missing(config, one_line(error))) from error
    finally:
        socket.setdefaulttimeout(timeout)
    return Examples(
        train=_channels_first(train.data),
        train_labels=_labels(train),
        test=_channels_first(test.data),
        test_labels=_labels(test),
        class_names=tuple(getattr(train, "classes", map(str, range(10)))),
    )


def _missing(config: "DatasetConfig", why: str) -> str:
    remedy = (
        "check the network, or copy the files there yourself"
        if config.download
        else f"set dataset.download=true, or dataset.root to the folder that holds {CLASSES[config.name][1]}"
    )
    return f"dataset.root={download_root(config)} has no complete {config.name} ({why}); {remedy}"


def _channels_first(images: object) -> Array:
    """[N, H, W], [N, H, W, 3] or [N, 3, H, W] (a tensor or an array) to [N, C, H, W]."""
    x = np.asarray(images)
    if x.ndim == 3:
        return x[:, None]
    return x if x.shape[1] == 3 else np.moveaxis(x, -1, 1)


def _labels(dataset: object) -> Array:
    return np.asarray(getattr(dataset, "targets", getattr(dataset, "labels", None)), dtype=np.int64)


for _name in CLASSES:
    add_source(_name, Source(load=load_torchvision, check=check_downloaded, kind="image"))
