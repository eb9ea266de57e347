"""A user's arrays from a .npz file; imports no torch."""

import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fade.data.examples import Array, Examples, check_same_classes, one_line
from fade.data.source import Source, add_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fade.data.config import DatasetConfig

LAYOUT = "the path of a .npz file with the arrays x_train, y_train, x_test and y_test"
SHAPES = "[N, L] or [N, C, L] (signals), uint8 [N, H, W], [N, H, W, C] (C at most 4) or [N, C, H, W] (images)"


def load_npz(config: "DatasetConfig") -> Examples:
    """Read the file.

    One rule for its arrays: with four axes they are images, [N, H, W, C] if the last axis is at most 4 long, else
    [N, C, H, W]; uint8 with three axes are grey images [N, H, W]; all else are signals, [N, C, L] or [N, L]. Images of
    uint8 stay so, other numbers become float32. Labels are integers or strings, numbered in sorted order.

    Raises:
        ValueError: The file does not hold such arrays.
    """
    where = f"dataset.root={config.root}"
    with _arrays(config) as stored:
        x_train, y_train, x_test, y_test = (stored[name] for name in ("x_train", "y_train", "x_test", "y_test"))
    train, test = _channels_first(x_train, f"{where}: x_train"), _channels_first(x_test, f"{where}: x_test")
    if train.shape[1:] != test.shape[1:] or train.dtype != test.dtype:
        raise ValueError(
            f"{where}: an example is {x_train.dtype} {list(x_train.shape[1:])} in x_train, "
            f"{x_test.dtype} {list(x_test.shape[1:])} in x_test; make them the same"
        )
    for name, x, y in (("y_train", train, y_train), ("y_test", test, y_test)):
        if y.shape != (len(x),) or y.dtype.kind not in "iubUS":
            raise ValueError(
                f"{where}: {name} is {y.dtype} {list(y.shape)}; give an integer or string for each of {len(x)} examples"
            )
    if (y_train.dtype.kind in "US") != (y_test.dtype.kind in "US"):
        raise ValueError(f"{where}: y_train is {y_train.dtype}, y_test {y_test.dtype}; make both integers or strings")
    classes = np.unique(y_train)
    check_same_classes(classes.tolist(), np.unique(y_test).tolist(), where)
    names = np.char.decode(classes, "utf-8", "replace") if classes.dtype.kind == "S" else classes
    return Examples(
        train=train,
        train_labels=np.searchsorted(classes, y_train).astype(np.int64),
        test=test,
        test_labels=np.searchsorted(classes, y_test).astype(np.int64),
        class_names=tuple(map(str, names.tolist())),
    )


def check_npz(config: "DatasetConfig") -> None:
    """Raise a ValueError if the file is missing or lacks an array."""
    with _arrays(config):
        pass


@contextmanager
def _arrays(config: "DatasetConfig") -> "Iterator[Mapping[str, Array]]":
    path = Path(str(config.root)).expanduser()
    if not path.is_file():
        raise ValueError(f"dataset.root={config.root} is not a file; give {LAYOUT}")
    try:
        with np.load(path, allow_pickle=False) as stored:
            if missing := {"x_train", "y_train", "x_test", "y_test"} - set(stored.files):
                raise ValueError(f"it lacks {', '.join(sorted(missing))}")
            yield stored
    except Exception as error:  # numpy and zipfile raise a dozen kinds on a file that is not theirs
        foreign = not isinstance(error, OSError) and not zipfile.is_zipfile(path)
        why = "it is no archive of arrays" if foreign else one_line(error)
        raise ValueError(f"dataset.root={config.root} cannot be read ({why}); give {LAYOUT}") from error


def _channels_first(x: Array, where: str) -> Array:
    """Bring an array to [N, C, *spatial]: uint8 images, or finite float32."""
    if x.ndim not in (2, 3, 4) or x.dtype.kind not in "iufb" or 0 in x.shape:
        raise ValueError(f"{where} is {x.dtype} {list(x.shape)}; give {SHAPES}")
    if x.ndim == 2 or x.dtype != np.uint8:
        with np.errstate(over="ignore"):
            x = x.astype(np.float32)
        if not np.isfinite(x).all():
            raise ValueError(f"{where} holds numbers that are not finite as float32; remove or replace them")
    if x.ndim == 2 or (x.ndim == 3 and x.dtype == np.uint8):
        return x[:, None]
    return np.moveaxis(x, -1, 1) if x.ndim == 4 and x.shape[-1] <= 4 else x


add_source("npz", Source(load=load_npz, check=check_npz, kind=None, root=LAYOUT))
