"""A user's arrays: what is understood, and what is said of the rest."""

import numpy as np
import pytest

from fade.data import DatasetConfig
from tests.data.small_datasets import build, npz, random_images


@pytest.mark.parametrize(
    ("x", "shape"),
    [
        (np.zeros((40, 6)), (1, 6)),
        (np.zeros((40, 6), np.uint8), (1, 6)),
        (np.zeros((40, 2, 6)), (2, 6)),
        (np.zeros((40, 5, 6), np.uint8), (1, 5, 6)),
        (np.zeros((40, 5, 6, 3), np.uint8), (3, 5, 6)),
        (np.zeros((40, 3, 5, 6), np.float32), (3, 5, 6)),
        (np.zeros((40, 9, 5, 6), np.int32), (9, 5, 6)),
    ],
)
def test_the_axes_of_arrays_are_understood(tmp_path, x, shape):
    assert build(name="npz", root=str(npz(tmp_path / "x.npz", x, ["b", "a"], 10))).shape == shape


def test_labels_of_bytes_are_read_as_text(tmp_path):
    path = npz(tmp_path / "a.npz", random_images(60, 9, 9, 3), [b"owl", b"cat"], 20)
    assert build(name="npz", root=str(path)).class_names == ("cat", "owl")
    path = npz(tmp_path / "a.npz", random_images(60, 9, 9, 3), [b"owl", "Käfer".encode("latin-1")], 20)
    assert build(name="npz", root=str(path)).class_names == ("K\N{REPLACEMENT CHARACTER}fer", "owl")


def test_arrays_that_cannot_be_understood_are_refused(tmp_path):
    path = tmp_path / "x.npz"
    good = {
        "x_train": np.ones((30, 6)),
        "y_train": np.arange(30) % 2,
        "x_test": np.ones((8, 6)),
        "y_test": np.arange(8) % 2,
    }
    for change, message in (
        ({"x_test": np.ones((8, 7))}, r"\[6\] in x_train.*\[7\] in x_test"),
        ({"y_train": np.arange(29)}, r"y_train is int64 \[29\]; give an integer or string for each of 30"),
        ({"y_test": np.full(8, 0.5)}, r"y_test is float64"),
        ({"y_test": np.arange(8).astype(str)}, r"y_train is int64, y_test <U21; make both integers or strings"),
        ({"y_test": np.zeros(8, int)}, r"class '1' is in train but not in test"),
        ({"x_train": np.full((30, 6), np.nan)}, r"x_train holds numbers that are not finite"),
        ({"x_train": np.array([{}] * 30)}, r"cannot be read .*allow_pickle"),
    ):
        np.savez(path, **{**good, **change})
        with pytest.raises(ValueError, match=message):
            build(name="npz", root=str(path))
    for content, message in (
        (b"nonsense", r"cannot be read \(it is no archive of arrays\)"),
        (None, r"is not a file; give the path of a \.npz"),
    ):
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ValueError, match=message):
            DatasetConfig(name="npz", root=str(path)).check()
        path.touch()
    np.savez(path, x_train=good["x_train"])
    with pytest.raises(ValueError, match=r"lacks x_test, y_test, y_train"):
        DatasetConfig(name="npz", root=str(path)).check()
