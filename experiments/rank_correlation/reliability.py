"""How reliable a truth is by setting: stand-alone networks of two seeds each, from a store or from reliability.jsonl.

python -m experiments.rank_correlation.reliability outputs/store experiments/rank_correlation/reliability.jsonl
python -m experiments.rank_correlation.reliability experiments/rank_correlation/reliability.jsonl
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from experiments.readings import header
from fade.space import Cell
from fade.truth.baselines import COUNTS

SETTING = ("ops", "normalise", "channels", "epochs", "batch_size")


def collect(store: Path) -> list[dict[str, Any]]:
    """A row a network: its setting, its cells and its accuracies by seed."""
    found: dict[str, dict[str, Any]] = {}
    for file in sorted(store.glob("*/*.json")):
        entry = json.loads(file.read_text())
        request, result = entry["request"], entry["result"]
        if request["kind"] != "networks":
            continue
        labels = {edge.split(":")[1] for cells in request["cells"] for cell in cells for edge in cell.split("/")[1:]}
        setting = {
            "ops": "one" if labels <= {"conv3"} else "labelled",
            "normalise": request["layout"]["normalise"],
            "channels": request["layout"]["stages"][-1]["channels"],
            "epochs": request["recipe"]["epochs"],
            "batch_size": request["recipe"]["batch_size"],
        }
        for cells, accuracy in zip(request["cells"], result["test_accuracy"], strict=True):
            row = found.setdefault(json.dumps([setting, cells]), {**setting, "cells": cells, "accuracy": {}})
            row["accuracy"][str(request["repeat"])] = accuracy
    return list(found.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path, nargs="?")
    args = parser.parse_args()
    if args.target:
        args.target.write_text("".join(json.dumps(row) + "\n" for row in collect(args.source)))
        return
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for line in args.source.open():
        row = json.loads(line)
        groups[tuple(row[key] for key in SETTING)].append(row)
    print("\n".join(header(*SETTING, "networks", "accuracy", "spread", "noise", "r of two seeds", "depth", "sinks")))
    for setting, rows in groups.items():
        both = [row for row in rows if len(row["accuracy"]) > 1]
        if len(both) < 4:
            continue
        pairs = 100 * np.array([[row["accuracy"][seed] for seed in ("0", "1")] for row in both])
        noise = (pairs[:, 0] - pairs[:, 1]).std(ddof=1) / np.sqrt(2)
        mean = pairs.mean(1)
        counts = [
            stats.spearmanr([COUNTS[name]([Cell.parse(c) for c in row["cells"]]) for row in both], mean).statistic
            for name in ("depth", "sinks")
        ]
        numbers = (f"{mean.mean():.1f}", f"{mean.std(ddof=1):.2f}", f"{noise:.2f}", f"{np.corrcoef(pairs.T)[0, 1]:.2f}")
        told = [*map(str, setting), str(len(both)), *numbers, *(f"{count:+.2f}" for count in counts)]
        print("| " + " | ".join(told) + " |")


if __name__ == "__main__":
    main()
