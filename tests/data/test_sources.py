"""The configuration of a data set, and the sources that it can name."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from fade.data import DatasetConfig
from fade.data.source import sources
from tests.data.small_datasets import build


def test_configuration_is_answered_without_torch():
    code = "import sys; from fade.data import DatasetConfig as C; C().check(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"name": "imagenet"}, r"dataset\.name=imagenet is unknown; choose from .*mnist1d, digits"),
        ({"name": "npz"}, r"dataset\.root is null.*\.npz"),
        ({"name": "image_folder"}, r"dataset\.root is null.*train/<class>"),
        ({"train_samples": 0}, r"dataset\.train_samples=0 .*1 or more, or null"),
        ({"name": "digits", "image_size": -2}, r"dataset\.image_size=-2 .*1 or more, or null"),
        ({"image_size": 20}, r"dataset\.image_size is 20, but mnist1d holds signals"),
        ({"alpha_fraction": 0.0}, r"dataset\.alpha_fraction=0\.0 .*more than 0"),
        ({"validation_fraction": 1.5}, r"dataset\.validation_fraction=1\.5 .*less than 1"),
        ({"alpha_fraction": 0.5, "validation_fraction": 0.5}, r"dataset\.alpha_fraction \+ .* is 1, which leaves no"),
        ({"augment": "crop_flip"}, r"dataset\.augment is 'crop_flip', but mnist1d holds signals; choose .*shift"),
        ({"name": "digits", "augment": "shift"}, r"dataset\.augment is 'shift', but digits holds images"),
        ({"name": "npz", "root": "x", "augment": "mixup"}, r"dataset\.augment is 'mixup'; choose"),
        ({"placement": "disk"}, r"dataset\.placement=disk is unknown; choose from auto, device, loader"),
    ],
)
def test_a_wrong_configuration_is_refused_with_key_and_remedy(keys, message):
    with pytest.raises(ValueError, match=message):
        DatasetConfig(**keys)


def test_mnist1d_is_the_published_one():
    from mnist1d.data import get_dataset_args, make_dataset

    data = build()
    assert data.shape == (1, 40)
    assert data.sizes == {"weights": 2400, "alpha": 800, "validation": 800, "test": 1000}
    published = make_dataset(get_dataset_args())["x_test"]
    ours = torch.cat([x for x, _ in data.batches("test", batch_size=64, seed=0)]) * data.std + data.mean
    assert np.allclose(np.sort(ours.flatten()), np.sort(published, axis=None), atol=1e-5)


def test_mnist1d_grows_on_demand_and_leaves_the_generators_alone():
    # The data's own generator seeds numpy's global one.
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    assert sum(build(train_samples=4200, test_samples=1100).sizes.values()) == 5300
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_an_option_stands_for_every_source():
    files = Path(__file__).parents[2].joinpath("conf", "dataset").glob("*.yaml")
    assert {path.stem for path in files} == set(sources())
