"""Turn the runs of a study into raw rows: regions.jsonl and trainings.jsonl of one data set and space.

python -m experiments.collect outputs/NAME experiments/STUDY/results/SPACE --role "held out"

A region is known by the seed of its search and its place in it. What the files have already stays, so that a study may
come from several machines: runs that share a region must agree on the accuracies that both have measured, and may add
seeds. Of several runs of one training the newest counts. A run without networks of its own (truth=none) adds a
training alone, which is left out where no run has trained networks of its region.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from experiments.framework import baselines_of, pair_scores
from experiments.names import current, recipe_name, training_key
from experiments.rows import load, save

ROLES = ("held out", "development", "predictor")
MACHINES = ("dataset.root", "dataset.download", "dataset.placement")
"""Keys that may differ between machines."""
STORED = 1e-7
"""Accuracies closer than this are the same: rows have eight digits."""
RECORDS = ("path_losses", "training_effects_epochs", "stage_weights_epochs")


def runs(folder: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Configuration and metrics of every finished run under a folder."""
    found = sorted(folder.rglob("metrics.json"))
    return [(yaml.safe_load((f.parent / "config.yaml").read_text()), json.loads(f.read_text())) for f in found]


def check_alike(configurations: Iterable[Mapping[str, Any]]) -> None:
    """Refuse runs of several data sets or spaces, whose regions may have the same cells all the same."""
    seen: dict[str, Any] = {}
    for config in configurations:
        given = {f"{group}.{k}": v for group in ("dataset", "space") for k, v in config.get(group, {}).items()}
        for key, value in given.items():
            if key not in MACHINES and seen.setdefault(key, value) != value:
                raise SystemExit(
                    f"These runs have {key}={seen[key]} and {value}; collect each into a folder of its own"
                )


def region_row(name: str, role: str, epochs: int, region: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a region whose networks a run has trained."""
    networks = [network for network in region["truth"] if network["sampled"]]
    seeds = {len(network["accuracy"]) for network in networks}
    if len(seeds) > 1:
        raise SystemExit(f"Region {name} has networks of {sorted(seeds)} seeds; train as many of each")
    row = {
        "region": name,
        "role": role,
        "network_epochs": epochs,
        "cells": region["cells"],
        "paths": [network["path"] for network in networks],
        "accuracy": [network["accuracy"] for network in networks],
    }
    if all(network.get("validation_loss") for network in networks):
        row["validation_loss"] = [network["validation_loss"] for network in networks]
    return row | {"baselines": baselines_of(region["cells"], networks)}


def training_row(name: str, role: str, config: Mapping[str, Any], region: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a training: what it cost, and the scores of every read-out."""
    trainer = {key: value for key, value in config["trainer"].items() if key not in ("earlier_runs", "elsewhere")}
    trainer = {key: value for key, value in trainer.items() if value is not None}
    trainer["name"] = current(trainer["name"])
    seeds = config["seeds"]
    readouts = {current(key): {"stage_scores": read["stage_scores"]} for key, read in region["readouts"].items()}
    for key, scores in pair_scores(region, readouts).items():
        readouts[key]["pair_scores"] = scores
    return {
        "region": name,
        "role": role,
        "initialisation": "shared",
        "recipe": recipe_name(trainer),
        "seed": config["seed"] if seeds["training"] is None else seeds["training"],
        "threads": config["threads"],
        "network_epochs": config["truth"].get("epochs") or trainer["epochs"],
        "train_flops": round(region["train_flops"]),
        "all_paths_flops": round(region["all_paths_flops"]),
        "seconds": round(region["seconds"], 1),
        "trainer": trainer,
        "readouts": readouts,
    } | {key: region[key] for key in RECORDS if key in region}


def merged(before: Mapping[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Two rows of one region as one: the networks and seeds of both.

    Raises:
        SystemExit: Where they contradict each other.
    """
    name = after["region"]
    for key in ("cells", "network_epochs"):
        if before[key] != after[key]:
            raise SystemExit(f"Two regions are called {name}, with different {key}; collect into another folder")
    if before["paths"] != after["paths"]:
        raise SystemExit(
            f"Region {name} has different paths in two runs; train the same ones, with truth.paths and seed"
        )
    for path, one, other in zip(before["paths"], before["accuracy"], after["accuracy"], strict=True):
        if any(abs(a - b) > STORED for a, b in zip(one, other, strict=False)):
            raise SystemExit(f"Region {name} has two accuracies of path {path} with one seed; were they one recipe?")
    fewer, more = sorted((before, after), key=lambda row: len(row["accuracy"][0]))
    return {**fewer, **more, "baselines": fewer["baselines"] | more["baselines"]}


def collect(collected: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]], target: Path, role: str) -> str:
    """Add runs to the rows of a folder, and say how many rows there are."""
    regions = {(row["region"], row["role"] == "predictor"): row for row in load(target / "regions.jsonl")}
    trainings = {training_key(row): row for row in load(target / "trainings.jsonl")}
    for config, metrics in collected:
        first = config["seed"] if config["seeds"]["search"] is None else config["seeds"]["search"]
        for region in metrics["regions"]:
            row = training_row(f"{first}.{region['index']}", role, config, region)
            if config["truth"]["name"] == "table":  # whose networks are published
                row["cells"] = region["cells"]
            elif "truth" in region:
                key = row["region"], role == "predictor"
                found = region_row(row["region"], role, row["network_epochs"], region)
                regions[key] = merged(regions[key], found) if key in regions else found
            trainings[training_key(row)] = row
    if regions:
        names = {name for name, _ in regions}
        trainings = {key: row for key, row in trainings.items() if row["region"] in names}
        save(target / "regions.jsonl", regions.values())
    save(target / "trainings.jsonl", trainings.values())
    return f"{target}: {len(regions)} regions, {len(trainings)} trainings"


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--role", choices=ROLES, default="development")
    asked = parser.parse_args()
    collected = runs(asked.runs)
    if not collected:
        raise SystemExit(f"There is no finished run (metrics.json) under {asked.runs}")
    check_alike(config for config, _ in collected)
    print(collect(collected, asked.target, asked.role))


if __name__ == "__main__":
    main()
