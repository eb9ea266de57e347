"""The one look of the studies' figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.agreement import Mean

INK, MUTED, FAINT, ACCENT, MARK = "#23272b", "#6d7278", "#d8d4cb", "#2c6e91", "#c0522d"
COLOURS = {"ours": MARK, "trained": ACCENT, "free": MUTED}
"""Of rows: the recommended estimator, what else takes training, and what takes none."""


@dataclass(frozen=True)
class Row:
    """What ranks, how well, and of which kind it is (a key of `COLOURS`)."""

    label: str
    mean: Mean
    kind: str


@dataclass(frozen=True)
class Panel:
    """Rows on one set of regions, and the ceiling that noise sets there."""

    title: str
    rows: Sequence[Row]
    ceiling: Mean | None = None


def quiet(axis: Axes) -> Axes:
    """No frame, faint ticks."""
    for side, spine in axis.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(FAINT)
    axis.tick_params(colors=MUTED, labelsize=8, length=0)
    axis.set_facecolor("white")
    return axis


def forest(panels: Sequence[Panel], label: str = "Spearman's ρ with trained networks", low: float = -0.4) -> Figure:
    """A panel beside the other: a faint dot a region, the mean and its 95 % interval, the ceiling as a line."""
    rows = len(panels[0].rows)
    figure = Figure(figsize=(2.2 + 3.3 * len(panels), 0.27 * rows + 1.15), dpi=160, facecolor="white")
    axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axis, panel in zip(axes, panels, strict=True):
        quiet(axis)
        axis.axvline(0, color=FAINT, linewidth=0.8, zorder=0)
        if panel.ceiling is not None:
            axis.axvline(panel.ceiling.value, color=INK, linewidth=0.9, linestyle=(0, (4, 3)), zorder=0)
            label_at = panel.ceiling.value - 0.02
            axis.text(label_at, -0.8, f"ceiling {panel.ceiling.value:.2f}", color=INK, fontsize=7, ha="right")
        for n, row in enumerate(panel.rows):
            colour = COLOURS[row.kind]
            axis.scatter(row.mean.values, np.full(len(row.mean.values), n), s=9, color=colour, alpha=0.3, linewidths=0)
            if not np.isnan(row.mean.low):
                axis.plot([row.mean.low, row.mean.high], [n, n], color=colour, linewidth=1.8, solid_capstyle="butt")
            axis.scatter([row.mean.value], [n], s=30, color=colour, linewidths=0, zorder=3)
        axis.set(xlim=(low, 1.02), ylim=(rows - 0.4, -1.2))
        axis.set_title(panel.title, fontsize=9.5, color=INK, loc="left", pad=6)
        axis.set_xlabel(label, fontsize=8, color=MUTED)
    axes[0].set_yticks(range(rows), [row.label for row in panels[0].rows])
    for tick, row in zip(axes[0].get_yticklabels(), panels[0].rows, strict=True):
        tick.set(color=COLOURS[row.kind], fontsize=8.5)
    figure.tight_layout(w_pad=2.0)
    return figure


def save(figure: Figure, file: Path) -> None:
    """Write a PNG whose bytes say nothing of when and by which release it was drawn."""
    figure.savefig(file, metadata={"Software": None})
