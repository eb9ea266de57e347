"""Trainings whose one-hot paths are read after every epoch: what the epochs tell together. Lines of epochs.jsonl.

python -m experiments.rank_correlation.epochs experiments/rank_correlation/NAME [--seeds 0 1] OVERRIDES...
python -m experiments.rank_correlation.epochs experiments/rank_correlation/NAME [--trainings OTHER]

OVERRIDES are those of the study and a recipe (dataset, space, trainer); what is there is not trained again. Without
any, the table alone, or that of the trainings of another study of these regions. Each score is the sum of its parts,
each over its spread over the sampled paths.
"""

import argparse
import json
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from experiments.collect import study_folder
from experiments.rank_correlation.retraining import region_trainer
from experiments.rank_correlation.study import Truth, read_truth
from experiments.readings import header, named, recipe
from fade.config import compose_study
from fade.ranking import PathRanks
from fade.training.effects import design, main_effects
from fade.training.evaluate import evaluate_paths
from fade.training.fit import fit
from fade.training.region import RegionTrainer

Floats = NDArray[np.float64]
SCORES = {
    "log α": {"α": 1.0},
    "accuracies, last epoch": {"last": 1.0},
    "accuracies, all epochs": {"all": 1.0},
    "training_effects": {"effects": 1.0},
    "log α + accuracies, last epoch": {"α": 1.0, "last": 1.0},
    "log α + accuracies, all epochs": {"α": 1.0, "all": 1.0},
    "training_effects + (log α + accuracies, all epochs) / 2": {"effects": 1.0, "α": 0.5, "all": 0.5},
}


class Read(RegionTrainer):
    """Reads all one-hot paths at each epoch's end."""

    def on_fit_start(self) -> None:
        """Start the record."""
        depth = len(self.network.layout.stages)
        self.every = design(self.candidates, depth, self.candidates**depth, 0)
        self.accuracies: list[list[float]] = []

    def record_epoch(self) -> None:
        """Beside the records of the epoch."""
        super().record_epoch()
        found = evaluate_paths(self.network, self.every, self.data, self.config.batch_size)[1]
        self.accuracies.append(found.tolist())


def train(truth: Truth, overrides: list[str], seed: int) -> dict[str, Any]:
    """One training of the region, as the study's runs make it."""
    start = time.perf_counter()
    with region_trainer(Read, truth, overrides, seed) as (module, config):
        fit(module)
    return {
        "region": truth.name,
        "seed": seed,
        "trainer": recipe(vars(config)),
        "stage_weights_epochs": module.stage_weights_epochs,
        "training_effects_epochs": module.training_effects_epochs,
        "accuracies_epochs": module.accuracies,  # of the paths in lexicographic order
        "seconds": time.perf_counter() - start,
    }


def scores(row: dict[str, Any], truth: Truth) -> dict[str, Floats]:
    """Every score of a training that has its parts, of the truth's paths."""
    candidates, depth = truth.region.candidates, truth.region.depth
    every = design(candidates, depth, candidates**depth, 0)
    effects = [main_effects(every, epoch, candidates) for epoch in row["accuracies_epochs"]]
    stages = {"last": effects[-1], "all": np.mean(effects, axis=0)}
    if row["stage_weights_epochs"]:
        stages["α"] = np.log(np.mean(row["stage_weights_epochs"], axis=0))
    if row["training_effects_epochs"]:
        stages["effects"] = -np.mean(row["training_effects_epochs"], axis=0)  # at a constant rate
    parts = {name: stats.zscore(PathRanks(each).scores(truth.paths)) for name, each in stages.items()}
    return {
        name: np.sum([weight * parts[part] for part, weight in wanted.items()], axis=0)
        for name, wanted in SCORES.items()
        if set(wanted) <= set(parts)
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=study_folder)
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--trainings", type=Path, help="the folder of another study with trainings of these regions")
    args = parser.parse_args()
    truths = {truth.name: truth for truth in map(read_truth, map(json.loads, (args.folder / "truth.jsonl").open()))}
    file = (args.trainings or args.folder) / "epochs.jsonl"
    rows = [json.loads(line) for line in file.open()] if file.exists() else []
    if args.overrides:
        wanted = compose_study(args.overrides).trainer
        known = {(row["region"], row["seed"]) for row in rows if recipe(row["trainer"]) == recipe(vars(wanted))}
        for seed in args.seeds:
            for truth in truths.values():
                if (truth.name, seed) not in known:
                    rows.append(train(truth, args.overrides, seed))
                    with file.open("a") as lines:
                        lines.write(json.dumps(rows[-1], separators=(",", ":")) + "\n")
    rows = [row for row in rows if row["region"] in truths]
    found: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        truth, label = truths[row["region"]], named(row["trainer"])
        for name, score in scores(row, truth).items():
            found[label, name][truth.name].append(float(stats.spearmanr(score, truth.mean).statistic))
    print(*header("recipe", "score", "trainings", "Spearman", "by region"), sep="\n")
    for (label, name), regions in found.items():
        each = [float(np.mean(values)) for values in regions.values()]
        count = sum(map(len, regions.values()))
        by_region = " ".join(f"{v:+.2f}" for v in each)
        print(f"| {label} | {name} | {count} | {np.mean(each):+.2f} | {by_region} |")


if __name__ == "__main__":
    main()
