"""How well one training of a region ranks, and several read together; and whether candidates should start alike.

python -m experiments.rank_correlation.repeats FOLDER --stores STORE…     # take a study's trainings apart
python -m experiments.rank_correlation.repeats FOLDER --truths OTHER…     # the tables, against the truths of folders

A run of `fade` stores the mean over its repeats; the store has each. They are kept in FOLDER/repeats.jsonl, with the
version of the code: until 2 the initial weights of each candidate are drawn apart, from 3 on candidates start alike
where they are alike.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from experiments.collect import keep, kept, study_folder
from experiments.rank_correlation.study import Floats, Truth, read_truth
from experiments.readings import header
from fade.report.estimates import mean_interval
from fade.report.quantity import interval
from fade.training.config import TrainerConfig
from fade.training.reading import read_region
from fade.training.train import joined, mean_of_trainings

KEPT = ("training_effects_epochs", "stage_weights_epochs", "path_losses")
READOUTS = {"fair": ("training_effects",), "joint": ("weights_mean", "accuracy_effects", "consensus")}
SIZES = (1, 3, 6, 9)


def collect(truths: Sequence[dict[str, Any]], stores: Sequence[Path]) -> list[dict[str, Any]]:
    """Trainings of the truths' regions, each apart."""
    names = {json.dumps(row["cells"]): row["region"] for row in truths}
    found, seen = {}, {}
    for file in sorted(file for store in stores for file in store.glob("*/*.json")):
        entry = json.loads(file.read_text())
        request, result = entry["request"], entry["result"]
        region = names.get(json.dumps(request["cells"]))
        if request["kind"] != "region" or region is None:
            continue
        images = [request.get("data"), request.get("layout")]
        if seen.setdefault(region, images) != images:
            raise SystemExit(f"The stores have trainings of region {region} on several data sets; name those of one")
        recipe = {name: value for name, value in request["recipe"].items() if name != "reads"}
        row = {"region": region, "version": request["version"], "recipe": recipe, "repeat": request.get("repeat", 0)}
        key = json.dumps([region, request["version"], recipe, request["seed"], row["repeat"]])
        found[key] = row | {name: result[name] for name in KEPT if name in result}
    return [found[key] for key in sorted(found)]


def correlations(trainings: Sequence[Sequence[dict[str, Any]]], size: int, readout: str, truth: Truth) -> Floats:
    """Spearman's correlation with the truth of each disjoint group of so many trainings of each kind."""
    recipe = {name: value for name, value in trainings[0][0]["recipe"].items() if name != "design"}
    config = TrainerConfig(**recipe, readout="alone")
    none = {"readouts": {}, "train_flops": 0, "seconds": 0, "epoch_seconds": []}
    values = []
    for start in range(0, min(map(len, trainings)) - size + 1, size):
        groups = [
            [none | {k: row[k] for k in KEPT if k in row} for row in rows[start : start + size]] for rows in trainings
        ]
        result = joined([mean_of_trainings(group) for group in groups])
        reading = read_region(result, truth.region.depth, truth.region.candidates, config)[readout]
        values.append(stats.spearmanr(reading.ranks("mean").scores(truth.paths), truth.mean).statistic)
    return np.array(values)


Kinds = dict[tuple[str, int], dict[bool, dict[str, list[dict[str, Any]]]]]
"""Trainings by mode and size of a batch, by whether candidates start alike, by region."""


def kinds_of(rows: Sequence[dict[str, Any]]) -> Kinds:
    """Trainings by kind; what is counted together must be of one recipe."""
    kinds: Kinds = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    known: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in sorted(rows, key=lambda one: int(one["repeat"])):
        recipe, alike = row["recipe"], row["version"] > 2
        mode, batch = recipe["name"], recipe["batch_size"]
        first = known.setdefault((mode, batch, alike), recipe)
        if differ := sorted(key for key in first | recipe if first.get(key) != recipe.get(key)):
            raise SystemExit(
                f"There are several recipes of {mode} trainings in batches of {batch}, which differ in "
                f"{', '.join(differ)}; take the stores of one"
            )
        kinds[mode, batch][alike][row["region"]].append(row)
    return kinds


def by_number(kinds: Kinds, truths: dict[str, list[Truth]]) -> list[str]:
    """Correlations by the number of trainings, of the regions that have as many as the widest group."""
    lines = header("training", "initial weights", "read-out", "regions", "truth", *(f"of {size}" for size in SIZES))
    for (mode, batch), versions in sorted(kinds.items()):
        for alike, by_region in sorted(versions.items()):
            for most in (3, 9):
                enough = {region: rows[:most] for region, rows in by_region.items() if len(rows) >= most}
                sizes = [size for size in SIZES if size <= most]
                for readout in READOUTS[mode] if enough else ():
                    for name, all_ in truths.items():
                        chosen = [truth for truth in all_ if truth.name in enough]
                        means = [
                            np.mean([correlations([enough[t.name]], size, readout, t).mean() for t in chosen])
                            for size in sizes
                        ]
                        cells = [f"{mean:.2f}" for mean in means] + [""] * (len(SIZES) - len(sizes))
                        what = f"{mode}, batches of {batch} | {'alike' if alike else 'apart'} | {readout}"
                        lines.append(f"| {what} | {len(chosen)} | {name} | " + " | ".join(cells) + " |")
    return lines


def alike_against_apart(kinds: Kinds, truths: dict[str, list[Truth]]) -> list[str]:
    """One training alone, its candidates drawn alike and apart, in the regions that have three of each."""
    lines = header("training", "read-out", "regions", "truth", "apart", "alike", "difference (Student's)")
    for (mode, batch), versions in sorted(kinds.items()):
        for readout in READOUTS[mode] if len(versions) == 2 else ():
            for name, all_ in truths.items():
                chosen = [t for t in all_ if all(len(versions[kind][t.name]) >= 3 for kind in versions)]
                apart, alike = (
                    np.array([correlations([versions[kind][t.name]], 1, readout, t).mean() for t in chosen])
                    for kind in (False, True)
                )
                difference = f"{np.mean(alike - apart):+.2f} {interval(mean_interval(alike - apart))}"
                what = f"{mode}, batches of {batch} | {readout} | {len(chosen)} | {name}"
                lines.append(f"| {what} | {apart.mean():.2f} | {alike.mean():.2f} | {difference} |")
    return lines


def both_by_number(kinds: Kinds, truths: dict[str, list[Truth]]) -> list[str]:
    """The consensus of both kinds, which start alike, by the number of trainings of each."""
    lines = header("consensus of both kinds", "regions", "truth", *(f"{size} + {size}" for size in range(1, 4)))
    for batch in sorted({batch for _, batch in kinds}):
        joint, fair = kinds["joint", batch][True], kinds["fair", batch][True]
        for name, all_ in truths.items():
            chosen = [t for t in all_ if min(len(joint[t.name]), len(fair[t.name])) >= 3]
            means = [
                np.mean([correlations([joint[t.name], fair[t.name]], n, "consensus", t).mean() for t in chosen])
                for n in range(1, 4)
                if chosen
            ]
            if means:
                cells = " | ".join(f"{mean:.2f}" for mean in means)
                lines.append(f"| batches of {batch} | {len(chosen)} | {name} | {cells} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=study_folder)
    parser.add_argument("--stores", type=Path, nargs="+", default=[])
    parser.add_argument("--truths", type=study_folder, nargs="+", default=[])
    args = parser.parse_args()
    file = args.folder / "repeats.jsonl"
    if args.stores:
        keep(file, collect(kept(args.folder / "truth.jsonl"), args.stores))
    truths = {f.name: [read_truth(row) for row in kept(f / "truth.jsonl")] for f in [args.folder, *args.truths]}
    kinds = kinds_of(kept(file))
    tables = (by_number(kinds, truths), alike_against_apart(kinds, truths), both_by_number(kinds, truths))
    print(*("\n".join(table) for table in tables), sep="\n\n")


if __name__ == "__main__":
    main()
