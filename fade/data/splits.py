"""Class-balanced subsets and splits, as indices; each a pure function of labels and seed."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]


def balanced_subset(labels: Indices, class_names: Sequence[str], samples: int | None, seed: int, key: str) -> Indices:
    """Draw a subset with classes as equal in number as the data allow.

    With one seed, the subset of fewer samples is contained in that of more.

    Args:
        labels: Class of each example, [N], in 0..classes-1.
        class_names: Names of the classes, for messages.
        samples: How many to keep; None keeps all.
        seed: Seed of the draw.
        key: The configuration key that asked, for messages.

    Returns:
        Positions of the kept examples, [samples], in random order: any slice is a fair sample.

    Raises:
        ValueError: There are fewer than `samples`, or a class would be empty.
    """
    rng = np.random.default_rng(seed)
    by_class = _shuffled_by_class(labels, len(class_names), rng)
    available = np.array([len(positions) for positions in by_class])
    if samples is not None and samples > len(labels):
        raise ValueError(f"{key} is {samples}, but there are only {len(labels)}; give at most that, or null for all")
    shares = available if samples is None else _equal_shares(available, samples)
    if not shares.all():
        empty = class_names[int(shares.argmin())]
        raise ValueError(
            f"{key} is {'null' if samples is None else samples}, which leaves class {empty!r} without an example; "
            f"give at least one to each of the {len(class_names)} classes"
        )
    return rng.permutation(np.concatenate([p[:n] for p, n in zip(by_class, shares, strict=True)]))


def stratified_splits(
    labels: Indices, class_names: Sequence[str], alpha_fraction: float, validation_fraction: float, seed: int
) -> dict[str, Indices]:
    """Cut training examples into weights, alpha and validation, each with the classes' own proportions.

    Args:
        labels: Class of each example, [N].
        class_names: Names of the classes, for messages.
        alpha_fraction: Share of alpha; its size is ``round(N * alpha_fraction)``.
        validation_fraction: Share of validation, likewise.
        seed: Seed of the cut.

    Returns:
        Disjoint positions by split, their union is all; each in random order.

    Raises:
        ValueError: A split would lack a class.
    """
    rng = np.random.default_rng(seed)
    by_class = _shuffled_by_class(labels, len(class_names), rng)
    counts = np.array([len(positions) for positions in by_class])
    alpha = _proportional(counts, round(len(labels) * alpha_fraction))
    validation = _proportional(counts, round(len(labels) * validation_fraction))
    sizes = {"weights": counts - alpha - validation, "alpha": alpha, "validation": validation}
    for split, size in sizes.items():
        if size.min() < 1:
            worst = int(size.argmin())
            raise ValueError(
                f"class {class_names[worst]!r} has {counts[worst]} training examples, too few for one in {split} "
                f"(dataset.alpha_fraction={alpha_fraction:g}, dataset.validation_fraction={validation_fraction:g}); "
                "take more images (dataset.train_samples) or other fractions"
            )
    parts: dict[str, list[Indices]] = {split: [] for split in sizes}
    for positions, first, second in zip(by_class, alpha, alpha + validation, strict=True):
        for split, part in zip(("alpha", "validation", "weights"), np.split(positions, [first, second]), strict=True):
            parts[split].append(part)
    return {split: rng.permutation(np.concatenate(part)) for split, part in parts.items()}


def _shuffled_by_class(labels: Indices, classes: int, rng: np.random.Generator) -> list[Indices]:
    return [rng.permutation(np.flatnonzero(labels == c)) for c in range(classes)]


def _equal_shares(available: npt.NDArray[Any], total: int) -> npt.NDArray[Any]:
    """Fill all classes to one level, each up to what it has; the last few go to the first open classes."""
    shares = np.zeros_like(available)
    while left := total - int(shares.sum()):
        open_classes = np.flatnonzero(shares < available)
        step = left // len(open_classes)
        if step == 0:
            shares[open_classes[:left]] += 1
        else:
            shares[open_classes] = np.minimum(shares[open_classes] + step, available[open_classes])
    return shares


def _proportional(counts: npt.NDArray[Any], total: int) -> npt.NDArray[Any]:
    """Share out `total` in proportion to `counts`, by largest remainders."""
    exact = counts * (total / counts.sum())
    shares: Indices = np.floor(exact).astype(np.int64)
    largest = np.argsort(shares - exact, kind="stable")
    shares[largest[: total - shares.sum()]] += 1
    return shares
