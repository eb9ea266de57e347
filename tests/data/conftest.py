"""Configurations of all data sets that can be made offline."""

from pathlib import Path

import numpy as np
import pytest

from fade.data import DatasetConfig
from tests.data.small_datasets import fake_cifar10, fake_mnist, fake_svhn, image_folder, npz, random_images


@pytest.fixture(scope="session")
def datasets(tmp_path_factory: pytest.TempPathFactory, cache: Path):
    """Configurations of all that can be made offline, by name."""
    folder = tmp_path_factory.mktemp("datasets")
    colours = image_folder(folder / "colours")
    grey = image_folder(folder / "grey", mode="L", suffix=".bmp")
    photos = image_folder(folder / "photos", suffix=".jpg")
    rng = np.random.default_rng(0)
    arrays = npz(folder / "images.npz", random_images(70, 9, 9, 3), ["b", "a"], 20)
    signals = npz(folder / "signals.npz", rng.normal(5, 3, (70, 2, 17)), [7, -1], 20)
    with pytest.MonkeyPatch.context() as patch:
        cifar10 = str(fake_cifar10(folder / "cifar10", patch))
        yield {
            "mnist1d": DatasetConfig(name="mnist1d", augment="shift"),
            "mnist1d, few": DatasetConfig(name="mnist1d", train_samples=230, test_samples=70),
            "digits": DatasetConfig(name="digits", augment="crop"),
            "mnist": DatasetConfig(name="mnist", root=str(fake_mnist(folder / "mnist"))),
            "fashion_mnist": DatasetConfig(
                name="fashion_mnist", root=str(fake_mnist(folder / "fashion", "FashionMNIST")), augment="flip"
            ),
            "cifar10": DatasetConfig(name="cifar10", root=cifar10, augment="crop_flip"),
            "cifar10, small": DatasetConfig(name="cifar10", root=cifar10, image_size=16, train_samples=100),
            "svhn": DatasetConfig(name="svhn", root=str(fake_svhn(folder / "svhn", patch))),
            "image_folder": DatasetConfig(name="image_folder", root=str(colours), augment="crop_flip"),
            "image_folder, grey": DatasetConfig(name="image_folder", root=str(grey)),
            "image_folder, photos": DatasetConfig(
                name="image_folder", root=str(photos), image_size=8, alpha_fraction=0.3, validation_fraction=0.1
            ),
            "npz, images": DatasetConfig(name="npz", root=str(arrays), augment="flip"),
            "npz, signals": DatasetConfig(name="npz", root=str(signals), augment="shift"),
        }
