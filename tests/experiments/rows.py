"""Raw results made by hand: a region of two stages with three candidates, whose accuracies are additive."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from experiments.rank_correlation.study import Study
from fade.space import CellSpace, HierarchicalSpace

CELLS = HierarchicalSpace(cell_space=CellSpace(vertices=4), depth=2).sample_region(np.random.default_rng(2), 3).texts
PATHS = [[a, b] for a in range(3) for b in range(3)]
SCORES = np.array([[0.0, 3.0, 6.0], [0.0, 1.0, 2.0]])
"""Stage scores ``[D, K]`` by which each path's score is its number."""
FAIR = {"name": "fair", "epochs": 3, "repeats": 3, "batch_size": 25, "anneal": False, "alpha_lr": 0.0}
JOINT = FAIR | {"name": "joint", "alpha_lr": 0.01}


def truth(region: str, *, epochs: int = 3, parameters: Callable[[int], int] = lambda n: n) -> dict[str, Any]:
    """A truth in which path n has accuracies of 0.1 + 0.05 n, one seed a point above it and one below."""
    paths = [
        {
            "path": path,
            "sampled": True,
            "accuracy": [0.11 + 0.05 * n, 0.09 + 0.05 * n],
            "parameters": parameters(n),
            "flops": 100,
        }
        for n, path in enumerate(PATHS)
    ]
    return {"region": region, "cells": CELLS, "epochs": epochs, "paths": paths}


def training(
    region: str, trainer: dict[str, Any], sign: int = 1, *, seed: int = 0, without: str | None = None
) -> dict[str, Any]:
    """A training that ranks the paths as they are (1) or the other way round (-1), by all that its mode records."""
    records: dict[str, Any] = {"training_effects_epochs": [(-sign * SCORES).tolist()]}
    if trainer["name"] == "joint":
        weights = np.exp(sign * SCORES / 3)
        score = sign * np.arange(9)
        losses = {"paths": PATHS, "losses": (9.0 - score).tolist(), "accuracies": (0.5 + score / 20).tolist()}
        records = {
            "stage_weights_epochs": [(weights / weights.sum(1, keepdims=True)).tolist()],
            "path_losses": losses,
        }
    costs = {"train_flops": 4e9, "all_paths_flops": 1e11, "network_epochs": 3, "seconds": 20, "epoch_seconds": [20]}
    row = {"region": region, "cells": CELLS, "trainer": trainer, "seed": seed, "threads": 1, "readouts": {}}
    return {key: value for key, value in (row | costs | records).items() if key != without}


def write(folder: Path, truths: list[dict[str, Any]], trainings: list[dict[str, Any]]) -> Path:
    """A study's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (("truth", truths), ("trainings", trainings)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def study(folder: Path, truths: list[dict[str, Any]], trainings: list[dict[str, Any]]) -> Study:
    return Study([write(folder, truths, trainings)])
