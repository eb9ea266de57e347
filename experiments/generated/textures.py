"""Which two of five textures are in the picture?

Colour images; the classes are the pairs of five textures. Each fills a disc of random place, size, phase, turn (within
15 degrees), contrast and colour, the second in front of the first; a smooth random background and pixel noise lie under
and over them.
"""

from collections.abc import Callable
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

SIZE = 16
Floats = NDArray[np.float64]


def texture(kind: int, u: Floats, v: Floats) -> Floats:
    """Values in [-1, 1] at rotated and shifted coordinates, in pixels."""
    w = 2 * np.pi / 4
    if kind == 0:  # stripes along
        return np.sin(w * u)
    if kind == 1:  # stripes across
        return np.sin(w * v)
    if kind == 2:  # checks
        return np.sign(np.sin(w * u) * np.sin(w * v))
    if kind == 3:  # rings
        return np.sin(w * np.hypot(u, v))
    return 2.0 * (np.cos(w * u) + np.cos(w * v) > 1.0) - 1  # dots


def image(kinds: tuple[int, int], rng: np.random.Generator) -> Floats:
    """One image ``[3, SIZE, SIZE]`` in [0, 1]."""
    y, x = np.mgrid[:SIZE, :SIZE].astype(float)
    field = gaussian_filter(rng.normal(size=(3, SIZE, SIZE)), (0, 2.5, 2.5), mode="wrap")
    picture = 0.5 + 0.15 * field / field.std()
    for kind in rng.permutation(kinds):
        cx, cy, radius = *rng.uniform(3.5, SIZE - 4.5, 2), rng.uniform(3.5, 5.5)
        turn, (du, dv) = rng.uniform(-1, 1) * np.pi / 12, rng.uniform(0, 4, 2)
        u = np.cos(turn) * (x - cx) + np.sin(turn) * (y - cy)
        v = -np.sin(turn) * (x - cx) + np.cos(turn) * (y - cy)
        shift = 0.0 if kind == 3 else 1.0  # rings stay round their centre
        values = texture(int(kind), u + shift * du, v + shift * dv)
        colour, ground = rng.normal(size=3), rng.uniform(0.35, 0.65, 3)
        colour *= rng.uniform(0.15, 0.35) / np.linalg.norm(colour)
        inside = (x - cx) ** 2 + (y - cy) ** 2 <= radius**2
        painted = ground[:, None, None] + colour[:, None, None] * values * np.sqrt(3)
        picture = np.where(inside, painted, picture)
    return np.clip(picture + rng.normal(scale=0.08, size=picture.shape), 0, 1)


def prepared(_: np.random.Generator) -> Callable[[int, np.random.Generator], Floats]:
    """How to draw an example of a class."""
    pairs = list(combinations(range(5), 2))
    return lambda label, rng: image(pairs[label], rng)
