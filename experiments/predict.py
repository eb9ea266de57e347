"""Store in the rows of regions what other regions say of them: stage scores by a linear model of cells.

python -m experiments.predict experiments/matched_regions/results/cifar10_six_ops --default 'RECIPE'

Each region is scored by a model that learned from all others of its folder and has seen nothing of it but its cells.
It learns the main effects of candidates on one of three things: test accuracies of networks, their validation losses,
or the scores that the default recipe's trainings gave their paths.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from experiments.agreement import standardised
from experiments.framework import main_effects, predicted_scores
from experiments.rows import Floats, Region, load, of, regions, save, trainings

SOURCES = ("accuracies", "validation losses", "scores of trainings")


def effects(known: Iterable[Region], source: str, scored: dict[str, list[Any]]) -> dict[str, Floats]:
    """Main effects ``[D, K]`` of the candidates of each region that a source knows of, by name.

    Of several rows of one region, that with the most networks and seeds is learned from.
    """
    most: dict[str, Region] = {}
    for region in known:
        if source == "validation losses" and not region.validation_loss.size:
            continue
        if source == "scores of trainings" and region.name not in scored:
            continue
        if region.name not in most or region.accuracy.size > most[region.name].accuracy.size:
            most[region.name] = region
    found = {}
    for name, region in most.items():
        if source == "accuracies":
            values = region.mean
        elif source == "validation losses":
            values = -region.validation_loss.mean(1)
        else:
            runs = [standardised(each.scores("consensus", region.paths)) for each in scored[name]]
            values = np.mean(runs, axis=0)
        found[name] = main_effects(region.paths, values, region.candidates)
    return found


def predictions(folder: Path, default: str) -> dict[str, dict[str, list[list[float]]]]:
    """Stage scores ``[D][K]`` of each region that is to be ranked, by source."""
    known = regions(folder)
    scored: dict[str, list[Any]] = {}
    for each in of(trainings(folder), default):
        scored.setdefault(each.region, []).append(each)
    cells = {region.name: region.cells for region in known}
    found: dict[str, dict[str, list[list[float]]]] = {}
    for source in SOURCES:
        by_region = effects(known, source, scored)
        for name in {region.name for region in known if region.role != "predictor"}:
            if (scores := predicted_scores(cells, by_region, name)) is not None:
                found.setdefault(name, {})[source] = scores
    return found


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--default", default="joint + fair, 3 + 3 x 1 epochs, batches of 25, constant rate")
    asked = parser.parse_args()
    found = predictions(asked.folder, asked.default)
    if not found:
        raise SystemExit(f"{asked.folder} has too few regions to learn from; collect networks of three or more")
    rows = load(asked.folder / "regions.jsonl")
    for row in rows:
        if row["role"] != "predictor":
            row["predictor"] = found.get(row["region"], {})
    save(asked.folder / "regions.jsonl", rows)
    print(f"{asked.folder}: {len(found)} regions scored by others")


if __name__ == "__main__":
    main()
