"""Every data set passes the suite that users' data sets pass, whatever its source."""

import pytest

from fade.data import Data, DatasetConfig
from fade.testing import DatasetConformance

NAMES = [
    "mnist1d",
    "mnist1d, few",
    "digits",
    "mnist",
    "fashion_mnist",
    "cifar10",
    "cifar10, small",
    "svhn",
    "image_folder",
    "image_folder, grey",
    "image_folder, photos",
    "npz, images",
    "npz, signals",
]


class TestDatasets(DatasetConformance):
    @pytest.fixture(scope="class", params=NAMES)
    def config(self, request: pytest.FixtureRequest, datasets: dict[str, DatasetConfig]) -> DatasetConfig:
        return datasets[request.param]

    @pytest.fixture(scope="class")
    def data(self, config: DatasetConfig) -> Data:
        config.check()
        return config.build(seed=3, device="cpu")
