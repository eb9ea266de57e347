"""Tables and the figure of the study of NAS-Bench-Macro, from trainings.jsonl.

python -m experiments.nas_bench_macro.analysis experiments/nas_bench_macro
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from experiments.collect import trainings_folder
from experiments.readings import flops_of_all, header, named, readings, with_ranks
from fade.nets.vocabulary import BLOCKS
from fade.ranking import PathRanks, precision_at, tied
from fade.report.canvas import ACCENT, FAINT, INK, MUTED, drawn, panels
from fade.space import Region
from fade.training.effects import main_effects
from fade.truth.baselines import free_counts
from fade.truth.config import TruthConfig
from fade.truth.known import Truth
from fade.truth.table import digits_of, look_up, table_rows

Floats = NDArray[np.float64]


class Table:
    """All published networks, as paths of a region: a path each, and the distinct networks that they are."""

    def __init__(self, cells: list[list[str]]) -> None:
        self.region = Region.parse(cells)
        config = TruthConfig(name="table", paths="all")
        self.truth: Truth = look_up(self.region, [0] * self.region.depth, config, seed=0)
        self.paths = np.array([path.path for path in self.truth.sampled()])
        self.every = tied([np.mean(path.accuracy) for path in self.truth.sampled()])
        self.parameters = np.array([path.parameters for path in self.truth.sampled()])
        self.distinct = self.truth.mean()
        self.string = table_rows(digits_of(self.region, self.paths))  # whatever order a region has its blocks in


Run = tuple[Table, Floats]
"""Scores ``[6561]`` of one training, in the order of its own region's paths."""


def row(name: str, runs: list[Run]) -> str:
    """Means over the runs, with Student's 95 % interval over these; Spearman's of each run too."""
    merged = [(table.truth.merge(scores), table.distinct) for table, scores in runs]
    rho = [stats.spearmanr(*pair).statistic for pair in merged]
    tau = np.mean([stats.kendalltau(*pair).statistic for pair in merged])
    whole = np.mean([stats.spearmanr(scores, table.every).statistic for table, scores in runs])
    top = np.mean([precision_at(scores, truth, 0.1) for scores, truth in merged])
    lost = 100 * np.mean([truth.max() - truth[np.argmax(scores)] for scores, truth in merged])
    bounds = f" ± {stats.t.ppf(0.975, len(rho) - 1) * stats.sem(rho):.3f}" if len(rho) > 1 else ""
    each = " ".join(f"{value:.3f}" for value in rho) if len(rho) > 1 else ""
    return f"| {name} | {np.mean(rho):.3f}{bounds} | {each} | {tau:.3f} | {whole:.3f} | {top:.2f} | {lost:.2f} |"


def averaged(runs: list[Run]) -> Run:
    """The mean of the standardised scores of several trainings, as one."""
    total = np.zeros(len(runs[0][1]))
    for table, scores in runs:
        total[table.string] += stats.zscore(scores)
    return runs[0][0], total[runs[0][0].string]


def epochs_table(runs: list[tuple[Table, dict[str, Any]]]) -> str:
    """Spearman's of the effects on the training losses of one epoch alone, and of the mean of all up to it."""
    effects = [-np.array(training["training_effects_epochs"]) for _, training in runs]
    lines = header("epoch", *map(str, range(1, len(effects[0]) + 1)))
    ways = {"alone": lambda each, n: each[n], "all so far": lambda each, n: each[: n + 1].mean(0)}
    for name, way in ways.items():
        rho = [
            np.mean([rank(table, way(each, n)) for (table, _), each in zip(runs, effects, strict=True)])
            for n in range(len(effects[0]))
        ]
        lines.append(f"| {name} | " + " | ".join(f"{value:.3f}" for value in rho) + " |")
    return "\n".join(lines)


def worth(table: Table, training: dict[str, Any]) -> tuple[Floats, Floats]:
    """What each block is worth in each stage ``[D, K]``, by the ranks of published accuracies and by late training."""
    effects = -np.array(training["training_effects_epochs"])
    published = main_effects(table.paths, stats.rankdata(table.every), table.region.candidates)
    return published, effects[len(effects) // 2 :].mean(0)


def exchanged_table(runs: list[tuple[Table, dict[str, Any]]]) -> str:
    """What is lost where: Spearman's of the effects on the training losses, some stages exchanged for the table's own.

    Effects of the last half of training; the table's are main effects on the ranks of its accuracies, scaled as those.
    """
    depth = len(runs[0][1]["cells"])
    ways = {"none": [], "the last two": range(depth - 2, depth), "the first six": range(depth - 2), "all": range(depth)}
    worths = [worth(*run) for run in runs]
    lines = header("stages taken from the table", "Spearman, distinct")
    for name, stages in ways.items():
        found, chosen = [], list(stages)
        for (table, _), (published, told) in zip(runs, worths, strict=True):
            scores = told.copy()
            scores[chosen] = published[chosen] * scores.std() / published.std()
            found.append(rank(table, scores))
        lines.append(f"| {name} | {np.mean(found):.3f} |")
    return "\n".join(lines)


def stages_table(runs: list[tuple[Table, dict[str, Any]]]) -> str:
    """What each block is worth in each stage: by the ranks of published accuracies, and by the last half of training.

    Main effects, standardised over all blocks, means over the trainings.
    """
    found: dict[str, list[Floats]] = {"table": [], "training": []}
    for table, training in runs:
        stages, places = np.arange(table.region.depth)[:, None], places_of(table.region)
        for name, each in zip(found, worth(table, training), strict=True):
            found[name].append((each / each.std())[stages, places])
    return "\n".join(worth_table({name: np.mean(each, axis=0) for name, each in found.items()}))


def places_of(region: Region) -> NDArray[np.int64]:
    """Which candidate of a stage each published block is ``[D, K]``."""
    every = np.repeat(np.arange(region.candidates)[:, None], region.depth, axis=1)
    return np.argsort(digits_of(region, every), axis=0).T


def worth_table(worths: Mapping[str, Floats]) -> list[str]:
    """A line a stage: what each published block is worth there ``[D, K]``, by one source and the other."""
    lines = header("stage", *(f"{block}, {name}" for block in BLOCKS for name in worths))
    for stage, values in enumerate(np.stack(list(worths.values()), axis=-1)):  # [K, sources]
        lines.append(f"| {stage} | " + " | ".join(f"{value:+.2f}" for value in values.flat) + " |")
    return lines


def rank(table: Table, stage_scores: Floats) -> float:
    """Spearman's of stage scores ``[D, K]`` on the distinct networks."""
    scores = PathRanks(stage_scores.tolist(), "mean").scores(table.paths)
    return float(stats.spearmanr(table.truth.merge(scores), table.distinct).statistic)


@drawn
def scatter(runs: list[Run], seeds: list[int]) -> Any:
    """Scores against published accuracies, a panel a seed."""
    figure, axes = panels(2.2 * len(runs) + 0.5, 2.7, 1, len(runs), left=0.55)
    for axis, (table, scores), seed in zip(axes, runs, seeds, strict=True):
        merged = table.truth.merge(scores)
        axis.scatter(stats.rankdata(merged), 100 * table.distinct, s=1.5, color=ACCENT, alpha=0.35, linewidths=0)
        axis.set_title(
            f"seed {seed}   ρ {stats.spearmanr(merged, table.distinct).statistic:.3f}", color=INK, loc="left"
        )
        axis.axhline(100 * table.distinct.max(), color=FAINT, linewidth=0.8)
    figure.supxlabel("rank by score, of 3,969 networks", fontsize=9, color=MUTED)
    figure.supylabel("published accuracy, %", fontsize=9, color=MUTED, x=0.005)
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=trainings_folder)
    parser.add_argument("--default", default="pairs", help="the read-out of the figure")
    args = parser.parse_args()
    rows = [json.loads(line) for line in (args.folder / "trainings.jsonl").open()]
    rows.sort(key=lambda training: training["seed"])
    tables = [Table(row["cells"]) for row in rows]  # a region has the blocks in an order of its own
    groups: dict[str, list[tuple[Table, dict[str, Any]]]] = defaultdict(list)
    for table, training in zip(tables, rows, strict=True):
        groups[named(training["trainer"])].append((table, training))
    columns = ("what ranks", "Spearman, distinct", "by seed", "Kendall", "Spearman, all strings", "top tenth", "regret")
    print("\n".join(header(*columns)))
    for label, trainings in groups.items():
        read = [(table, readings(training, table.region.candidates)) for table, training in trainings]
        for name in read[0][1]:
            print(row(f"{label} / {name}", [(table, each[name](table.paths)) for table, each in read]))
        if args.default in read[0][1] and label.startswith("fair"):
            scored = [(table, each[args.default](table.paths)) for table, each in read]
            larger = [(table, with_ranks(scores, table.parameters, 0.5)) for table, scores in scored]
            print(row(f"{label} / {args.default}, + 0.5 parameters", larger))
            if len(scored) > 1:
                print(row(f"{label} / {args.default}, scores averaged over the {len(scored)}", [averaged(scored)]))
            scatter(scored, [training["seed"] for _, training in trainings]).savefig(
                args.folder / "scores.png", dpi=160
            )
    for name, values in free_counts(tables[0].region, tables[0].truth).items():
        rho, tau = (f(values, tables[0].distinct).statistic for f in (stats.spearmanr, stats.kendalltau))
        print(f"| *{name}* | {rho:.3f} |  | {tau:.3f} |  |  |  |")
    for label, pairs in groups.items():
        if all("training_effects_epochs" in training for _, training in pairs):
            print(f"\n{label}: Spearman of the effects on the training losses, by epoch\n\n{epochs_table(pairs)}")
            print(f"\n{label}: what a block is worth, by the table and by the training\n\n{stages_table(pairs)}")
            print(f"\n{label}: what is lost where\n\n{exchanged_table(pairs)}")
    print("\n" + "\n".join(header("recipe", "trainings", "threads", "FLOPs", "of training all paths", "seconds each")))
    for label, pairs in groups.items():
        trainings = [training for _, training in pairs]
        seconds = " ".join(f"{training['seconds']:.0f}" for training in trainings)
        flops = np.mean([training["train_flops"] for training in trainings])
        share = np.mean(
            [training["train_flops"] / flops_of_all(training, training["trainer"]["epochs"]) for training in trainings]
        )
        threads = " ".join(str(training["threads"]) for training in trainings)
        print(f"| {label} | {len(trainings)} | {threads} | {flops:.3g} | {100 * share:.3f} % | {seconds} |")


if __name__ == "__main__":
    main()
