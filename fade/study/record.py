"""What goes to the tracker and to the console, of a region and at the end of a study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fade.report.quantity import decimal, percent
from fade.tracking.base import Tracker

Entry = dict[str, Any]


def log_region(tracker: Tracker, entry: Entry) -> None:
    """A region's points of curves, and its truth as a table; `fade.tracking` lists the names."""
    values: dict[str, Any] = {
        "region/validation_accuracy": entry.get("validation_accuracy"),
        "region/train_flops": entry.get("train_flops"),
    }
    values |= {f"trajectory/{key}": value for key, value in entry["trajectory"].items() if key != "region"}
    if found := entry.get("correlation"):
        values |= {
            "correlation/spearman": found["spearman"]["value"],
            "correlation/kendall": found["kendall"]["value"],
            "correlation/ceiling": found["ceiling"]["spearman"],
            "correlation/regret": found["regret"],
        }
        values |= {f"baselines/{name}": value["spearman"] for name, value in found["baselines"].items()}
        values |= {f"readouts/{name}": value["spearman"] for name, value in entry["readouts"].items()}
        rows = [
            [
                "-".join(map(str, path["path"])),
                path["score"],
                sum(path["accuracy"]) / len(path["accuracy"]),
                path["parameters"],
                path["flops"],
            ]
            for path in entry["truth"]
        ]
        tracker.table(f"truth_{entry['index']}", ["path", "score", "accuracy", "parameters", "flops"], rows)
    for stage, weights in enumerate(entry.get("stage_weights", ())):
        values |= {f"stage_weights/{stage}/{k}": weight for k, weight in enumerate(weights)}
    tracker.log({k: float(v) for k, v in values.items() if isinstance(v, float | int)}, entry["index"])


def log_end(tracker: Tracker, metrics: Mapping[str, Any]) -> None:
    """The final values, the report's pictures and the best paths."""
    from fade.report import figures, summarise

    tracker.summary(summarise(metrics))
    first = metrics["regions"][0]
    pictures = {
        "hyper_architecture": figures.hyper_architecture(first),
        "stage_weights": figures.weight_curves(first),
        "training_effects": figures.effect_curves(first),
        "scores_against_truth": figures.rank_scatter(first),
        "search": figures.search_progress(metrics),
    }
    for name, picture in pictures.items():
        if picture is not None:
            tracker.figure(name, picture)
    rows = [
        [entry["index"], "-".join(map(str, top["path"])), top["score"]]
        for entry in metrics["regions"]
        for top in entry["top_paths"]
    ]
    tracker.table("top_paths", ["region", "path", "score"], rows)


def region_line(entry: Entry) -> str:
    """A region in a line."""
    parts = []
    if "validation_accuracy" in entry:
        parts.append(f"{percent(entry['validation_accuracy'])} on validation")
    if "entropy" in entry["trajectory"]:
        parts.append(f"entropy {entry['trajectory']['entropy']:.3f}")
    if found := entry.get("correlation"):
        value = found["spearman"]["value"]
        parts.append(f"Spearman {'undefined' if value is None else decimal(value)} on {found['n']} paths")
    return f"region {entry['index']}: {', '.join(parts)}".rstrip(": ")
