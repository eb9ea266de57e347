"""One region training against 6,561 published networks: the table and the figure of the study's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from scipy import stats

from experiments.figures import ACCENT, FAINT, INK, MARK, MUTED, quiet
from experiments.framework import published
from experiments.pages import Claim, share, table
from experiments.rows import Floats, Training, load, training
from fade.ranking import precision_at

RESULTS = Path(__file__).parent / "results"
FAIR = "fair, 8 epochs, batches of 100, annealed"
SHIPPED, EPOCHS = "fair, 2 x 3 epochs, batches of 100, annealed, bf16", 6
READOUTS = {
    "training_pairs": "**`training_pairs`**, the experiment as shipped",
    "training_effects": "`training_effects`",
    "main_effects": "`main_effects`",
    "accuracy_effects": "`accuracy_effects`",
    "pairs": "`pairs`",
}
EARLIER = (
    ("8 epochs, `training_pairs`", FAIR, "training_pairs", range(51, 56)),
    ("8 epochs, `alone`", FAIR, "alone", range(51, 56)),
    ("5 epochs, `pairs`", "fair, 5 epochs, batches of 100, annealed", "pairs", range(5)),
    ("8 epochs, `training_effects` of the last half", FAIR, "training_effects_late", range(5, 10)),
    (
        "4 × 2 epochs, `training_effects`",
        "fair, 4 x 2 epochs, batches of 100, annealed",
        "training_effects",
        range(21, 26),
    ),
    ("8 epochs by SGD, `training_effects` of the last half", f"{FAIR}, sgd", "training_effects_late", range(31, 36)),
    ("`trainer=joint`, softmax(α), the paper's", "joint, 2 epochs, batches of 100, annealed", "weights", range(1)),
    (
        "independent paths, 192 networks of 40 steps",
        "independent_paths, 40 steps, batches of 100, annealed",
        "accuracy_effects",
        (20,),
    ),
)
"""Recipe, read-out that was fixed before, seeds."""
SEEDS = range(61, 64)
"""Of the experiment as shipped."""
COUNTS = ("blocks", "flops", "parameters")


@dataclass(frozen=True)
class Scored:
    """A training's scores of the distinct networks ``[3969]``, and their published accuracies ``[3969]``."""

    scores: Floats
    accuracy: Floats

    @property
    def rho(self) -> float:
        return float(stats.spearmanr(self.scores, self.accuracy).statistic)

    @property
    def tau(self) -> float:
        return float(stats.kendalltau(self.scores, self.accuracy).statistic)

    @property
    def top(self) -> float:
        """The share of the best tenth that is among the best tenth by score."""
        return float(precision_at(self.scores, self.accuracy, 0.1))

    @property
    def regret(self) -> float:
        """Points of accuracy between the best network and that of the best score."""
        return float(100 * (self.accuracy.max() - self.accuracy[np.argmax(self.scores)]))


@cache
def rows() -> tuple[tuple[Training, list[list[str]]], ...]:
    """All trainings, with the cells of their regions."""
    return tuple((training(row), row["cells"]) for row in load(RESULTS / "trainings.jsonl"))


def scored(recipe: str, readout: str, seeds: Sequence[int]) -> list[Scored]:
    """By seed."""
    found = []
    for one, cells in rows():
        if one.recipe == recipe and one.seed in seeds:
            paths, truth, _, _ = published(cells)
            found.append(Scored(truth.merge(one.scores(readout, paths)), truth.mean()))
    assert len(found) == len(seeds), f"{recipe} has trainings of {len(found)} seeds in {RESULTS}, not {len(seeds)}"
    return found


def mean_text(values: Sequence[float], digits: int = 3) -> str:
    """The mean over seeds, and half of Student's 95 % interval of it."""
    if len(values) < 3:
        return f"{np.mean(values):.{digits}f}"
    half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    return f"{np.mean(values):.{digits}f} ± {half:.{digits}f}"


def line(label: str, each: Sequence[Scored]) -> list[str]:
    """A row of the table."""
    rho, tau = [one.rho for one in each], [one.tau for one in each]
    top, lost = np.mean([one.top for one in each]), np.mean([one.regret for one in each])
    return [label, str(len(each)), mean_text(rho), f"{min(rho):.3f}", mean_text(tau), f"{top:.2f}", f"{lost:.2f}"]


def cost() -> float:
    """Of the experiment as shipped, as a share of training all 6,561 paths once."""
    shipped = [one for one, _ in rows() if one.recipe == SHIPPED and one.seed in SEEDS]
    return float(np.mean([one.flops / (EPOCHS * one.epoch_flops) for one in shipped]))


def content() -> str:
    """What stands between the markers of the page."""
    lines = [line(label, scored(SHIPPED, readout, SEEDS)) for readout, label in READOUTS.items()]
    lines += [
        line(f"*earlier*: {label}", scored(recipe, readout, list(seeds))) for label, recipe, readout, seeds in EARLIER
    ]
    _, truth, _, counts = published(rows()[0][1])
    for name in COUNTS:
        one = Scored(counts[name], truth.mean())
        lines.append(
            [
                f"*number of {name}*" if name != "flops" else "*FLOPs*",
                "",
                f"{one.rho:.3f}",
                "",
                f"{one.tau:.3f}",
                "",
                "",
            ]
        )
    header = ["What ranks", "seeds", "Spearman's ρ", "worst seed", "Kendall's τ", "top tenth", "regret"]
    price = f"The experiment as shipped costs {share(cost(), 3)} of the FLOPs of training all paths."
    return f"{table(header, lines)}\n\n{price}"


def figure() -> Figure:
    """Published accuracies against ranks by the mean score of the seeds; and each seed by each read-out."""
    picture = Figure(figsize=(8.4, 3.6), dpi=160, facecolor="white")
    left, right = picture.subplots(1, 2, width_ratios=(1, 1.05))
    total, accuracy = np.zeros(6561), np.zeros(6561)
    for one, cells in rows():
        if one.recipe == SHIPPED and one.seed in SEEDS:
            paths, truth, places, _ = published(cells)
            total[places] += stats.zscore(one.scores("training_pairs", paths))
            accuracy[places] = [np.mean(path.accuracy) for path in truth.sampled()]
    quiet(left).scatter(stats.rankdata(total), stats.rankdata(accuracy), s=2, color=MARK, alpha=0.2, linewidths=0)
    left.set_xlabel("rank by the mean score of the seeds", fontsize=8.5, color=MUTED)
    left.set_ylabel("rank by published accuracy", fontsize=8.5, color=MUTED)
    left.set_title("all 6,561 networks", fontsize=9.5, color=INK, loc="left")
    shown: list[tuple[str, list[float], str]] = [
        (name, [one.rho for one in scored(SHIPPED, name, SEEDS)], MARK if name == "training_pairs" else ACCENT)
        for name in READOUTS
    ]
    _, truth, _, counts = published(rows()[0][1])
    shown += [
        (f"number of {name}", [Scored(counts[name], truth.mean()).rho], MUTED) for name in ("blocks", "parameters")
    ]
    quiet(right).axvline(1, color=FAINT, linewidth=0.8)
    for n, (_, values, colour) in enumerate(shown):
        right.scatter(values, np.full(len(values), n), s=22, color=colour, alpha=0.6, linewidths=0)
    right.set_yticks(range(len(shown)), [name for name, *_ in shown])
    for tick, (*_, colour) in zip(right.get_yticklabels(), shown, strict=True):
        tick.set(color=colour, fontsize=8.5)
    right.set(ylim=(len(shown) - 0.5, -0.6), xlim=(0.25, 1.02))
    right.set_xlabel("Spearman's ρ, a dot a seed", fontsize=8.5, color=MUTED)
    picture.tight_layout(w_pad=2)
    return picture


def claims() -> list[Claim]:
    """Rows of the table of all studies."""
    shipped = scored(SHIPPED, "training_pairs", SEEDS)
    effects = scored(SHIPPED, "training_effects", SEEDS)
    tau = mean_text([one.tau for one in shipped])
    _, truth, _, counts = published(rows()[0][1])
    blocks = Scored(counts["blocks"], truth.mean()).rho
    return [
        Claim(
            "One training of the region ranks 3,969 distinct published networks.",
            "NAS-Bench-Macro, images of 16 pixels; recipe fixed before these seeds, its idea found on this table",
            f"{len(shipped)} seeds × 3,969 networks",
            f"{mean_text([one.rho for one in shipped])} (τ {tau})",
            f"main effects alone {np.mean([one.rho for one in effects]):.3f}; number of blocks {blocks:.2f}",
            share(cost(), 3),
            "`python -m experiments.analyse nas_bench_macro`",
        )
    ]
