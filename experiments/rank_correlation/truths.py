"""Train paths of several regions from scratch, all of them at once, which a GPU has room for: the truth of a study.

python -m experiments.rank_correlation.truths FOLDER --regions 6 7 8 --paths 60 --seeds 0 --overrides OVERRIDES
python -m experiments.rank_correlation.truths FOLDER --seeds 6 --overrides OVERRIDES device=cuda

The overrides are those of the study's runs; without `--regions` the folder's own are taken. What the first command
writes to FOLDER/truth.jsonl (cells, paths, costs and proxies), the second adds to, an accuracy a seed and path, and to
FOLDER/networks.jsonl what each seed cost. A seed that is there is not trained again. Networks of one seed see the same
batches of one split, whichever region they are of; a run of `fade` for a region of another seed has a split of its own.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.collect import keep, kept, truth_of
from experiments.rank_correlation.proxies import proxied
from fade.config import compose_study
from fade.seeds import subseed
from fade.space import Region
from fade.study.config import StudyConfig
from fade.study.preparation import Prepared, prepare, threads
from fade.training.config import TrainerConfig
from fade.training.stored import device_name, versions
from fade.training.train import network_cost, train_networks
from fade.truth.known import TruePath, Truth
from fade.truth.paths import sample_paths


def untrained(region: int, paths: int, overrides: Sequence[str], store: Path) -> dict[str, Any]:
    """A region, its sampled paths, their costs and proxies."""
    config = compose_study([*overrides, f"seed={region}"])
    prepared = prepare(config)
    assert prepared.layout is not None
    region_ = prepared.search.ask()
    rows = []
    for path in sample_paths(region_, paths, config.seed_of("paths")).tolist():
        rows.append(TruePath(tuple(path), True, [], *network_cost(region_.architecture(path), prepared.layout)))
    truth = proxied(region_, Truth(rows, 0.0, 0.0), config.truth.proxies, config, prepared, store)
    record = {"truth": [path.as_dict() for path in truth.paths]}
    return {"region": f"{region}.0", "cells": region_.texts, "paths": truth_of(record)}


def seeds_of(row: dict[str, Any]) -> int:
    """How many seeds a region's paths were trained with."""
    return len(row["paths"][0]["accuracy"])


def train(rows: Sequence[dict[str, Any]], seed: int, config: StudyConfig, prepared: Prepared) -> Any:
    """Train every path of every region with one seed, and add its accuracy; what that cost."""
    recipe, parent = config.trainer, config.seed_of("networks")
    assert isinstance(recipe, TrainerConfig)
    epochs = config.truth.epochs or recipe.epochs
    data, layout = prepared.data, prepared.layout
    assert data is not None
    assert layout is not None
    for row in rows:
        trained = row.setdefault("epochs", epochs)
        assert trained == epochs, f"networks of region {row['region']} train for {trained} epochs"
    paths = [(Region.parse(row["cells"]), path) for row in rows for path in row["paths"]]
    architectures = [region.architecture(path["path"]) for region, path in paths]
    start = time.perf_counter()
    seed_of_all = subseed(parent, "network", seed)
    result = train_networks(architectures, recipe, layout, data, seed=seed_of_all, epochs=epochs).result
    for (_, path), accuracy in zip(paths, result["test_accuracy"], strict=True):
        path["accuracy"].append(accuracy)
    return {
        "seed": seed,
        "networks": len(paths),
        "epochs": epochs,
        "precision": recipe.precision,
        "train_flops": sum(result["train_flops"]),
        "seconds": time.perf_counter() - start,
        "device": device_name(data.device),
        "versions": versions(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--regions", type=int, nargs="+", default=[])
    parser.add_argument("--paths", type=int, default=60)
    parser.add_argument("--seeds", type=int, default=1, help="of each path, in all")
    parser.add_argument("--store", type=Path, default=Path("outputs/store"))
    parser.add_argument("--overrides", nargs="+", default=[])
    args = parser.parse_args()
    overrides = ["experiment=rank_correlation", "tracking=none", *args.overrides]
    config = compose_study([*overrides, "truth=none"])
    truth, costs = args.folder / "truth.jsonl", args.folder / "networks.jsonl"
    with threads(config.threads):
        rows = kept(truth)
        known = {row["region"] for row in rows}
        for region in args.regions:
            if f"{region}.0" not in known:
                rows.append(untrained(region, args.paths, overrides, args.store))
                keep(truth, rows)
        prepared = prepare(config)
        while (seed := min(map(seeds_of, rows))) < args.seeds:
            behind = [row for row in rows if seeds_of(row) == seed]  # a region that was added later
            cost = train(behind, seed, config, prepared)
            keep(truth, rows)
            keep(costs, [*kept(costs), cost])
            print(f"seed {seed}: {cost['networks']} networks in {cost['seconds']:.0f} s", flush=True)


if __name__ == "__main__":
    main()
