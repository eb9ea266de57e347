"""The scalar results of runs: one flat row for each, and the table of a sweep."""

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fade import run_files
from fade.report.estimates import Metrics, correlation, paths

Scalar = float | int | str | None


def summarise(metrics: Metrics) -> dict[str, Scalar]:
    """The scalar metrics of a run under dotted names, in this order; what the run has no part of is left out.

    - `name`, `dataset`, `device`
    - `best.test_accuracy`, `best.validation_accuracy`, `best.parameters`, `best.flops`
    - `correlation.spearman` (`.low`, `.high`), `correlation.kendall` (`.low`, `.high`), `correlation.n`,
      `correlation.regions`, `correlation.regret`, `correlation.precision_at_10` (of the top tenth),
      `correlation.corrected` (Spearman's by its ceiling), `correlation.partial` (Spearman's given free counts); over
      several regions as in `fade.report.estimates.correlation`
    - `ceiling.spearman` (`.low`, `.high`), `ceiling.kendall`
    - `readouts.NAME.spearman`, `readouts.NAME.kendall`, `baselines.NAME.spearman`, `baselines.NAME.kendall`
    - `regions` (trained), `paths` (ranked, K^D a region), `entropy` (the last)
    - `cost.train_flops`, `cost.measure_flops`, `cost.seconds`, `seconds`
    """
    regions, found = metrics.get("regions", ()), correlation(metrics)
    row: dict[str, Scalar] = {key: metrics[key] for key in ("name", "dataset", "device") if key in metrics}
    best = metrics.get("best", {})
    scalars = ("test_accuracy", "validation_accuracy", "parameters", "flops")
    row |= {f"best.{key}": best[key] for key in scalars if key in best}
    if found:
        for name in ("spearman", "kendall"):
            estimate = found[name]
            row[f"correlation.{name}"] = estimate["value"]
            row |= {f"correlation.{name}.{bound}": estimate.get(bound) for bound in ("low", "high")}
        row |= {f"correlation.{key}": found[key] for key in ("n", "regions", "regret", "precision_at_10", "partial")}
        row["correlation.corrected"] = found["corrected"]["spearman"]
        if ceiling := found["ceiling"]:
            row |= {"ceiling.spearman": ceiling["spearman"]}
            row |= {f"ceiling.spearman.{bound}": ceiling[bound] for bound in ("low", "high")}
            row |= {"ceiling.kendall": ceiling["kendall"]}
        for kind in ("readouts", "baselines"):
            row |= {
                f"{kind}.{name}.{c}": each[c] for name, each in found[kind].items() for c in ("spearman", "kendall")
            }
    row |= {"regions": len(regions), "paths": sum(map(paths, regions))}
    entropies = [point["entropy"] for point in metrics.get("trajectory", ()) if point.get("entropy") is not None]
    row |= {"entropy": entropies[-1]} if entropies else {}
    cost = metrics.get("cost", {})
    row |= {f"cost.{key}": cost[key] for key in ("train_flops", "measure_flops", "seconds") if key in cost}
    return row | ({"seconds": metrics["seconds"]} if "seconds" in metrics else {})


def overrides(job: Mapping[str, Any]) -> dict[str, str]:
    r"""The overrides of a job by key, less Hydra's escapes: ['seed=0', '+x=$\{y\}'] -> {'seed': '0', 'x': '${y}'}."""
    pairs = (override.partition("=") for override in job.get("overrides", ()))
    return {key.lstrip("+~"): re.sub(r"\\([\\()\[\]{}:=, \t])", r"\1", value) for key, _, value in pairs}


def job_metrics(folder: Path, job: Mapping[str, Any]) -> dict[str, Any] | None:
    """The metrics of a job that is done; None where there are none (yet)."""
    place = folder / str(job["folder"])
    return run_files.read_metrics(place) if (place / run_files.METRICS).is_file() else None


def write_summary(folder: Path) -> Path:
    """Write summary.csv of a sweep from sweep.json and the jobs' metrics.json.

    A row a job: number, state, a column an override key, then the scalars of `summarise`. What a job lacks is
    empty; where an override and a scalar have one name, the override stands.
    """
    rows = []
    columns = dict.fromkeys(["number", "state"])
    jobs = run_files.read_sweep(folder)
    columns |= dict.fromkeys(key for job in jobs for key in overrides(job))
    for job in jobs:
        metrics = job_metrics(folder, job)
        scalars = summarise(metrics) if metrics else {}
        rows.append({**scalars, **overrides(job), "number": job["number"], "state": job["state"]})
        columns |= dict.fromkeys(scalars)
    text = io.StringIO()
    table = csv.DictWriter(text, list(columns), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return run_files.write(folder / run_files.SUMMARY, text.getvalue())
