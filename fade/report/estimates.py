"""What a run or several say together: means with intervals, the correlation over regions, the comparison table."""

from collections.abc import Iterable, Mapping, Sequence
from math import inf, sqrt
from typing import Any

import numpy as np
from scipy import stats

Metrics = Mapping[str, Any]
Estimate = dict[str, Any]

FREE = ("parameters", "flops", "edges", "depth", "sinks", "blocks")
"""Baselines that only count: an estimator that does not beat them has learnt nothing."""


def mean_interval(values: Iterable[float | None], within: tuple[float, float] = (-inf, inf)) -> Estimate:
    """Mean of the numbers in `values` with its 95 % Student interval: {value, low, high, n}; None where undefined.

    The interval is cut to the range that the values can have, `within`.
    """
    numbers = np.array([value for value in values if value is not None], dtype=float)
    if not len(numbers):
        return {"value": None, "low": None, "high": None, "n": 0}
    mean = float(numbers.mean())
    if len(numbers) == 1:
        return {"value": mean, "low": None, "high": None, "n": 1}
    half = float(stats.t.ppf(0.975, len(numbers) - 1) * numbers.std(ddof=1) / sqrt(len(numbers)))
    low, high = max(mean - half, within[0]), min(mean + half, within[1])
    return {"value": mean, "low": low, "high": high, "n": len(numbers)}


def correlated(metrics: Metrics) -> list[dict[str, Any]]:
    """The regions that have a correlation."""
    return [region for region in metrics.get("regions", ()) if region.get("correlation")]


def correlation(metrics: Metrics) -> dict[str, Any] | None:
    """The run's correlation: that of its region, or the mean over its regions with the interval over regions.

    Scores are relative to their region, so paths of several regions are never pooled. With R >= 2 regions every value
    is the mean of the regions' values, and an interval is Student's over the R regions, cut to [-1, 1] (a ceiling's to
    [0, 1]): it speaks of further regions, where a single region's bootstrap interval speaks of further paths. What is
    corrected is the mean by the mean ceiling, undefined where one region has none. Regions where the correlation is
    undefined are left out of everything, unless all are.

    Returns:
        {"regions": R, "n": paths in all, "spearman", "kendall": {value, low, high}, "ceiling": {spearman, kendall, low,
        high} or None, "corrected": {spearman, kendall}, "partial" (Spearman's), "precision_at_10", "regret",
        "baselines", "readouts": {name: {spearman, kendall}}}, or None without any.
    """
    if not (known := correlated(metrics)):
        return None
    regions = [region for region in known if region["correlation"]["spearman"]["value"] is not None] or known
    found = [region["correlation"] for region in regions]
    result: dict[str, Any] = {"regions": len(regions), "n": sum(each["n"] for each in found)}
    for name in ("spearman", "kendall"):
        values = [each[name]["value"] for each in found]
        result[name] = dict(found[0][name]) if len(found) == 1 else mean_interval(values, (-1, 1))
    ceilings = [each["ceiling"] for each in found if each.get("ceiling")]
    result["ceiling"] = _ceiling(ceilings) if ceilings else None
    result["corrected"] = {}
    for name in ("spearman", "kendall"):  # of means: a region of a low ceiling would decide a mean of ratios
        defined = len(ceilings) == len(found) and all(each[name] for each in ceilings)
        value = result[name]["value"]
        result["corrected"][name] = value / result["ceiling"][name] if defined and value is not None else None
    result["partial"] = mean_interval(each.get("partial", {}).get("spearman") for each in found)["value"]
    for name in ("precision_at_10", "regret"):
        result[name] = mean_interval(each.get(name) for each in found)["value"]
    result["baselines"] = _by_name([each.get("baselines", {}) for each in found])
    result["readouts"] = _by_name([region.get("readouts", {}) for region in regions])
    return result


def comparison(region: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows {name, kind, spearman, kendall, interval, own} of all that ranked the paths of a region, the best first."""
    own, readouts = region["correlation"], dict(region.get("readouts", {}))
    same = (name for name, each in readouts.items() if each.get("stage_scores") == region["stage_scores"])
    configured = region.get("readout") or next(same, None)
    readouts.pop(configured, None)
    values = (own["spearman"]["value"], own["kendall"]["value"], own["spearman"])
    rows = [_row(configured or "stage scores", "this run’s scores", *values) | {"own": True}]
    rows += [_row(name, "read-out", each.get("spearman"), each.get("kendall"), {}) for name, each in readouts.items()]
    for name, each in own.get("baselines", {}).items():
        kind = "free count" if name in FREE else "no training"
        if lost := each.get("not_finite"):
            kind += f", {lost} without a value rank last"
        rows.append(_row(name, kind, each["spearman"], each["kendall"], each))
    return sorted(rows, key=lambda row: -2 if row["spearman"] is None else row["spearman"], reverse=True)


def rival(baselines: Mapping[str, Mapping[str, float | None]]) -> tuple[str, float] | None:
    """The baseline with the strongest Spearman correlation, whatever its sign."""
    known = [(name, each["spearman"]) for name, each in baselines.items() if each.get("spearman") is not None]
    return max(((n, float(rho)) for n, rho in known if rho is not None), key=lambda pair: abs(pair[1]), default=None)


def seeds(region: Mapping[str, Any]) -> int:
    """How many trainings the true accuracy of a path is the mean of (the fewest of any path)."""
    return min((len(path["accuracy"]) for path in region.get("truth", ())), default=0)


def top_path(region: Mapping[str, Any]) -> list[int]:
    """The best path of a region by its scores: one candidate for each stage."""
    if region.get("top_paths"):
        return list(region["top_paths"][0]["path"])
    return [int(np.argmax(stage)) for stage in region["stage_scores"]]


def paths(region: Mapping[str, Any]) -> int:
    """How many paths a region has: the product of its stages' numbers of candidates (a Python int, exact)."""
    product = 1
    for stage in region["cells"]:
        product *= len(stage)
    return product


def _ceiling(ceilings: Sequence[Mapping[str, Any]]) -> Estimate:
    """That of one region, or the mean; a region whose seeds do not agree at all then counts as 0, not as absent."""
    if len(ceilings) == 1 or all(each["spearman"] is None for each in ceilings):
        return {key: ceilings[0].get(key) for key in ("spearman", "kendall", "low", "high")}
    rho, tau = (mean_interval([each[key] or 0.0 for each in ceilings], (0, 1)) for key in ("spearman", "kendall"))
    return {"spearman": rho["value"], "kendall": tau["value"], "low": rho["low"], "high": rho["high"]}


def _row(
    name: str, kind: str, spearman: float | None, kendall: float | None, bounds: Mapping[str, Any]
) -> dict[str, Any]:
    return {"name": name, "kind": kind, "spearman": spearman, "kendall": kendall, "interval": bounds, "own": False}


def _means(entries: Sequence[Mapping[str, Any]], keys: Iterable[str]) -> Estimate:
    return {key: mean_interval(entry.get(key) for entry in entries)["value"] for key in keys}


def _by_name(tables: Sequence[Mapping[str, Mapping[str, Any]]]) -> dict[str, Estimate]:
    names = dict.fromkeys(name for table in tables for name in table)
    return {name: _means([table.get(name, {}) for table in tables], ("spearman", "kendall")) for name in names}


def from_store(metrics: Metrics) -> float:
    """Seconds that a finished run counts as its cost and took from the store.

    Of an earlier run, which does not say them, the least that they can be: what its cost took longer than the run.
    """
    cost = metrics["cost"]
    longer = cost["seconds"] + cost.get("measure_seconds", 0.0) - metrics.get("seconds", cost["seconds"])
    return float(cost.get("stored_seconds", max(longer, 0.0)))


def price(metrics: Metrics) -> float | None:
    """FLOPs of the regions' trainings as a share of what training each of their paths once would take."""
    pairs = [(r.get("train_flops"), r.get("all_paths_flops")) for r in metrics["regions"] if paths(r) > 1]
    if not pairs or any(trained is None or every is None for trained, every in pairs):
        return None
    return float(sum(trained for trained, _ in pairs) / sum(every for _, every in pairs))
