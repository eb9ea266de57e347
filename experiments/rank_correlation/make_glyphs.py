"""A generated data set that no choice was made on: which of ten glyphs is in the picture?

python experiments/rank_correlation/make_glyphs.py glyphs.npz

16 × 16 colour images, 10 classes, 20,000 + 10,000 examples. A glyph is a random smooth line;
it is turned (within 30 degrees), scaled, sheared, shifted, and drawn in a random colour over a smooth random background
with two fragments of other glyphs as clutter, under pixel noise.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

SIZE, TRAIN, TEST, SEED, CLASSES, POINTS = 16, 20_000, 10_000, 2025, 10, 48
Floats = NDArray[np.float64]


def glyphs(rng: np.random.Generator) -> list[Floats]:
    """The lines ``[POINTS, 2]`` of the classes, within the unit square: three random harmonics each."""
    t = np.linspace(0, 1.5 * np.pi, POINTS)
    lines = []
    for _ in range(CLASSES):
        amplitude, phase = rng.normal(size=(2, 3)) / [1.0, 1.4, 2.0], rng.uniform(0, 2 * np.pi, (2, 3))
        line = (amplitude[:, :, None] * np.sin(np.arange(1, 4)[:, None] * t + phase[:, :, None])).sum(1).T
        line -= line.mean(0)
        lines.append(line / np.abs(line).max())
    return lines


def draw(points: Floats, width: float) -> Floats:
    """How much of each pixel ``[SIZE, SIZE]`` a line through points (in pixels) covers, in [0, 1]."""
    y, x = np.mgrid[:SIZE, :SIZE].astype(float)
    squared = (x[..., None] - points[:, 0]) ** 2 + (y[..., None] - points[:, 1]) ** 2
    return np.exp(-squared.min(-1) / (2 * width**2))


def placed(line: Floats, rng: np.random.Generator) -> Floats:
    """The line in pixels after a random affine map."""
    turn, shear = rng.uniform(-1, 1) * np.pi / 6, rng.uniform(-0.3, 0.3)
    scale = rng.uniform(3.5, 5.5) * np.exp(rng.uniform(-0.15, 0.15, 2))
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    centre = SIZE / 2 - 0.5 + rng.uniform(-2.5, 2.5, 2)
    moved: Floats = line @ np.array([[1, shear], [0, 1]]) * scale @ rotation + centre
    return moved


def image(label: int, lines: list[Floats], rng: np.random.Generator) -> Floats:
    """One image ``[3, SIZE, SIZE]`` in [0, 1]."""
    field = gaussian_filter(rng.normal(size=(3, SIZE, SIZE)), (0, 2.5, 2.5), mode="wrap")
    picture = 0.5 + 0.15 * field / field.std()
    for other in rng.integers(CLASSES, size=2):
        start = rng.integers(POINTS - 10)
        cover = draw(placed(lines[other], rng)[start : start + 10], 0.6)
        picture = picture + cover * (rng.uniform(0, 1, (3, 1, 1)) - picture)
    colour = 0.5 + 0.45 * np.sign(rng.normal(size=(3, 1, 1))) * rng.uniform(0.5, 1, (3, 1, 1))
    picture = picture + draw(placed(lines[label], rng), 0.6) * (colour - picture)
    return np.clip(picture + rng.normal(scale=0.08, size=picture.shape), 0, 1)


def examples(size: int, lines: list[Floats], rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    labels = rng.permutation(np.arange(size) % CLASSES)
    return (255 * np.stack([image(int(label), lines, rng) for label in labels])).astype(np.uint8), labels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path)
    args = parser.parse_args()
    rng = np.random.default_rng(SEED)
    lines = glyphs(rng)
    x_train, y_train = examples(TRAIN, lines, rng)
    x_test, y_test = examples(TEST, lines, rng)
    np.savez_compressed(args.target, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    print(f"{args.target}: {TRAIN} + {TEST} images of {SIZE} × {SIZE}")


if __name__ == "__main__":
    main()
