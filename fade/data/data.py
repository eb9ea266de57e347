"""A data set that is split, normalised and placed, and gives batches."""

import hashlib
import math
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from fade.data.augment import draw_variants, variant_tables
from fade.data.batches import Batches
from fade.data.config import DatasetConfig
from fade.data.examples import Array, Examples
from fade.data.splits import balanced_subset, stratified_splits
from fade.seeds import subseed

SHARE_OF_DEVICE = 0.25
"""Data live on an accelerator if they take at most this share of its free memory: the rest is for networks."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Data:
    """Examples in the order weights, alpha, validation, test; within a split in random order.

    So a slice of a split is a fair sample of it, whatever the order of the files was.

    Attributes:
        name: Name of the data set.
        shape: (C, *spatial) of one example.
        classes: Number of classes.
        class_names: Their names, by label.
        sizes: Number of examples by split: weights, alpha, validation, test.
        fingerprint: sha256 of all that affects the numbers: examples, labels, splits, augmentation.
        mean: Mean of each channel over weights and alpha, [C], in the units of the examples (0..255 if uint8).
        std: Their standard deviation, [C]; 1 for a constant channel.
        device: Where the batches are.
        resident: Whether the examples live there, too.
    """

    name: str
    shape: tuple[int, ...]
    classes: int
    class_names: tuple[str, ...]
    sizes: dict[str, int]
    fingerprint: str
    mean: Tensor
    std: Tensor
    device: torch.device
    resident: bool
    _x: Tensor = field(repr=False)  # [N, C, *spatial], uint8 or float32
    _y: Tensor = field(repr=False)  # [N], int64
    _tables: list[Tensor] = field(repr=False)

    def batches(
        self,
        *splits: str,
        batch_size: int,
        seed: int,
        epoch: int = 0,
        shuffle: bool = False,
        augment: bool = False,
        drop_last: bool = False,
    ) -> Batches:
        """Go once over the union of some splits.

        The batches are a pure function of the data and the arguments, the same on all devices and placements: the
        order and the augmentation of the whole epoch are drawn on the CPU by a generator seeded with (seed, epoch).
        So there is no state to save.

        Args:
            splits: Among weights, alpha, validation and test.
            batch_size: B, at least 1.
            seed: Seed of the order and of the augmentation.
            epoch: Number of the pass.
            shuffle: Whether to permute the examples.
            augment: Whether to augment as configured.
            drop_last: Whether to leave out a last batch that is smaller.

        Returns:
            A sized iterable of (x, y) on the device: x float32 [B, C, *spatial], normalised; y int64 [B].

        Raises:
            ValueError: There is no such split, or the batch size leaves no batch.
        """
        if not splits or len(set(splits)) < len(splits) or set(splits) - set(self.sizes):
            raise ValueError(
                f"splits are {', '.join(splits) or 'none'}; name some of {', '.join(self.sizes)}, each once"
            )
        examples = sum(self.sizes[split] for split in splits)
        if batch_size < 1 or (drop_last and batch_size > examples):
            raise ValueError(
                f"the batch size (trainer.batch_size or trainer.region_batch_size) is {batch_size}, but "
                f"{' and '.join(splits)} hold {examples} examples; make it at "
                f"{'least 1' if batch_size < 1 else f'most {examples}'}"
            )
        ends = dict(zip(self.sizes, np.cumsum(list(self.sizes.values())).tolist(), strict=True))
        order = torch.cat([torch.arange(ends[split] - self.sizes[split], ends[split]) for split in splits])
        generator = torch.Generator().manual_seed(subseed(seed, "batches", epoch))
        if shuffle:
            order = order[torch.randperm(examples, generator=generator)]
        tables = self._tables if augment else []
        variants = draw_variants(tables, examples, generator)
        if drop_last:
            kept = examples - examples % batch_size
            order, variants = order[:kept], [variant[:kept] for variant in variants]
        return Batches(
            x=self._x,
            y=self._y,
            order=order,
            batch_size=batch_size,
            tables=tables,
            variants=variants,
            mean=self.mean,
            std=self.std,
            device=self.device,
            resident=self.resident,
        )


def prepare(config: DatasetConfig, examples: Examples, *, seed: int, device: str) -> Data:
    """Make subsets and splits, resize, normalise and place.

    Args:
        config: What is asked for.
        examples: All examples there are.
        seed: Seed of the subsets and of the splits.
        device: Where the batches shall be.

    Returns:
        The data.

    Raises:
        ValueError: The examples do not suit the configuration.
    """
    config.check_kind(examples.kind)
    names = examples.class_names
    if len(names) < 2:
        raise ValueError(f"dataset.name={config.name} has one class, {names[0]!r}; give examples of at least two")
    train = balanced_subset(
        examples.train_labels, names, config.train_samples, subseed(seed, "train"), "dataset.train_samples"
    )
    test = balanced_subset(
        examples.test_labels, names, config.test_samples, subseed(seed, "test"), "dataset.test_samples"
    )
    splits = stratified_splits(
        examples.train_labels[train], names, config.alpha_fraction, config.validation_fraction, subseed(seed, "splits")
    )
    train = train[np.concatenate(list(splits.values()))]
    x = np.concatenate(
        [_resized(examples.train[train], config.image_size), _resized(examples.test[test], config.image_size)]
    )
    y = np.concatenate([examples.train_labels[train], examples.test_labels[test]])
    sizes = {split: len(positions) for split, positions in (*splits.items(), ("test", test))}
    mean, std = _channel_statistics(x[: sizes["weights"] + sizes["alpha"]])
    where = torch.device(device)
    resident = config.placement == "device" or (config.placement == "auto" and _fits(x.nbytes, where))
    return Data(
        name=config.name,
        shape=x.shape[1:],
        classes=len(names),
        class_names=names,
        sizes=sizes,
        fingerprint=_fingerprint(x, y, len(names), sizes, config.augment),
        mean=torch.from_numpy(mean).float(),
        std=torch.from_numpy(std).float(),
        device=where,
        resident=resident,
        _x=torch.from_numpy(x).to(where) if resident else torch.from_numpy(x),
        _y=torch.from_numpy(y).to(where) if resident else torch.from_numpy(y),
        _tables=variant_tables(config.augment, x.shape[2:], where),
    )


def _resized(x: Array, size: int | None) -> Array:
    """The centre square of images [N, C, H, W], resized to [N, C, size, size] with antialias."""
    if size is None or x.shape[2:] == (size, size):
        return x
    side = min(x.shape[2:])
    top, left = ((length - side) // 2 for length in x.shape[2:])
    square = torch.from_numpy(x[:, :, top : top + side, left : left + side])
    if size == 1:  # torch takes three channels of one pixel for another layout, and fails
        square = square.flatten(0, 1)[:, None]
    resized = [
        torch.nn.functional.interpolate(part, (size, size), mode="bilinear", antialias=True).numpy()
        for part in torch.split(square, 4096)
    ]
    return np.concatenate(resized).reshape(-1, x.shape[1], size, size)


def _channel_statistics(x: Array) -> tuple[Array, Array]:
    """Mean and standard deviation of each channel, [C]; sums in float64, so exact for uint8 in any order.

    Of other numbers about the first one of a channel, whose square might else swallow the deviations.
    """
    first = x[0].reshape(x.shape[1], -1)[:, 0].astype(np.float64)
    pivot = np.where(x.dtype == np.uint8, 0, first)
    total, squares, count = np.zeros(x.shape[1]), np.zeros(x.shape[1]), 0
    for start in range(0, len(x), 1024):
        part = x[start : start + 1024].reshape(-1, *x.shape[1:2], math.prod(x.shape[2:]))
        part = np.subtract(part, pivot[:, None], dtype=np.float64)
        total += part.sum((0, 2))
        squares += np.einsum("ncs,ncs->c", part, part)
        count += part.shape[0] * part.shape[2]
    mean = total / count
    std = np.sqrt(np.maximum(squares / count - mean**2, 0))
    mean += pivot
    everywhere = (0, *range(2, x.ndim))
    constant = x.min(everywhere) == x.max(everywhere)
    return mean, np.where(constant | (std == 0), 1.0, std)  # rounding leaves a constant one a tiny deviation


def _fits(size: int, device: torch.device) -> bool:
    """Whether `size` bytes may live on the device; the CPU's memory holds them anyway."""
    return device.type != "cuda" or size <= SHARE_OF_DEVICE * torch.cuda.mem_get_info(device)[0]


def _fingerprint(x: Array, y: Array, classes: int, sizes: dict[str, int], augment: str) -> str:
    # The examples lie in the order of the splits, already resized; the statistics follow from them.
    standardised = "standardised by weights, alpha"
    if x.dtype != np.uint8:
        standardised += ", about the first number"
    digest = hashlib.sha256(repr((x.shape, x.dtype.str, classes, sizes, augment, standardised)).encode())
    digest.update(np.ascontiguousarray(x).data)
    digest.update(y.data)
    return digest.hexdigest()
