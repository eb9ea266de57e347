"""The report of a run: one page out of the files of its folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from fade.report import figures
from fade.report.canvas import Image
from fade.report.estimates import (
    Metrics,
    comparison,
    correlated,
    correlation,
    from_store,
    paths,
    price,
    seeds,
    top_path,
)  # fmt: skip
from fade.report.page import write_page
from fade.report.quantity import DASH, count, decimal, duration, grouped, interval, mebibytes, percent, scaled
from fade.report.wording import findings, lede, spent, was_trained
from fade.run_files import read_run

Region = Mapping[str, Any]

CARDS = 180
"""How many cells are drawn in all: a page stays small and is made in a few seconds."""

SHOWN = 4
"""How many regions are drawn at most, and how many are held against their truth in a scatter plot."""

TENTHS = 30
"""Of so many paths a tenth says something."""

TOP = 10


def build_run(folder: Path) -> Path:
    """Write report.html of a run from its metrics.json, or of an unfinished run from its regions.jsonl.

    Args:
        folder: The folder of the run.

    Returns:
        The path of the page: self-contained, no network.

    Raises:
        ValueError: If the folder is no run or its files are damaged.
    """
    run = read_run(folder)
    metrics, regions = run.metrics, run.metrics["regions"]
    context = {
        "name": metrics["name"],
        "finished": run.finished,
        "config": run.config,
        "lede": lede(metrics),
        "meta": [f"{key} {metrics[key]}" for key in ("seed", "device") if key in metrics],
        "facts_": facts(metrics),
        "findings": findings(metrics),
        "count": len(regions),
        "weighted": any("stage_weights" in region for region in regions),
        "single": all(paths(region) == 1 for region in regions),
        "regions": [_region(region) for region in spaced(regions, _drawable(regions))],
        "truths": [_truth(region) for region in spaced(correlated(metrics), SHOWN)],
        "forest": image(figures.region_correlations(metrics), "Correlation by region"),
        "progress": image(figures.search_progress(metrics), "Accuracy and entropy over the cost of the search"),
        "progress_caption": _progress_caption(metrics),
        "theta": image(figures.theta_map(metrics), "Probabilities of each stage’s edges or cells over the regions"),
        "best": _best(metrics),
        "exported": (folder / "best" / "model.pt2").is_file(),
        **_top_paths(regions),
        "cost": _cost(metrics),
        "made_with": [(key, metrics[key]) for key in ("device", "seed") if key in metrics]
        + sorted(metrics.get("versions", {}).items()),
    }
    return write_page(folder, "run.html.j2", context)


def image(figure: Figure | None, description: str) -> Image | None:
    """An inline image, or None where there is no figure."""
    return None if figure is None else Image.of(figure, description)


def facts(metrics: Metrics) -> list[dict[str, str]]:
    """The key results as {label, value, note}."""
    regions, best, cost = metrics["regions"], metrics.get("best", {}), metrics.get("cost", {})
    found, items = correlation(metrics), []

    def add(label: str, value: str, note: str = "") -> None:
        items.append({"label": label, "value": value, "note": note})

    if best.get("test_accuracy") is not None:
        runs = best.get("test_accuracies", [])
        add(
            "best test accuracy",
            percent(best["test_accuracy"]),
            f"mean of {len(runs)} seeds" if len(runs) > 1 else "one seed",
        )
    if found:
        over = f"{found['n']} paths" + (f", {found['regions']} regions" if found["regions"] > 1 else "")
        add(
            "Spearman’s ρ of the scores",
            decimal(found["spearman"]["value"]),
            ", ".join(filter(None, [interval(found["spearman"]), over])),
        )
        if found["ceiling"] and found["ceiling"]["spearman"] is not None:
            add("noise ceiling of ρ", decimal(found["ceiling"]["spearman"]), interval(found["ceiling"]))
    ranked = sum(map(paths, regions))
    if ranked > len(regions):
        add("regions trained" if all(map(was_trained, regions)) else "regions ranked", count(len(regions)))
        add("paths ranked", count(ranked))
    elif regions:
        add("networks trained", count(len(regions)))
    if cost:
        measured = cost.get("measure_flops")
        add(
            "cost of the search",
            scaled(cost["train_flops"], "FLOPs"),
            f"{scaled(measured, 'FLOPs')} to measure" if measured else "",
        )
        said = "of search, some from the store" if from_store(metrics) else "of it the search"
        add("time", duration(metrics.get("seconds", cost["seconds"])), f"{duration(cost['seconds'])} {said}")
    return items


def _progress_caption(metrics: Metrics) -> str:
    points = metrics.get("trajectory") or ()
    found = any(point.get(key) is not None for point in points for key in ("best_accuracy", "mode_accuracy"))
    what = "What the search had found" if found else "How undecided the search was"
    along = "against what it had cost" if figures.costs_so_far(metrics) else "after each region"
    return f"{what} {along}. One search is one sample."


def spaced(items: Sequence[Region], most: int) -> list[Region]:
    """At most `most` of the items, evenly spaced, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]


def _drawable(regions: Sequence[Region]) -> int:
    cards = max((sum(map(len, region["cells"])) for region in regions), default=1)
    return max(2, min(SHOWN, CARDS // cards))


def _region(region: Region) -> dict[str, Any]:
    index = region["index"]
    said = []
    if paths(region) > 1:
        said.append(f"top path {' · '.join(map(str, top_path(region)))}")
    if region.get("validation_accuracy") is not None:
        mixed = ", mixed" if paths(region) > 1 else ""
        said.append(f"{percent(region['validation_accuracy'])} on validation data{mixed}")
    if region.get("parameters") is not None:
        said.append(f"{count(region['parameters'])} parameters")
    return {
        "index": index,
        "facts": said,
        "architecture": image(figures.hyper_architecture(region), f"Hyper-architecture of region {index}"),
        "weights": image(figures.weight_curves(region), f"Stage weights of region {index} over the epochs"),
        "pairs": "pair_scores" in region,
        "effects": image(figures.effect_curves(region), f"Training effects of region {index} over the epochs"),
    }


def _truth(region: Region) -> dict[str, Any]:
    found, top = region["correlation"], top_path(region)
    return {
        **{key: found[key] for key in ("n", "spearman", "kendall")},
        "index": region["index"],
        "seeds": seeds(region),
        "strings": found.get("all_paths", {}).get("n"),
        "ceiling": found.get("ceiling"),
        "beyond": beyond(found),
        "rows": comparison(region),
        "scatter": image(figures.rank_scatter(region), f"Scores against accuracies in region {region['index']}"),
        "top_unsampled": any(p["path"] == top and not p.get("sampled", True) for p in region.get("truth", ())),
    }


def beyond(found: Mapping[str, Any]) -> list[str]:
    """What a correlation's other measures say, in sentences; those that are undefined are left out."""
    said, corrected, partial = [], found.get("corrected", {}).get("spearman"), found.get("partial", {})
    if corrected is not None and corrected > 0:
        said.append(f"ρ is {decimal(corrected)} of its noise ceiling.")
    if partial.get("spearman") is not None and partial["given"]:
        said.append(f"Given {listed(partial['given'])}, ρ is {decimal(partial['spearman'])}.")
    if found.get("precision_at_10") is not None and found.get("n", 0) >= TENTHS:
        share = percent(found["precision_at_10"], 0)
        said.append(f"Of the top tenth by score, {share} are in the top tenth by accuracy.")
    return said


def listed(words: Sequence[str]) -> str:
    """['a', 'b', 'c'] -> 'a, b and c'."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def _best(metrics: Metrics) -> dict[str, Any] | None:
    best = metrics.get("best")
    if not best:
        return None
    runs = best.get("test_accuracies", [])
    rows = [
        ("test accuracy", percent(best["test_accuracy"], 2) if best.get("test_accuracy") is not None else None),
        ("each seed", ", ".join(percent(run, 2) for run in runs) if len(runs) > 1 else None),
        (
            "validation accuracy",
            percent(best["validation_accuracy"], 2) if best.get("validation_accuracy") is not None else None,
        ),
        ("parameters", grouped(best["parameters"]) if best.get("parameters") is not None else None),
        ("forward pass of one example", scaled(best["flops"], "FLOPs") if best.get("flops") is not None else None),
    ]
    return {
        "figure": image(figures.best_architecture(metrics), "The cells of the best network"),
        "rows": [(name, text) for name, text in rows if text],
        "cells": best["architecture"],
    }


def _top_paths(regions: Sequence[Region]) -> dict[str, Any]:
    """The table of the last region's top paths, with the accuracies that are known."""
    last = regions[-1] if regions and paths(regions[-1]) > 1 else {}
    known = {tuple(p["path"]): sum(p["accuracy"]) / len(p["accuracy"]) for p in last.get("truth", ())}
    rows = [{**top, "accuracy": known.get(tuple(top["path"]))} for top in last.get("top_paths", [])[:TOP]]
    measured = any(row["accuracy"] is not None for row in rows)
    origin = {"top_region": last.get("index"), "top_of": paths(last) if last else 0}
    return {"top_paths": rows, "top_measured": measured, **origin}


def _cost(metrics: Metrics) -> list[tuple[str, str]]:
    cost, regions = metrics.get("cost"), metrics["regions"]
    trained = [region["train_flops"] for region in regions if region.get("train_flops") is not None]
    epochs = [seconds for region in regions for seconds in region.get("epoch_seconds", ())]
    rows = []
    if cost:
        rows += [("to decide: training and choices", spent(metrics, "train_flops", "seconds"))]
        rows += [("to measure: truth and test", spent(metrics, "measure_flops", "measure_seconds"))]
        rows += [("peak of a process: a large matrix product", scaled(cost.get("peak_flops_per_second"), "FLOP/s"))]
        rows += [("time in all", duration(metrics.get("seconds")))]
    if trained:
        rows += [("one region, mean", scaled(sum(trained) / len(trained), "FLOPs"))]
    if (share := price(metrics)) is not None:
        rows += [("of training all paths", percent(share))]
    if peaks := [region["memory"] for region in regions if region.get("memory") is not None]:
        rows += [("peak memory of a training step", mebibytes(max(peaks)))]
    if epochs:
        rows += [("one epoch, mean", duration(sum(epochs) / len(epochs)))]
    return [(name, text) for name, text in rows if text != DASH]
