"""Small data sets of every kind, made offline."""

import hashlib
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from fade.data import Data, DatasetConfig

CLASSES = ("cat", "dog", "owl")


def build(**keys) -> Data:
    return DatasetConfig(**keys).build(seed=0, device="cpu")


def everything(data: Data) -> torch.Tensor:
    """All examples in raw units."""
    x = torch.cat([x for x, _ in data.batches(*data.sizes, batch_size=64, seed=0)])
    column = (-1, *[1] * (x.ndim - 2))
    return (x * data.std.view(column) + data.mean.view(column)).round()


def random_images(n: int, *shape: int, seed: int = 0) -> np.ndarray:
    """Images whose brightness differs between examples and channels."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 120, (n, *shape), dtype=np.uint8) + rng.integers(0, 120, (n, *[1] * len(shape)), np.uint8)


def image_folder(root: Path, per_class=(20, 5), size=(12, 10), mode="RGB", suffix=".png") -> Path:
    for split, n in zip(("train", "test"), per_class, strict=True):
        for number, name in enumerate(CLASSES):
            folder = root / split / name
            folder.mkdir(parents=True)
            channels = () if mode == "L" else (3,)
            for i, image in enumerate(random_images(n, *size, *channels, seed=number + 100 * n)):
                Image.fromarray(image).save(folder / f"{i:03}{suffix}")
    return root


def npz(path: Path, x: np.ndarray, labels: Any, test: int) -> Path:
    y = np.array([labels[i % len(labels)] for i in range(len(x))])
    np.savez(path, x_train=x[test:], y_train=y[test:], x_test=x[:test], y_test=y[:test])
    return path


def _md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes()).hexdigest()


def fake_cifar10(root: Path, patch: pytest.MonkeyPatch) -> Path:
    """The files of CIFAR-10 with few images, and their checksums."""
    import torchvision.datasets

    folder = root / "cifar-10-batches-py"
    folder.mkdir(parents=True)

    def put(name: str, content: object) -> list[str]:
        (folder / name).write_bytes(pickle.dumps(content))
        return [name, _md5(folder / name)]

    def batch(seed: int) -> dict[str, object]:
        return {"data": random_images(30, 3 * 32 * 32, seed=seed), "labels": [i % 10 for i in range(30)]}

    which = torchvision.datasets.CIFAR10
    patch.setattr(which, "train_list", [put(f"data_batch_{i}", batch(i)) for i in (1, 2, 3, 4, 5)])
    patch.setattr(which, "test_list", [put("test_batch", batch(6))])
    name, md5 = put("batches.meta", {"label_names": [f"class{i}" for i in range(10)]})
    patch.setattr(which, "meta", {"filename": name, "key": "label_names", "md5": md5})
    return root


def fake_mnist(root: Path, folder_name: str = "MNIST") -> Path:
    """The IDX files of MNIST with few images."""
    folder = root / folder_name / "raw"
    folder.mkdir(parents=True)
    for part, n in (("train", 100), ("t10k", 40)):
        images = random_images(n, 28, 28, seed=n)
        head = struct.pack(">IIII", 2051, n, 28, 28)
        (folder / f"{part}-images-idx3-ubyte").write_bytes(head + images.tobytes())
        labels = bytes(i % 10 for i in range(n))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 2049, n) + labels)
    return root


def fake_svhn(root: Path, patch: pytest.MonkeyPatch) -> Path:
    """The files of SVHN with few images; it calls the digit 0 a 10."""
    import scipy.io
    import torchvision.datasets

    root.mkdir(parents=True)
    files = {}
    for split, n in (("train", 100), ("test", 40)):
        path = root / f"{split}_32x32.mat"
        labels = np.array([[i % 10 + 1] for i in range(n)], dtype=np.uint8)
        scipy.io.savemat(path, {"X": random_images(n, 32, 32, 3, seed=n).transpose(1, 2, 3, 0), "y": labels})
        files[split] = ["http://localhost/nothing", path.name, _md5(path)]
    patch.setattr(torchvision.datasets.SVHN, "split_list", files)
    return root
