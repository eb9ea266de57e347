"""What holds for every data set, whatever its source."""

from dataclasses import replace
from itertools import islice

import pytest
import torch

from fade.data import Data, DatasetConfig

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
TRAINING = ("weights", "alpha", "validation")


@pytest.fixture(scope="session", params=NAMES)
def config(request: pytest.FixtureRequest, datasets: dict[str, DatasetConfig]) -> DatasetConfig:
    return datasets[request.param]


@pytest.fixture(scope="session")
def data(config: DatasetConfig) -> Data:
    config.check()
    return config.build(seed=3, device="cpu")


def whole(data: Data, *splits: str, **how) -> tuple[torch.Tensor, torch.Tensor]:
    """All batches of one pass, [N, C, *spatial] and [N]."""
    x, y = zip(*data.batches(*splits, **{"batch_size": 32, "seed": 0, **how}), strict=True)
    return torch.cat(x), torch.cat(y)


def rows(x: torch.Tensor) -> list[bytes]:
    return sorted(row.numpy().tobytes() for row in x)


def test_every_split_has_its_size_and_shape_and_all_classes(data, config):
    for split, size in data.sizes.items():
        x, y = whole(data, split)
        assert x.shape == (size, *data.shape)
        assert x.dtype == torch.float32
        assert y.dtype == torch.int64
        assert y.unique().tolist() == list(range(data.classes))
    total = sum(data.sizes[split] for split in TRAINING)
    assert data.sizes["alpha"] == round(config.alpha_fraction * total)
    assert data.sizes["validation"] == round(config.validation_fraction * total)
    assert list(data.sizes) == [*TRAINING, "test"]
    assert len(data.class_names) == data.classes


def test_asked_samples_and_size_are_given(data, config):
    if config.train_samples is not None:
        assert sum(data.sizes[split] for split in TRAINING) == config.train_samples
    if config.test_samples is not None:
        assert data.sizes["test"] == config.test_samples
    if config.image_size is not None:
        assert data.shape[1:] == (config.image_size, config.image_size)


def test_classes_have_the_same_share_in_every_split(data):
    every = torch.bincount(whole(data, *TRAINING)[1])
    for split in TRAINING:
        expected = every * (data.sizes[split] / every.sum())
        assert (torch.bincount(whole(data, split)[1]) - expected).abs().max() < 2


def test_splits_are_disjoint_and_their_union_is_all(data):
    parts = [set(rows(whole(data, split)[0])) for split in data.sizes]
    assert sum(map(len, parts)) == len(set.union(*parts))
    assert rows(whole(data, *TRAINING)[0]) == rows(torch.cat([whole(data, split)[0] for split in TRAINING]))


def test_weights_and_alpha_are_standardised_and_nothing_else_enters(data, config):
    x = whole(data, "weights", "alpha")[0].double().transpose(0, 1).flatten(1)
    assert torch.allclose(x.mean(1), torch.zeros(len(x), dtype=torch.double), atol=1e-5)
    assert torch.allclose(x.std(1, correction=0), torch.ones(len(x), dtype=torch.double), atol=1e-5)


def test_shuffling_moves_pairs_and_loses_none(data):
    plain, shuffled = (whole(data, "weights", shuffle=shuffle) for shuffle in (False, True))
    assert not torch.equal(plain[0], shuffled[0])

    def pairs(x, y):
        return sorted((row.numpy().tobytes(), int(label)) for row, label in zip(x, y, strict=True))

    assert pairs(*plain) == pairs(*shuffled)


@pytest.mark.parametrize("augment", [False, True])
def test_batches_are_a_function_of_seed_and_epoch(data, config, augment):
    how = {"shuffle": True, "augment": augment}
    batches = data.batches("weights", batch_size=16, seed=1, epoch=2, **how)
    first = torch.cat([x for x, _ in batches])
    torch.rand(7)  # the global generator plays no part
    assert torch.equal(first, torch.cat([x for x, _ in batches]))
    again = config.build(seed=3, device="cpu")
    assert torch.equal(first, whole(again, "weights", batch_size=16, seed=1, epoch=2, **how)[0])
    for other in ({"seed": 2, "epoch": 2}, {"seed": 1, "epoch": 3}):
        assert not torch.equal(first, whole(data, "weights", batch_size=16, **other, **how)[0])


def test_loading_leaves_the_global_generators_alone(config):
    torch.manual_seed(0)
    before = torch.get_rng_state()
    for _ in islice(config.build(seed=3, device="cpu").batches("weights", batch_size=8, seed=0, shuffle=True), 2):
        pass
    assert torch.equal(before, torch.get_rng_state())


def test_sizes_of_batches(data):
    n = data.sizes["weights"]
    size = n // 3 - 1  # leaves a rest
    for drop_last in (False, True):
        batches = data.batches("weights", batch_size=size, seed=0, drop_last=drop_last)
        lengths = [len(x) for x, _ in batches]
        assert len(batches) == len(lengths)
        assert lengths == [size] * (n // size) + [n % size] * (not drop_last)


def test_the_seed_moves_the_splits_and_the_fingerprint(data, config):
    other = config.build(seed=4, device="cpu")
    assert data.fingerprint != other.fingerprint
    assert rows(whole(data, "validation")[0]) != rows(whole(other, "validation")[0])
    assert data.fingerprint == config.build(seed=3, device="cpu").fingerprint
    assert data.fingerprint != replace(config, alpha_fraction=0.25).build(seed=3, device="cpu").fingerprint


@pytest.mark.parametrize("augment", [False, True])
def test_both_placements_give_the_same(data, config, augment):
    loader = replace(config, placement="loader").build(seed=3, device="cpu")
    assert loader.fingerprint == data.fingerprint
    assert (loader.resident, data.resident) == (False, True)
    how = {"batch_size": 50, "seed": 5, "epoch": 1, "shuffle": True, "augment": augment}
    for ours, theirs in zip(data.batches("alpha", **how), loader.batches("alpha", **how), strict=True):
        assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))
