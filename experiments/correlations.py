"""Markdown tables of what ranks, from the metrics of runs.

python experiments/correlations.py experiments/first_light/metrics.json
"""

import argparse
import json
from pathlib import Path
from typing import Any


def number(value: float | None) -> str:
    return "–" if value is None else f"{value:+.2f}"


def interval(found: dict[str, Any]) -> str:
    low, high = found.get("low"), found.get("high")
    return number(found["value"]) + ("" if low is None else f" [{low:+.2f}, {high:+.2f}]")


def rows(region: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What ranks, Spearman, Kendall; the configured read-out with its interval first."""
    found = region["correlation"]
    ceiling = found["ceiling"]
    bounds = "" if ceiling["low"] is None else f" [{ceiling['low']:+.2f}, {ceiling['high']:+.2f}]"
    table = [
        ("the configured read-out", interval(found["spearman"]), interval(found["kendall"])),
        ("*noise ceiling*", number(ceiling["spearman"]) + bounds, number(ceiling["kendall"])),
    ]
    for kind, values in (("read-out", region["readouts"]), ("free count", found["baselines"])):
        for name, value in values.items():
            table.append((f"{kind} `{name}`", number(value["spearman"]), number(value["kendall"])))
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("metrics", type=Path, nargs="+")
    for path in parser.parse_args().metrics:
        metrics = json.loads(path.read_text())
        for region in metrics["regions"]:
            if "correlation" not in region:
                continue
            means = [sum(p["accuracy"]) / len(p["accuracy"]) for p in region["truth"] if p["sampled"]]
            seeds = len(region["truth"][0]["accuracy"])
            found = region["correlation"]
            print(f"\n{path}, region {region['index']}: {found['n']} paths, {seeds} seeds each, ", end="")
            print(f"accuracies {min(means):.3f} to {max(means):.3f}, regret {100 * found['regret']:.1f} points\n")
            print("| what ranks | Spearman | Kendall |\n|---|---|---|")
            for row in rows(region):
                print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
