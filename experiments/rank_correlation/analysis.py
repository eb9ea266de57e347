"""Tables and figures of a study of ranks, from its raw results (truth.jsonl and trainings.jsonl), into its folder.

python -m experiments.rank_correlation.analysis experiments/rank_correlation/NAME [--default 'RECIPE / READ-OUT']

Every number is a mean over regions (over the runs of a recipe first; "mean of n" reads the trainings of n runs as those
of one, for n times the price). Intervals are 95 % percentile bootstraps
that draw regions, and within each its paths, the same ones for all that is compared. The sign of a baseline is that of
its mean correlation in the other regions.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.linear_model import Ridge

from experiments.collect import TRAINING
from experiments.readings import flops_of_all, header, named, network_epochs, readings, with_bounds
from fade.ranking import correlation, noise_ceiling, partial_spearman, precision_at, regret
from fade.ranking.bootstrap import resample
from fade.ranking.correlations import resampled_spearman
from fade.report.canvas import ACCENT, FAINT, INK, MARK, MUTED, drawn, panels
from fade.space import Region
from fade.training.config import READOUTS
from fade.training.pairs import fit_effects
from fade.training.train import mean_of_trainings
from fade.truth.baselines import free_counts, proxy_ranks
from fade.truth.known import TruePath
from fade.truth.known import Truth as KnownTruth

Floats = NDArray[np.float64]
RESAMPLES = 2000
GIVEN = ("sinks", "depth")
DEFAULT = "joint, 3 × 1 epochs, batches of 25, constant / consensus"
"""`trainer=consensus`, its batches half of the networks' as its default has them."""
FEW, DRAWS = (5, 10, 15, 20, 30, 40), 100


@dataclass(frozen=True)
class Truth:
    """A region and its trained paths: ``paths [N, D]``, ``accuracy [N, S]``."""

    name: str
    region: Region
    paths: NDArray[np.int64]
    accuracy: Floats
    known: KnownTruth

    @cached_property
    def mean(self) -> Floats:
        return self.accuracy.mean(1)

    @cached_property
    def baselines(self) -> dict[str, Floats]:
        """Free counts, and proxies where they were measured."""
        proxies = {name: ranks for name, (ranks, _) in proxy_ranks(self.known).items()}
        return free_counts(self.region, self.known) | proxies


def read_truth(row: Mapping[str, Any]) -> Truth:
    rows = [path for path in row["paths"] if path["sampled"]]
    known = [TruePath(**{**path, "path": tuple(path["path"]), "proxies": path.get("proxies") or {}}) for path in rows]
    accuracy, paths = (np.array([path[key] for path in rows]) for key in ("accuracy", "path"))
    return Truth(row["region"], Region.parse(row["cells"]), paths, accuracy, KnownTruth(known, 0.0, 0.0))


def mean_reading(trainings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What several trainings of a region have all stored, as one training of repeats has it.

    Its repeats read the same paths; runs have a design each, and all of them are kept.
    """
    shared = [key for key in TRAINING if all(key in training for training in trainings)]
    tables = [training["path_losses"] for training in trainings if "path_losses" in shared]
    joined = {}
    if any(table["paths"] != tables[0]["paths"] for table in tables):
        shared.remove("path_losses")
        joined["path_losses"] = {key: [v for table in tables for v in table[key]] for key in tables[0]}
    read = set.intersection(*(set(training["readouts"]) for training in trainings))
    records = [
        {key: training[key] for key in shared} | {"readouts": {name: training["readouts"][name] for name in read}}
        for training in trainings
    ]
    return {**trainings[0], **mean_of_trainings(records), **joined}


def defined(scores: Floats, truth: Floats, counts: Any) -> Floats:
    """Spearman's of each resample; 0 where a side is constant in it."""
    return np.nan_to_num(resampled_spearman(scores, truth, counts))


class Study:
    """Regions, what ranks them, and how well."""

    def __init__(self, folder: Path, others: Path | None = None) -> None:
        self.truths = [read_truth(json.loads(line)) for line in (folder / "truth.jsonl").open()]
        self.scores: dict[str, dict[str, list[Floats]]] = defaultdict(lambda: defaultdict(list))
        self.cost: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
        by_name = {truth.name: truth for truth in self.truths}
        own = self._trainings(folder)
        trainings = self._trainings(others) if others else own
        for row in trainings:
            assert row["cells"] == by_name[row["region"]].region.texts, f"{others} has another region {row['region']}"
        # Those of the truth; a run without one may have had fewer.
        epochs = max(max(network_epochs(training), training["trainer"]["epochs"]) for training in own)
        alike: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
        for training in trainings:
            truth, label = by_name[training["region"]], named(training["trainer"])
            flops, every = training["train_flops"], flops_of_all(training, epochs)
            alike[label][truth.name].append(training)
            self.cost[label].append((flops, flops / every, training["seconds"]))
            for name, score in readings(training, truth.region.candidates).items():
                self.scores[f"{label} / {name}"][truth.name].append(score(truth.paths))
        for label, found in alike.items():
            if (most := min(map(len, found.values()))) < 2:
                continue
            for region, rows in found.items():
                truth = by_name[region]
                for name, score in readings(mean_reading(rows[:most]), truth.region.candidates).items():
                    self.scores[f"{label} / {name}, mean of {most}"][region].append(score(truth.paths))
        names = [truth.name for truth in self.truths]
        self.scores = {k: v for k, v in self.scores.items() if set(v) == set(names)}  # whole ones can be compared
        self.counts = [resample(len(truth.mean), RESAMPLES, n) for n, truth in enumerate(self.truths)]
        self.regions = np.random.default_rng(0).integers(len(names), size=(RESAMPLES, len(names)))

    def _trainings(self, folder: Path) -> list[dict[str, Any]]:
        names = {truth.name for truth in self.truths}
        return [row for row in map(json.loads, (folder / "trainings.jsonl").open()) if row["region"] in names]

    def estimator(self, name: str) -> tuple[Floats, Floats]:
        """Spearman's of each region ``[R]``, and of each resample of its paths ``[R, B]``: means over trainings."""
        return self._agreement([self.scores[name][truth.name] for truth in self.truths])

    def ordered(self) -> list[str]:
        """The estimators that a configuration can name, best first."""
        plain = [name for name in self.scores if name.split(" / ")[1].split(", mean of")[0] in READOUTS]
        return sorted(plain, key=lambda name: -self.estimator(name)[0].mean())

    def baseline(self, name: str) -> tuple[Floats, Floats]:
        """The same of a baseline, its sign from the other regions."""
        value, drawn_ = self._agreement([[truth.baselines[name]] for truth in self.truths])
        others = (value.sum() - value) if len(value) > 1 else value
        sign = np.where(others < 0, -1.0, 1.0)
        return value * sign, drawn_ * sign[:, None]

    def ceiling(self) -> Floats:
        found = [noise_ceiling(truth.accuracy, seed=0, resamples=10).spearman for truth in self.truths]
        return np.array([np.nan if value is None else value for value in found])  # one seed tells none

    def _agreement(self, scores: Sequence[Sequence[Floats]]) -> tuple[Floats, Floats]:
        values, resampled = [], []
        for truth, counts, some in zip(self.truths, self.counts, scores, strict=True):
            ones = np.ones((1, len(truth.mean)), dtype=np.float32)
            values.append(np.mean([defined(s, truth.mean, ones)[0] for s in some]))
            resampled.append(np.mean([defined(s, truth.mean, counts) for s in some], axis=0))
        return np.array(values), np.array(resampled)

    def interval(self, resampled: Floats) -> tuple[float, float]:
        """Of the mean over regions, regions and paths drawn anew."""
        means = resampled[self.regions, np.arange(RESAMPLES)[:, None]].mean(1)
        low, high = np.quantile(means, (0.025, 0.975))
        return float(low), float(high)

    def mean_of(self, name: str, measure: Any) -> float:
        """Mean over regions of the mean over trainings of measure(scores, truth)."""
        per_region = [np.mean([measure(s, t) for s in self.scores[name][t.name]]) for t in self.truths]
        return float(np.mean(per_region))


def partial(scores: Floats, truth: Truth) -> float:
    counts = [truth.baselines[name] for name in GIVEN if np.ptp(truth.baselines[name]) > 0]
    value = partial_spearman(scores, truth.mean, np.column_stack([np.zeros(len(scores)), *counts]))
    return 0.0 if value is None else value


def shown(value: float, form: str = ".2f") -> str:
    """A number, or a dash where there is none."""
    return format(value, form) if np.isfinite(value) else "–"


def recipe_table(study: Study) -> str:
    """Spearman's of every recipe by every plain read-out, one training each: how much hangs on the reading."""
    names = [tuple(name.split(" / ")) for name in study.scores]
    read = [readout for readout in READOUTS if any(name[1] == readout for name in names)]
    lines = header("recipe", *read)
    for label in study.cost:
        value = {
            readout: study.estimator(f"{label} / {readout}")[0].mean() for readout in read if (label, readout) in names
        }
        cells = [f"{value[r]:+.2f}" if r in value else "" for r in read]
        best = max(value, key=lambda r: value[r], default="")
        lines.append(
            f"| {label} | "
            + " | ".join(f"**{c}**" if r == best else c for r, c in zip(read, cells, strict=True))
            + " |"
        )
    return "\n".join(lines)


def estimator_table(study: Study, rows: int) -> str:
    """The best estimators, best first."""
    ceiling = study.ceiling().mean()
    columns = ("recipe / read-out", "Spearman", "of the ceiling", "Kendall", "worst region", "given sinks, depth")
    lines = header(*columns, "top tenth", "regret")
    for name in study.ordered()[:rows]:
        value, drawn_ = study.estimator(name)
        tau = study.mean_of(name, lambda s, t: correlation(s, t.mean, seed=0, resamples=0).kendall.value or 0.0)
        top = study.mean_of(name, lambda s, t: precision_at(s, t.mean, 0.1))
        lost = 100 * study.mean_of(name, lambda s, t: regret(s, t.mean))
        lines.append(
            f"| {name} | {with_bounds(value.mean(), study.interval(drawn_))} | {shown(value.mean() / ceiling)} "
            f"| {tau:+.2f} | {value.min():+.2f} | {study.mean_of(name, partial):+.2f} | {top:.2f} | {lost:.1f} |"
        )
    return "\n".join(lines)


def comparison_table(study: Study, default: str) -> str:
    """One estimator against every baseline, paired."""
    value, drawn_ = study.estimator(default)
    lines = [
        f"| against *{default}* | Spearman, sign from other regions | by region | difference |",
        "|---|---|---|---|",
    ]
    for name in study.truths[0].baselines:
        other, other_drawn = study.baseline(name)
        gap = with_bounds((value - other).mean(), study.interval(drawn_ - other_drawn))
        each = " ".join(f"{v:+.2f}" for v in other)
        lines.append(f"| {name} | {with_bounds(other.mean(), study.interval(other_drawn))} | {each} | {gap} |")
    return "\n".join(lines)


def leaves_enough(study: Study, few: int) -> bool:
    """Whether every region has ten networks or more beside so few."""
    return few <= min(len(truth.mean) for truth in study.truths) - 10


def told_alone(study: Study, few: int) -> Floats:
    """Spearman's ``[R]`` of an additive model of so few networks, trained alone with one seed, on the others.

    Ridge regression (penalty 1) of accuracies on (stage, candidate); the mean over random draws of networks and seed.
    """
    found = []
    for truth in study.truths:
        rng, rhos = np.random.default_rng(0), []
        columns = np.eye(truth.region.candidates)[truth.paths].reshape(len(truth.mean), -1)
        for _ in range(DRAWS):
            seed = rng.integers(truth.accuracy.shape[1])
            known, others = np.split(rng.permutation(len(columns)), [few])
            model = Ridge(alpha=1.0).fit(columns[known], truth.accuracy[known, seed])
            rhos.append(stats.spearmanr(model.predict(columns[others]), truth.mean[others]).statistic)
        found.append(np.mean(rhos))
    return np.array(found)


def alone_table(study: Study) -> str:
    """How well networks that are trained alone tell of the others."""
    lines = header("networks trained alone", "of training all its paths", "Spearman on the others", "by region")
    for few in FEW:
        if not leaves_enough(study, few):
            break
        found = told_alone(study, few)
        share = np.mean([few / truth.region.size for truth in study.truths])
        each = " ".join(f"{v:+.2f}" for v in found)
        lines.append(f"| {few} | {100 * share:.1f} % | {np.mean(found):+.2f} | {each} |")
    return "\n".join(lines)


def cost_table(study: Study) -> str:
    """What a region costs, every read-out of the recipe included."""
    lines = header("recipe", "runs", "FLOPs a region", "of training all its paths", "seconds")
    for label, costs in study.cost.items():
        flops, share, seconds = np.mean(costs, axis=0)
        lines.append(f"| {label} | {len(costs)} | {flops:.3g} | {100 * share:.1f} % | {seconds:.0f} |")
    return "\n".join(lines)


def region_table(study: Study, default: str) -> str:
    """What each region is like."""
    columns = ("region", "paths × seeds", "accuracies", "spread of paths / of seeds", "ceiling")
    lines = header(*columns, "additive model of the truth", "estimator", "of the ceiling")
    value, _ = study.estimator(default)
    for truth, ceiling, rho in zip(study.truths, study.ceiling(), value, strict=True):
        seeds = truth.accuracy.shape[1]
        noise = np.sqrt(truth.accuracy.var(1, ddof=1).mean()) if seeds > 1 else np.nan
        fit = fit_effects(truth.paths, truth.mean, truth.region.candidates, pairs="none")
        told = ~np.isnan(fit.left_out)
        additive = stats.spearmanr(fit.left_out[told], truth.mean[told]).statistic
        lines.append(
            f"| {truth.name} | {len(truth.mean)} × {seeds} "
            f"| {truth.mean.min():.3f}–{truth.mean.max():.3f} "
            f"| {100 * truth.mean.std(ddof=1):.2f} / {shown(100 * noise)} "
            f"| {shown(ceiling)} | {additive:.2f} | {rho:+.2f} | {shown(rho / ceiling)} |"
        )
    return "\n".join(lines)


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--default", default=DEFAULT, help="the estimator to compare with the baselines")
    parser.add_argument("--trainings", type=Path, help="another folder, whose trainings of these regions are read")
    parser.add_argument("--rows", type=int, default=30, help="of the table of estimators")
    args = parser.parse_args()
    study, default = Study(args.folder, args.trainings), args.default
    if default not in study.scores:
        parser.error(f"--default={default} has not been run in every region; choose from\n" + "\n".join(study.scores))
    tables = {
        f"Regions, and `{default}`": region_table(study, default),
        "Estimators, best first": estimator_table(study, args.rows),
        "By recipe and read-out, one run each": recipe_table(study),
        "Against what is free": comparison_table(study, default),
        "What networks trained alone tell": alone_table(study),
        "Cost": cost_table(study),
    }
    text = "\n\n".join(f"## {title}\n{table}" for title, table in tables.items())
    (args.folder / "tables.md").write_text(f"# {args.folder.name}: tables\n{__doc__}\n{text}\n")
    for name, figure in (("scores", scatter(study, default)), ("estimators", overview(study, default))):
        figure.savefig(args.folder / f"{name}.png", dpi=160)


if __name__ == "__main__":
    main()
