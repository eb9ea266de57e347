"""How much of what pairs of stages do to validation losses should count, beside the effects on losses in training?

python -m experiments.nas_bench_macro.share FOLDER… [--window 1]

Spearman's of `training_pairs` by its share, and by the transform of the losses: with the networks of a folder's
truth.jsonl, or with the distinct published ones where it has none. Means over `fair` trainings that read paths; the
window of the effects on losses in training is their runs' own, or as told.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from experiments.collect import kept, trainings_folder
from experiments.nas_bench_macro.analysis import Table
from experiments.rank_correlation.study import Floats, Truth, read_truth
from experiments.readings import header, own_recipe
from fade.training.config import TrainerConfig
from fade.training.reading import read_region, training_pairs

SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)
TRANSFORMS = ("identity", "log", "normal_scores")
Networks = tuple[NDArray[np.int64], Callable[[Floats], Floats], Floats]
"""Their paths ``[P, D]``, what makes scores of paths ``[P]`` scores of networks ``[N]``, and accuracies ``[N]``."""


def compared(training: Mapping[str, Any], config: TrainerConfig, against: Networks) -> Floats:
    """Spearman's by share ``[S]``."""
    paths, merge, truth = against
    read = read_region(training, *np.shape(training["cells"]), config)
    scores = (merge(training_pairs(read, share).ranks().scores(paths)) for share in SHARES)
    return np.array([stats.spearmanr(each, truth).statistic for each in scores])


def networks(training: Mapping[str, Any], truths: Mapping[str, Truth]) -> Networks:
    """What a training is held against."""
    if training["region"] in truths:
        truth = truths[training["region"]]
        return truth.paths, np.asarray, truth.mean
    table = Table(training["cells"])
    return table.paths, table.truth.merge, table.distinct


def rows(folder: Path, window: float | None) -> Iterator[str]:
    """A line a transform."""
    truths = {row["region"]: read_truth(row) for row in kept(folder / "truth.jsonl")}
    trainings = [
        (row, own_recipe(row), networks(row, truths))
        for row in kept(folder / "trainings.jsonl")
        if row["trainer"]["name"] == "fair" and {"path_losses", "training_effects_epochs"} <= row.keys()
    ]
    if not trainings:
        raise SystemExit(f"{folder}: no fair training there reads paths")
    for how in TRANSFORMS:
        found = [
            compared(row, replace(own, readout_transform=how, readout_window=window or own.readout_window), against)
            for row, own, against in trainings
        ]
        cells = " | ".join(f"{rho:.3f}" for rho in np.mean(found, axis=0))
        yield f"| {folder.name} ({len(found)}) | {how} | {cells} |"


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=trainings_folder)
    parser.add_argument("--window", type=float)
    asked = parser.parse_args()
    print(*header("trainings", "losses", *map(str, SHARES)), sep="\n")
    for folder in asked.folders:
        print(*rows(folder, asked.window), sep="\n")


if __name__ == "__main__":
    main()
