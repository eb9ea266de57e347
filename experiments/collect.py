"""Collect the runs of a study into files of raw results: trainings.jsonl, and truth.jsonl where networks were trained.

python -m experiments.collect outputs/NAME experiments/rank_correlation/NAME

A region is known by its data set, its cells and the seed of its networks; runs that share one must agree on the
accuracies of the paths and seeds that both have trained. A run without a truth of its own (truth=none) adds a training.
Of several runs of one training the newest is kept. All runs must have one data set and one space. What the files have
already stays, so that a study may come from several machines; it must be of the same data set and space.
"""

import argparse
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from experiments.readings import recipe
from fade.store import write_whole
from fade.training.readouts import READOUTS

OF_SEEDS = ("accuracy", "validation_loss")
TRUTH = ("path", "sampled", *OF_SEEDS, "parameters", "flops", "proxies")
TRAINING = (
    "stage_weights_epochs",
    "training_effects_epochs",
    "epoch_seconds",
    "train_flops",
    "all_paths_flops",
    "seconds",
    "validation_accuracy",
    "parameters",
    "path_losses",
)


ELSEWHERE = ("dataset.root", "dataset.download", "dataset.placement")
"""Keys that may differ between machines."""


def runs(folder: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Configuration and metrics of every finished run under a folder."""
    found = sorted(folder.rglob("metrics.json"))
    return [(yaml.safe_load((f.parent / "config.yaml").read_text()), json.loads(f.read_text())) for f in found]


def check_alike(configurations: Iterable[Mapping[str, Any]]) -> None:
    """Refuse runs of several data sets or spaces, whose regions may have the same cells all the same."""
    seen: dict[str, Any] = {}
    for config in configurations:
        told = {f"{group}.{k}": v for group in ("dataset", "space") for k, v in config.get(group, {}).items()}
        for key, value in told.items():
            if key not in ELSEWHERE and seen.setdefault(key, value) != value:
                raise SystemExit(f"These runs have {key}={seen[key]} and {value}; collect a study by itself")


def kept(file: Path) -> list[dict[str, Any]]:
    """The rows of an earlier collection."""
    return [json.loads(line) for line in file.open()] if file.exists() else []


def keep(file: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows that `kept` reads, whole or not at all."""
    write_whole(file, "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows))


def holding(name: str) -> Callable[[str], Path]:
    """A type of argument: a folder that an earlier collection left a file of such rows in."""

    def folder(text: str) -> Path:
        if not (Path(text) / f"{name}.jsonl").exists():
            raise argparse.ArgumentTypeError(
                f"{text} has no {name}.jsonl; collect runs there: python -m experiments.collect outputs/NAME {text}"
            )
        return Path(text)

    return folder


study_folder, trainings_folder = holding("truth"), holding("trainings")


def same(training: dict[str, Any]) -> str:
    """What two runs of one training share."""
    return json.dumps([training["region"], training["seed"], training["threads"], recipe(training["trainer"])])


def truth_of(region: dict[str, Any]) -> list[dict[str, Any]]:
    return [{key: path[key] for key in TRUTH if key in path} for path in region["truth"]]


def training_of(config: dict[str, Any], region: dict[str, Any]) -> dict[str, Any]:
    """What a training has stored, of which all readings are functions."""
    read = {name: region["readouts"][name]["stage_scores"] for name in READOUTS if name in region["readouts"]}
    return {
        "trainer": {key: value for key, value in config["trainer"].items() if key != "elsewhere"},  # which only reads
        "seed": config["seed"] if config["seeds"]["training"] is None else config["seeds"]["training"],
        "threads": config["threads"],
        "network_epochs": config["truth"]["epochs"] or config["trainer"]["epochs"],  # those of all_paths_flops
        "readouts": read,
        **{key: region[key] for key in TRAINING if key in region},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path)
    parser.add_argument("target", type=Path)
    args = parser.parse_args()
    truths = {row["region"]: row for row in kept(args.target / "truth.jsonl")}
    found = {same(row): row for row in kept(args.target / "trainings.jsonl")}
    collected = runs(args.runs)
    if not collected:
        raise SystemExit(f"There is no finished run (metrics.json) under {args.runs}")
    check_alike(config for config, _ in collected)
    for config, metrics in collected:
        for region in metrics["regions"]:
            seeds, published = config["seeds"], config["truth"]["name"] == "table"
            name = f"{config['seed'] if seeds['search'] is None else seeds['search']}.{region['index']}"
            training = {"region": name, "cells": region["cells"], **training_of(config, region)}
            found[same(training)] = training
            if "truth" not in region or published:
                continue
            epochs = training["network_epochs"]
            entry = truths.setdefault(name, {"region": name, "cells": region["cells"], "paths": []})
            assert entry["cells"] == region["cells"], f"two regions are called {name}"
            assert entry.setdefault("epochs", epochs) == epochs, f"networks of region {name} train for two lengths"
            known = {tuple(path["path"]): path for path in entry["paths"]}
            for path in truth_of(region):
                before = known.setdefault(tuple(path["path"]), path)
                if before["sampled"] != path["sampled"]:  # the top path is trained apart, which moves the last bits
                    before.update(path if path["sampled"] else {})
                    continue
                for key in OF_SEEDS:
                    fewer, more = sorted((before.get(key, []), path.get(key, [])), key=len)
                    assert more[: len(fewer)] == fewer, f"region {name} has two truths of path {path['path']}"
                    before.update({key: more} if more else {})
                before["proxies"] = before.get("proxies") or path.get("proxies")
            entry["paths"] = list(known.values())
            seeds = {len(path["accuracy"]) for path in entry["paths"] if path["sampled"]}
            assert len(seeds) == 1, f"region {name} has paths of {sorted(seeds)} seeds; train as many of each"
    trainings = list(found.values())
    if truths:  # of what was trained, that which can be held against one
        trainings = [one for one in trainings if one["region"] in truths]
        assert all(one["cells"] == truths[one["region"]]["cells"] for one in trainings), "two regions have one name"
    for name, rows in {"truth": list(truths.values()), "trainings": trainings}.items():
        if rows:
            keep(args.target / f"{name}.jsonl", rows)
    print(f"{args.target}: {len(truths)} regions, {len(trainings)} trainings")


if __name__ == "__main__":
    main()
