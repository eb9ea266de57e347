"""Candidates normalised before they are mixed, or not: the table and the figure of the study's page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from scipy import stats

from experiments.figures import ACCENT, FAINT, INK, MARK, MUTED, quiet
from experiments.pages import Claim, table
from experiments.rows import Region, regions
from fade.ranking import noise_ceiling

RESULTS = Path(__file__).parent / "results"
SETTINGS = {"output": ("normalised", MARK), "none": ("not normalised", ACCENT)}


def found() -> list[tuple[str, Region]]:
    """Setting and region, in the order of the table."""
    return [(setting, region) for setting in SETTINGS for region in regions(RESULTS / setting)]


def content() -> str:
    """What stands between the markers of the page."""
    rows = []
    for setting, region in found():
        most = noise_ceiling(region.accuracy, seed=0, resamples=10).spearman
        rows.append(
            [
                f"`space.normalise={setting}`, region {region.name}",
                f"{region.mean.mean():.3f}",
                f"{region.mean.std(ddof=1):.3f}",
                f"{stats.pearsonr(region.accuracy[:, 0], region.accuracy[:, 1]).statistic:.2f}",
                "undefined" if most is None else f"{most:.2f}",
            ]
        )
    header = ["Setting", "mean test accuracy", "spread of 24 paths", "correlation of two seeds", "noise ceiling"]
    return table(header, rows)


def figure() -> Figure:
    """Two trainings of each path against each other."""
    picture = Figure(figsize=(4.4, 3.9), dpi=160, facecolor="white")
    axis = quiet(picture.subplots())
    axis.plot([0.2, 1], [0.2, 1], color=FAINT, linewidth=0.9, zorder=0)
    for setting, (label, colour) in SETTINGS.items():
        both = np.concatenate([region.accuracy for name, region in found() if name == setting])
        axis.scatter(both[:, 0], both[:, 1], s=15, color=colour, alpha=0.75, linewidths=0, label=label)
    axis.set(xlim=(0.2, 1), ylim=(0.2, 1))
    axis.set_xlabel("test accuracy, first seed", fontsize=8.5, color=MUTED)
    axis.set_ylabel("test accuracy, second seed", fontsize=8.5, color=MUTED)
    axis.legend(frameon=False, fontsize=8.5, labelcolor=INK, loc="upper left", handletextpad=0.2)
    picture.tight_layout()
    return picture


def claims() -> list[Claim]:
    """Rows of the table of all studies: none, for the study settled a default and ranks nothing."""
    return []
