"""Generated data sets of 16 × 16 pixels, 10 classes, 20,000 + 10,000 examples, for dataset=npz.

python -m experiments.generated {textures,glyphs,calls} TARGET.npz
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from experiments.generated import calls, glyphs, textures

TRAIN, TEST, CLASSES = 20_000, 10_000, 10
Example = Callable[[int, np.random.Generator], NDArray[np.float64]]
SETS: dict[str, tuple[int, Callable[[np.random.Generator], Example]]] = {
    "textures": (2024, textures.prepared),
    "glyphs": (2025, glyphs.prepared),
    "calls": (2026, calls.prepared),
}
"""The seed, and what draws the classes and returns how to draw an example ``[C, 16, 16]`` in [0, 1] of one."""


def examples(size: int, example: Example, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    labels = rng.permutation(np.arange(size) % CLASSES)
    return (255 * np.stack([example(int(label), rng) for label in labels])).astype(np.uint8), labels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=SETS)
    parser.add_argument("target", type=Path)
    args = parser.parse_args()
    seed, prepare = SETS[args.name]
    rng = np.random.default_rng(seed)
    example = prepare(rng)
    x_train, y_train = examples(TRAIN, example, rng)
    x_test, y_test = examples(TEST, example, rng)
    np.savez_compressed(args.target, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    print(f"{args.target}: {TRAIN} + {TEST} examples")


if __name__ == "__main__":
    main()
