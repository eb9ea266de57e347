"""The figures of a study of ranks."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from experiments.rank_correlation.study import Study
from fade.report.canvas import ACCENT, FAINT, INK, MARK, MUTED, drawn, panels


@drawn
def scatter(study: Study, default: str) -> Any:
    """Scores against accuracies, a panel a region."""
    columns = min(len(study.truths), 5)
    rows = -(-len(study.truths) // columns)
    figure, axes = panels(2.1 * columns + 0.6, 2.1 * rows + 0.7, rows, columns, left=0.6)
    value, _ = study.estimator(default)
    for axis, truth, rho in zip(axes, study.truths, value, strict=False):
        score = np.mean([stats.rankdata(s) for s in study.scores[default][truth.name]], axis=0)
        seeds = truth.accuracy.shape[1]
        error = 100 * truth.accuracy.std(1, ddof=1) / np.sqrt(seeds) if seeds > 1 else np.zeros(len(truth.mean))
        axis.errorbar(score, 100 * truth.mean, error, fmt="none", ecolor=FAINT, elinewidth=0.8, zorder=1)
        axis.scatter(score, 100 * truth.mean, s=9, color=ACCENT, linewidths=0, zorder=2)
        axis.set_title(f"region {truth.name}   ρ {rho:.2f}", fontsize=9, color=INK, loc="left")
    for axis in axes[len(study.truths) :]:
        axis.set_visible(False)
    figure.supxlabel("rank by score", fontsize=9, color=MUTED)
    figure.supylabel("test accuracy, %", fontsize=9, color=MUTED, x=0.01)
    return figure


@drawn
def overview(study: Study, default: str, most: int = 24) -> Any:
    """Spearman's of the estimators and the baselines: a dot a region, the mean and its interval."""
    rows = [(name, *study.estimator(name), name == default) for name in study.ordered()[:most]]
    rows += [(name, *study.baseline(name), False) for name in study.truths[0].baselines]
    width = 0.2 + 0.062 * max(len(name) for name, *_ in rows)
    figure, (axis,) = panels(width + 4.4, 0.21 * len(rows) + 0.9, left=width)
    ceiling = study.ceiling()
    if np.isfinite(ceiling).all():
        axis.axvspan(ceiling.min(), ceiling.max(), color=FAINT, alpha=0.5, linewidth=0)
        axis.axvline(ceiling.mean(), color=MUTED, linewidth=0.8)
    axis.axvline(0, color=FAINT, linewidth=0.8)
    for n, (name, value, drawn_, mine) in enumerate(rows):
        colour = MARK if mine else ACCENT if name in study.scores else MUTED
        axis.plot(study.interval(drawn_), [n, n], color=colour, linewidth=1.4)
        axis.scatter(value, np.full(len(value), n), s=7, color=colour, alpha=0.45, linewidths=0)
        axis.scatter([value.mean()], [n], s=26, color=colour, linewidths=0, zorder=3)
    axis.set(yticks=range(len(rows)), yticklabels=[row[0] for row in rows], ylim=(len(rows) - 0.4, -0.6))
    axis.set_xlabel("Spearman; grey: noise ceilings")
    return figure
