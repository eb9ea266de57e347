"""The figures of a sweep: jobs beside each other, and groups of jobs that differ only in their seed."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from fade.report.canvas import ACCENT, FAINT, INK, MARK, PercentLocator, drawn, name_width, panels
from fade.report.estimates import mean_interval
from fade.report.figures import forest

Job = Mapping[str, Any]
SCALES: dict[str, tuple[str, float, tuple[float, float]]] = {
    "best.test_accuracy": ("test accuracy of the best network, %", 100, (0, 100)),
    "best.validation_accuracy": ("accuracy of the best network on the landscape, %", 100, (0, 100)),
    "correlation.spearman": ("Spearman’s ρ", 1, (-1, 1)),
}
"""Scalar of a job -> its name on an axis, the factor it is shown with, and the range of that."""


def job_correlations(jobs: Sequence[Job], keys: Sequence[str]) -> Figure | None:
    """Spearman's correlation of each job with its interval, against its noise ceiling; None without any."""
    known = [job for job in jobs if "correlation.spearman" in job["scalars"]]
    if not known:
        return None
    labels = [
        "  ".join([str(job["number"]), *(f"{key}={job['settings'][key]}" for key in keys if key in job["settings"])])
        for job in known
    ]
    names = {"value": "correlation.spearman", "ceiling": "ceiling.spearman"}
    names |= {bound: f"correlation.spearman.{bound}" for bound in ("low", "high")}
    return forest(labels, [{short: job["scalars"].get(name) for short, name in names.items()} for job in known])


@drawn
def grouped(groups: Mapping[str, Sequence[Job]], key: str) -> Figure | None:
    """A scalar of the jobs by group: a dot a job, the mean with its 95 % interval; None without any."""
    title, factor, within = SCALES[key]
    values = {
        name: [factor * value for job in members if (value := job["scalars"].get(key)) is not None]
        for name, members in groups.items()
    }
    values = {name: numbers for name, numbers in values.items() if numbers}
    if not values:
        return None
    names = [f"{name}  (n = {len(numbers)})" for name, numbers in values.items()]
    figure, (panel,) = panels(4.6 + name_width(names), 0.85 + 0.36 * len(values), left=name_width(names))
    panel.grid(visible=False)
    panel.grid(axis="x", color=FAINT, linewidth=0.5, alpha=0.6)
    for row, numbers in enumerate(values.values()):
        panel.scatter(numbers, np.full(len(numbers), row), s=15, color=ACCENT, alpha=0.55, linewidths=0, zorder=2)
        mean = mean_interval(numbers, within)
        if mean["low"] is not None:
            panel.plot([mean["low"], mean["high"]], [row + 0.22] * 2, color=MARK, linewidth=1.8)
        panel.scatter([mean["value"]], [row + 0.22], s=34, color=MARK, linewidths=0, zorder=3)
    panel.set(ylim=(len(values) - 0.4, -0.6), xlabel=title)
    if factor == 100:
        panel.xaxis.set_major_locator(PercentLocator())
    panel.set_yticks(range(len(values)), names)
    panel.tick_params(axis="y", length=0, labelcolor=INK)
    panel.spines["left"].set_visible(False)
    return figure
