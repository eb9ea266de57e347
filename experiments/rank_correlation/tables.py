"""The tables of a study of ranks, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats
from sklearn.linear_model import Ridge

from experiments.rank_correlation.study import Floats, Study, Truth
from experiments.readings import header, with_bounds
from fade.ranking import PathRanks, correlation, partial_spearman, precision_at, regret
from fade.report.estimates import mean_interval
from fade.report.quantity import interval
from fade.training.config import READOUTS
from fade.training.effects import main_effects
from fade.training.pairs import fit_effects

GIVEN = ("sinks", "depth")
FEW, DRAWS = (5, 10, 15, 20, 30, 40), 100


def partial(scores: Floats, truth: Truth) -> float:
    counts = [truth.baselines[name] for name in GIVEN if np.ptp(truth.baselines[name]) > 0]
    value = partial_spearman(scores, truth.mean, np.column_stack([np.zeros(len(scores)), *counts]))
    return 0.0 if value is None else value


def additive(scores: Floats, truth: Truth) -> float:
    """Spearman's with the additive part of the truth."""
    return float(stats.spearmanr(scores, truth.additive.mean(1)).statistic)


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
        if not value:
            continue
        cells = [f"{value[r]:+.2f}" if r in value else "" for r in read]
        best = max(value, key=lambda r: value[r])
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
    lines = header(*columns, "with the additive part", "top tenth", "regret")
    for name in study.ordered()[:rows]:
        value, drawn_ = study.estimator(name)
        tau = study.mean_of(name, lambda s, t: correlation(s, t.mean, seed=0, resamples=0).kendall.value or 0.0)
        top = study.mean_of(name, lambda s, t: precision_at(s, t.mean, 0.1))
        lost = 100 * study.mean_of(name, lambda s, t: regret(s, t.mean))
        lines.append(
            f"| {name} | {with_bounds(value.mean(), study.interval(drawn_))} | {shown(value.mean() / ceiling)} "
            f"| {tau:+.2f} | {value.min():+.2f} | {study.mean_of(name, partial):+.2f} "
            f"| {study.mean_of(name, additive):+.2f} | {top:.2f} | {lost:.1f} |"
        )
    return "\n".join(lines)


def comparison_table(study: Study, default: str) -> str:
    """One estimator against every baseline, paired."""
    value, drawn_ = study.estimator(default)
    columns = (f"against *{default}*", "Spearman, sign from other regions", "by region", "difference", "Student's")
    lines = header(*columns)
    for name in study.truths[0].baselines:
        other, other_drawn = study.baseline(name)
        gap = with_bounds((value - other).mean(), study.interval(drawn_ - other_drawn))
        each = " ".join(f"{v:+.2f}" for v in other)
        lines.append(
            f"| {name} | {with_bounds(other.mean(), study.interval(other_drawn))} | {each} | {gap} "
            f"| {interval(mean_interval(value - other))} |"
        )
    return "\n".join(lines)


def leaves_enough(study: Study, few: int) -> bool:
    """Whether every region has ten networks or more beside so few."""
    return few <= min(len(truth.mean) for truth in study.truths) - 10


def told_alone(study: Study, few: int, seeds: int = 1) -> Floats:
    """What so few paths, each trained alone with so many seeds, say of the others of each region ``[R]``."""
    return np.array([told_together(truth, few, [], seeds) for truth in study.truths])


def told_together(truth: Truth, few: int, runs: Sequence[Floats], seeds: int = 1) -> float:
    """Spearman's of an additive model of so few paths, each trained alone with so many seeds, on the others.

    Ridge regression (penalty 1) of accuracies on (stage, candidate); the mean over random draws of paths and seeds.
    Runs are scores of the paths over their spread, each added to what the model says of them, over its spread, in turn.
    """
    rng, rhos = np.random.default_rng(0), []
    columns = np.eye(truth.region.candidates)[truth.paths].reshape(len(truth.mean), -1)
    for draw in range(DRAWS):
        drawn = (rng.integers(truth.accuracy.shape[1]) + np.arange(seeds)) % truth.accuracy.shape[1]
        known, others = np.split(rng.permutation(len(columns)), [few])
        accuracies = truth.accuracy[known][:, drawn].ravel()
        scores = Ridge(alpha=1.0).fit(columns[known].repeat(seeds, 0), accuracies).predict(columns)
        if runs:
            scores = stats.zscore(scores) + runs[draw % len(runs)]
        rhos.append(stats.spearmanr(scores[others], truth.mean[others]).statistic)
    return float(np.mean(rhos))


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
    lines = header(*columns, "estimator", "of the ceiling", "additive model of the truth", "its ceiling")
    value, _ = study.estimator(default)
    ceilings = study.ceiling(), study.ceiling(additive=True)
    for truth, ceiling, additive_ceiling, rho in zip(study.truths, *ceilings, value, strict=True):
        seeds = truth.accuracy.shape[1]
        noise = np.sqrt(truth.accuracy.var(1, ddof=1).mean()) if seeds > 1 else np.nan
        fit = fit_effects(truth.paths, truth.mean, truth.region.candidates, pairs="none")
        told = ~np.isnan(fit.left_out)
        left_out = stats.spearmanr(fit.left_out[told], truth.mean[told]).statistic
        lines.append(
            f"| {truth.name} | {len(truth.mean)} × {seeds} "
            f"| {truth.mean.min():.3f}–{truth.mean.max():.3f} "
            f"| {100 * truth.mean.std(ddof=1):.2f} / {shown(100 * noise)} "
            f"| {shown(ceiling)} | {rho:+.2f} | {shown(rho / ceiling)} | {left_out:.2f} | {shown(additive_ceiling)} |"
        )
    return "\n".join(lines)


def stages_table(study: Study, estimators: list[str]) -> str:
    """What each stage is worth, by the truth and by an estimator, and how they agree on its candidates.

    Main effects on accuracies and on scores; spreads over their geometric mean. The slope is that of the regression of
    the logarithms of the truth's spreads on the estimator's, each region's centred: 1 where the estimator weighs the
    stages as the truth does, 0 where it does not know which of them matters. "Reweighed" is Spearman's of the effects
    on the scores, each stage's scaled to the truth's spread: what weighing the stages better could gain at most.
    """
    columns = ("estimator", "region", "spreads, truth", "spreads, scores", "correlation by stage", "slope")
    lines = header(*columns, "Spearman", "reweighed")
    for name in estimators:
        points, reweighed = [], []
        for truth, rho in zip(study.truths, study.estimator(name)[0], strict=True):
            k = truth.region.candidates
            true = main_effects(truth.paths, truth.mean, k)
            told = np.mean([main_effects(truth.paths, each, k) for each in study.scores[name][truth.name]], axis=0)
            logs = np.log([effects.std(1) for effects in (told, true)])
            points.append(logs - logs.mean(1, keepdims=True))
            scored, known = (" ".join(f"{v:.2f}" for v in np.exp(each)) for each in points[-1])
            each = " ".join(f"{np.corrcoef(a, b)[0, 1]:+.2f}" for a, b in zip(told, true, strict=True))
            scaled = told * (true.std(1) / told.std(1))[:, None]
            reweighed.append(stats.spearmanr(PathRanks(scaled).scores(truth.paths), truth.mean).statistic)
            lines.append(
                f"| {name} | {truth.name} | {known} | {scored} | {each} | | {rho:+.2f} | {reweighed[-1]:+.2f} |"
            )
        x, y = np.concatenate(points, axis=1)
        means = f"{study.estimator(name)[0].mean():+.2f} | {np.mean(reweighed):+.2f}"
        lines.append(f"| {name} | all | | | | {x @ y / (x @ x):+.2f} | {means} |")
    return "\n".join(lines)
