"""What a study leaves at its end: the best network, the ranks of all paths, its metrics."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fade.errors import with_type
from fade.space import Cell
from fade.study.best import Best, choose_best
from fade.study.loop import Study
from fade.study.preparation import Prepared
from fade.training.peak import peak_flops_per_second
from fade.training.provenance import versions

RANKED_ROWS = 100_000


def finalists(study: Study) -> dict[tuple[Cell, ...], str]:
    """What may be the best network, and where it comes from: the search's mode and the top path of the last region;
    for searches without a mode the top path of every region, since scores say nothing across regions.
    """
    tops = [
        (region.architecture(ranks.top(1)[0][0]), f"top path of region {n}")
        for n, (region, ranks) in enumerate(study.ranked)
    ]
    mode = study.search.mode()
    named = tops if mode is None else [(mode, "mode of the search"), tops[-1]]
    origins: dict[tuple[Cell, ...], str] = {}
    for cells, origin in named:
        origins.setdefault(cells, origin)
    return origins


def rank_rows(study: Study) -> Iterator[list[Any]]:
    """Rows of ranks.csv: region, rank, score, path, and the cell of each stage."""
    share = max(RANKED_ROWS // len(study.ranked), 1)
    for index, (region, ranks) in enumerate(study.ranked):
        for path, score, rank in ranks.table(share):
            cells = [str(cell) for cell in region.architecture(path)]
            yield [index, rank, score, "-".join(map(str, path)), *cells]


def find_best(study: Study) -> Best | None:
    """Choose, test and export the best network, its costs added to the study's; None where nothing is trained."""
    config, trainings = study.config, study.trainings
    if trainings is None:
        return None
    best = choose_best(finalists(study), trainings, config.network_recipe, seeds=config.truth.seeds)
    study.costs.train_flops += best.choice_flops
    study.costs.measure_flops += best.measure_flops
    study.costs.seconds += best.choice_seconds
    study.costs.measure_seconds += best.measure_seconds
    from fade.export.export import Facts, export_network

    n = len(best.record["finalists"])
    facts = Facts(
        test_accuracies=best.record["test_accuracies"],
        validation_accuracy=best.record["validation_accuracy"],
        found={
            "study": config.name,
            "search": config.search.name,
            "regions": len(study.entries),
            "finalists": f"{n}, the best on validation data" if n > 1 else "1",
            "region training": config.trainer.described(),
            "FLOPs of the search": f"{study.costs.train_flops:.3g}",
            "seed": config.seed,
        },
        trained=config.network_recipe.request(),
    )
    try:
        trainings.apart(lambda: export_network(best.network, trainings.data, study.folder.path / "best", facts=facts))
    except OSError:  # a full disk, after which the same command goes on here
        raise
    except Exception as error:  # an op of the user's may be beyond torch.export, and nothing computed is lost over it
        study.console.say(f"best/: not exported, {with_type(error)}; its cells are in metrics.json")
    return best


def metrics_of(study: Study, best: Best | None, prepared: Prepared) -> dict[str, Any]:
    """The content of metrics.json, its `seconds` to be filled in."""
    config, costs = study.config, study.costs
    entries = [{k: v for k, v in entry.items() if k != "trajectory"} for entry in study.entries]
    metrics: dict[str, Any] = {
        "schema": 1,
        "name": config.name,
        "seed": config.seed,
        "dataset": prepared.dataset,
        "device": prepared.device,
        "versions": versions(),
        "seconds": 0.0,
        "cost": {
            "train_flops": costs.train_flops,
            "measure_flops": costs.measure_flops,
            "seconds": costs.seconds,
            "measure_seconds": costs.measure_seconds,
            "stored_seconds": study.trainings.stored_seconds if study.trainings else 0.0,
        },
        "space": {
            "depth": study.space.depth,
            "cells": str(study.space.cell_space.count()),
            "architectures": str(study.space.count()),
        },
        "regions": entries,
        "trajectory": [entry["trajectory"] for entry in study.entries],
    }
    if study.trainings is not None and study.trainings.computed:
        precision = config.network_recipe.precision
        metrics["cost"]["peak_flops_per_second"] = peak_flops_per_second(study.trainings.data.device, precision)
    if best is not None:
        metrics["best"] = best.record
    else:
        known = {cells: study.estimator.accuracy(cells) for cells in finalists(study)}
        accuracies = {cells: accuracy for cells, accuracy in known.items() if accuracy is not None}
        if accuracies:
            chosen = max(accuracies, key=accuracies.__getitem__)
            record = {"architecture": [str(cell) for cell in chosen], "validation_accuracy": accuracies[chosen]}
            metrics["best"] = record
    return metrics
