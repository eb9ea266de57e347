"""Images in folders, one a class: read once in threads, then from the cache; imports no torch."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fade.data.cache import Arrays, cached
from fade.data.examples import Array, Examples, check_same_classes, one_line
from fade.data.source import Source, add_source

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

    from fade.data.config import DatasetConfig

LAYOUT = "a folder that holds train/<class>/* and test/<class>/*"
CHUNK = 256
"""Images a task of the thread pool: enough that its overhead vanishes, few enough to stop soon at an error."""

DECODING = 3
"""Version of what is read from a file; 2 took all numbers of 16 bits to reach 65,535."""

MOST_THREADS = 4
"""Small images spend half their time in Python: more threads would only wait for one another."""


def load_folder(config: "DatasetConfig") -> Examples:
    """Read all images; grey ones as [N, 1, H, W], or all as RGB if one of them has colours.

    Raises:
        ValueError: The folders are not as they should be, an image cannot be read, or sizes differ.
    """
    root = _root(config)
    class_names = _check_folders(root)
    files = {split: [_images(root / split / class_name) for class_name in class_names] for split in ("train", "test")}
    labels = {
        split: np.repeat(np.arange(len(class_names)), [len(images) for images in of_classes])
        for split, of_classes in files.items()
    }
    listing = [image for of_classes in files.values() for images in of_classes for image in images]
    identity = [str(root.resolve()), config.image_size]
    state = [DECODING, *listing]
    images = cached("images", identity, state, lambda: _decode([path for path, _, _ in listing], config.image_size))[
        "images"
    ]
    train, test = np.split(images, [len(labels["train"])])
    return Examples(
        train=train,
        train_labels=labels["train"],
        test=test,
        test_labels=labels["test"],
        class_names=class_names,
    )


def check_folder(config: "DatasetConfig") -> None:
    """Raise a ValueError if the folders are missing or their classes differ."""
    _check_folders(_root(config))


def _root(config: "DatasetConfig") -> Path:
    return Path(str(config.root)).expanduser()


def _check_folders(root: Path) -> tuple[str, ...]:
    """Return the names of the classes, sorted."""
    classes = []
    for split in ("train", "test"):
        folder = root / split
        if not folder.is_dir():
            missing = "is not a folder" if not root.is_dir() else f"has no folder {split}"
            raise ValueError(f"dataset.root={root} {missing}; give {LAYOUT}")
        classes.append(sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")))
        if not classes[-1]:
            raise ValueError(f"dataset.root={root}: {split} holds no folder of a class; give {LAYOUT}")
    check_same_classes(classes[0], classes[1], f"dataset.root={root}")
    return tuple(classes[0])


def _images(folder: Path) -> list[tuple[str, int, int]]:
    """Path, size and time of change of each image of one class, in folders of its own too, sorted by path."""
    from PIL import Image

    extensions = {e for e, format_name in Image.registered_extensions().items() if format_name in Image.OPEN}
    try:
        found = sorted(_walk(folder, extensions))
    except OSError as error:
        reason = f"{error.filename} cannot be read ({error.strerror})"
        raise ValueError(f"dataset.root: {reason}; repair or remove it") from error
    if not found:
        raise ValueError(f"dataset.root: {folder} holds no image; put some there, or remove the class everywhere")
    return found


def _walk(folder: Path | str, extensions: set[str]) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                yield from _walk(entry.path, extensions)
            elif Path(entry.name).suffix.lower() in extensions:
                state = entry.stat()
                yield entry.path, state.st_size, state.st_mtime_ns


def _decode(paths: list[str], size: int | None) -> Arrays:
    """Read images of one size to uint8 [N, C, H, W]."""
    chunks = [paths[i : i + CHUNK] for i in range(0, len(paths), CHUNK)]
    with ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1)) as pool:
        images = [
            image for chunk in pool.map(lambda chunk: [_read(path, size) for path in chunk], chunks) for image in chunk
        ]
    for path, image in zip(paths, images, strict=True):
        if image.shape[:2] != images[0].shape[:2]:
            (h, w), (h0, w0) = image.shape[:2], images[0].shape[:2]
            raise ValueError(
                f"dataset.image_size is null, but images differ in size ({path} is {w} x {h}, {paths[0]} {w0} x {h0}); "
                "set dataset.image_size to the side that all shall have"
            )
    largest = max((int(image.max()) for image in images if image.dtype == np.uint16), default=0)
    shift = max(largest.bit_length() - 8, 0)  # cameras fill 10, 12 or 14 bits of 16
    channels = 3 if any(image.ndim == 3 for image in images) else 1
    out = np.empty((len(images), channels, *images[0].shape[:2]), np.uint8)
    for target, image in zip(out, images, strict=True):
        narrow = image >> shift if image.dtype == np.uint16 else image
        target[:] = narrow if image.ndim == 2 else image.transpose(2, 0, 1)  # a grey one is repeated over the channels
    return {"images": out}


def _read(path: str, size: int | None) -> Array:
    """One image, [H, W] of uint8 or uint16 if grey, else [H, W, 3]; its centre square resized to `size`."""
    from PIL import Image

    try:
        with _open(path) as image:
            if size is not None:
                image.draft(None, (2 * size, 2 * size))  # a large JPEG: decoded at a fraction, at least twice too large
            picture: Image.Image = image
            deep = image.mode.startswith("I;16") or (image.mode == "I" and image.format in ("PNG", "PPM"))
            if deep:
                picture = Image.fromarray(np.asarray(image).astype(np.float32))
            elif image.mode in ("I", "F"):
                raise ValueError("its numbers of 32 bits have no known range; save it with 8 or 16 bits")
            elif image.mode not in ("L", "RGB"):
                picture = image.convert("L" if image.mode in ("1", "LA") else "RGB")
            if size is not None and picture.size != (size, size):
                picture = picture.resize((size, size), Image.Resampling.BILINEAR, box=_centre_square(*picture.size))
            return np.asarray(picture).round().astype(np.uint16) if deep else np.asarray(picture)
    except Exception as error:  # each of Pillow's formats has exceptions of its own
        raise ValueError(f"{path} cannot be read as an image ({one_line(error)}); repair or remove it") from error


def _open(path: str) -> "ImageFile":
    """Try the format of the extension first: trying all costs as much as decoding a small image."""
    from PIL import Image, UnidentifiedImageError

    try:
        return Image.open(path, formats=[Image.EXTENSION[Path(path).suffix.lower()]])
    except UnidentifiedImageError:
        return Image.open(path)


def _centre_square(width: int, height: int) -> tuple[float, float, float, float]:
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    return left, top, left + side, top + side


add_source("image_folder", Source(load=load_folder, check=check_folder, kind="image", root=LAYOUT))
