"""The whole flow on CIFAR-10 images: the table and the figure of the study's page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments.figures import ACCENT, FAINT, INK, MARK, MUTED, quiet
from experiments.pages import Claim, table
from experiments.rows import Floats, regions, trainings
from fade.ranking import correlation, noise_ceiling

RESULTS = Path(__file__).parent / "results"
READOUTS = ("weights", "weights_mean", "alone", "main_effects")
COUNTS = ("sinks", "depth", "edges", "parameters", "flops")


def found() -> tuple[Floats, dict[str, Floats], float, Floats]:
    """Mean accuracies ``[N]``, what ranks them by name ``[N]``, the noise ceiling, and standard errors ``[N]``."""
    (region,), (training,) = regions(RESULTS), trainings(RESULTS)
    scores = {f"read-out `{name}`": training.scores(name, region.paths) for name in READOUTS}
    scores |= {f"free count `{name}`": region.baselines[name] for name in COUNTS}
    most = noise_ceiling(region.accuracy, seed=0, resamples=10).spearman
    assert most is not None
    return region.mean, scores, most, region.accuracy.std(1, ddof=1) / np.sqrt(region.accuracy.shape[1])


def content() -> str:
    """What stands between the markers of the page."""
    truth, scores, most, _ = found()
    rows = [["*noise ceiling*", f"{most:.2f}", ""]]
    for name, each in scores.items():
        agreement = correlation(each, truth, seed=0)
        rho = agreement.spearman
        rows.append([name, f"{rho.value:.2f} [{rho.low:.2f}, {rho.high:.2f}]", f"{agreement.kendall.value:.2f}"])
    header = ["What ranks", f"Spearman's ρ, {len(truth)} paths [95 %]", "Kendall's τ"]
    return table(header, rows)


def figure() -> Figure:
    """Accuracies of the paths against the ranks of the configured read-out, and of the number of sinks."""
    truth, scores, _, error = found()
    picture = Figure(figsize=(7.6, 3.0), dpi=160, facecolor="white")
    axes = picture.subplots(1, 2, sharey=True)
    shown = (("read-out `weights`", "score by softmax(α)", MARK), ("free count `sinks`", "number of sinks", ACCENT))
    for axis, (name, label, colour) in zip(axes, shown, strict=True):
        quiet(axis)
        axis.errorbar(scores[name], 100 * truth, 100 * error, fmt="none", ecolor=FAINT, elinewidth=0.9)
        axis.scatter(scores[name], 100 * truth, s=13, color=colour, linewidths=0, zorder=3)
        rho = correlation(scores[name], truth, seed=0, resamples=0).spearman.value
        axis.set_title(f"ρ = {rho:.2f}", fontsize=9.5, color=INK, loc="left")
        axis.set_xlabel(label, fontsize=8.5, color=MUTED)
    axes[1].xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[0].set_ylabel("test accuracy, %", fontsize=8.5, color=MUTED)
    picture.tight_layout()
    return picture


def claims() -> list[Claim]:
    """Rows of the table of all studies: none, for it is one region."""
    return []
