"""Small data, regions and records that the suites share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from fade.data import Data, DatasetConfig, Examples, Source
from fade.estimators import Need, Resources
from fade.nets.config import SpaceConfig
from fade.seeds import subseed
from fade.space import HierarchicalSpace, Region
from fade.store import Store
from fade.training.cached import CachedTrainings

SPACE = SpaceConfig(depth=2, vertices=3, channels=4, pool=[])
CANDIDATES = 3


@dataclass(kw_only=True)
class WavesConfig(DatasetConfig):
    """Generated signals of length 16, a frequency a class.

    Attributes:
        name: ``waves``.
        wrong_test: Whether the labels of the test split are wrong, which must change no estimate.
    """

    name: str = "waves"
    wrong_test: bool = False

    @property
    def source(self) -> Source:
        """See `DatasetConfig.source`."""
        return Source(load=lambda _: _waves(wrong=int(self.wrong_test)), kind="signal")


def _waves(train: int = 120, test: int = 30, classes: int = 3, wrong: int = 0) -> Examples:
    rng = np.random.default_rng(0)
    labels = np.arange(train + test) % classes
    phase = rng.uniform(0, 2 * np.pi, (train + test, 1))
    signals = np.sin(np.pi * (1 + labels[:, None]) / (classes + 1) * np.arange(16) + phase)
    signals = (signals + 0.1 * rng.normal(size=signals.shape)).astype(np.float32)[:, None]
    return Examples(
        train=signals[:train],
        train_labels=labels[:train],
        test=signals[train:],
        test_labels=(labels[train:] + wrong) % classes,
        class_names=("low", "middle", "high"),
    )


@cache
def waves(*, wrong_test: bool = False) -> Data:
    """The data of `WavesConfig`."""
    return WavesConfig(wrong_test=wrong_test).build(seed=0, device="cpu")


def space() -> HierarchicalSpace:
    """Two stages of cells with three vertices."""
    return SPACE.build()


CELLS = (
    ("3", "3/0-1:conv3", "3/0-1:conv3/0-2:conv3/1-2:conv3"),
    ("3/0-1:conv3/1-2:conv3", "3", "3/0-2:conv3"),
)
BEST = (2, 0)
"""The candidates of these with the most edges, which records call the best: counts of edges can be learned, too."""


def region(candidates: int = CANDIDATES) -> Region:
    """A region of that space: the first candidates of `CELLS`."""
    return Region.parse([cells[:candidates] for cells in CELLS])


def resources(folder: Path, candidates: int = CANDIDATES, *, wrong_test: bool = False) -> Resources:
    """What an estimator is built with; results are stored in a folder."""
    data = waves(wrong_test=wrong_test)
    trainings = CachedTrainings(Store(folder), SPACE.layout(data.shape, data.classes), data, seed=1)
    return Resources(space(), candidates, lambda name: subseed(0, name), trainings)


def all_paths(of: Region) -> list[list[int]]:
    """Every path of a region."""
    return [list(path) for path in of.paths()]


RECORDED = {
    Need.ALPHA: ("stage_weights", "stage_weights_epochs"),
    Need.PATH_LOSSES: ("path_losses",),
    Need.FAIR_LOSSES: ("training_effects_epochs",),
}
"""What a record has of each need."""


def planted_record(of: Region) -> dict[str, Any]:
    """What trainings of a region would have recorded in which the candidates with the most edges are the best."""
    depth = of.depth
    good = np.array([[len(cell.edges) / 2 for cell in cells] for cells in of.cells])
    weights = np.exp(2 * good) / np.exp(2 * good).sum(1, keepdims=True)
    paths = np.array(all_paths(of))
    value = good[np.arange(depth), paths].sum(1)
    return {
        "readouts": {"weights": weights.tolist(), "alone": (good - 2).tolist(), "leave_one_out": (good + 1).tolist()},
        "stage_weights": weights.tolist(),
        "stage_weights_epochs": [weights.tolist()] * 2,
        "training_effects_epochs": [(-(good - good.mean(1, keepdims=True))).tolist()] * 2,
        "path_losses": {
            "paths": paths.tolist(),
            "losses": (3 - value).tolist(),
            "accuracies": (0.2 + 0.2 * value).tolist(),
        },
    }
