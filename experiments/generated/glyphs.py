"""Which of ten glyphs is in the picture?

Colour images. A glyph is a random smooth line; it is turned (within 30 degrees), scaled, sheared, shifted, and drawn in
a random colour over a smooth random background with two fragments of other glyphs as clutter, under pixel noise.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

SIZE, CLASSES, POINTS = 16, 10, 48
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


def prepared(rng: np.random.Generator) -> Callable[[int, np.random.Generator], Floats]:
    """Draw the glyphs; how to draw an example of a class."""
    lines = glyphs(rng)
    return lambda label, rng: image(label, lines, rng)
