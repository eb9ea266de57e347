"""Data sets of torchvision: what is said where their files are missing, damaged or cannot be had."""

import socket
from urllib.error import URLError

import pytest

from fade.data import DatasetConfig
from tests.data.small_datasets import build, fake_cifar10, fake_mnist


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10", "cifar100", "svhn"])
def test_files_that_are_missing_may_be_downloaded(tmp_path, name):
    with pytest.raises(ValueError, match=rf"dataset\.root={tmp_path} .*{name}.*dataset\.download=true"):
        DatasetConfig(name=name, root=str(tmp_path)).check()
    DatasetConfig(name=name, root=str(tmp_path), download=True).check()


@pytest.mark.parametrize("name", ["mnist", "cifar100", "svhn"])
@pytest.mark.parametrize("error", [URLError("no network"), RuntimeError("no mirror"), TimeoutError("timed out")])
def test_a_download_without_network_is_one_sentence(tmp_path, monkeypatch, name, error):
    def refuse(*_, **__):
        raise error

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    with pytest.raises(ValueError, match=rf"dataset\.root={tmp_path} .*check the network") as caught:
        build(name=name, root=str(tmp_path), download=True)
    assert "\n" not in str(caught.value)
    assert socket.getdefaulttimeout() is None


def test_damaged_downloads_are_found(tmp_path, monkeypatch):
    root = fake_cifar10(tmp_path / "cifar", monkeypatch)
    (root / "cifar-10-batches-py" / "data_batch_3").write_bytes(b"")
    with pytest.raises(ValueError, match=r"no complete cifar10 .*dataset\.download=true"):
        build(name="cifar10", root=str(root))
    root = fake_mnist(tmp_path / "mnist")
    (root / "MNIST" / "raw" / "train-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03\0\0")
    with pytest.raises(ValueError, match=r"no complete mnist"):
        build(name="mnist", root=str(root))
