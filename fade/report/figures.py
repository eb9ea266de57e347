"""The figures of a run: pure functions from (parts of) its metrics to a Figure, or to None where the part is absent."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import isqrt
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from fade.report import drawing
from fade.report.canvas import ACCENT, FAINT, INK, MARK, MUTED, PercentLocator, drawn, grid, name_width, panels
from fade.report.estimates import Metrics, correlated, paths, top_path

Region = Mapping[str, Any]


def hyper_architecture(region: Region) -> Figure:
    """The cells of a region with their stage weights (and their scores where these are something else)."""
    if paths(region) == 1:
        return drawing.architecture([text for stage in region["cells"] for text in stage])
    weights, scores = region.get("stage_weights"), region["stage_scores"]
    differ = weights is None or not np.allclose(weights, scores, atol=1e-6)
    return drawing.hyper_architecture(
        region["cells"], weights=weights, scores=scores if differ else None, top=top_path(region)
    )


def best_architecture(metrics: Metrics) -> Figure | None:
    """The cells of the best network."""
    best = metrics.get("best")
    return drawing.architecture(best["architecture"]) if best else None


@drawn
def weight_curves(region: Region) -> Figure | None:
    """Stage weights before the training, where all are 1/K, and after each epoch `[E, D, K]`."""
    weights = region.get("stage_weights_epochs")
    if paths(region) == 1 or not weights:
        return None
    even = 1 / len(weights[0][0])
    history = np.concatenate([np.full_like(weights[:1], even), weights])
    return _curves(region, history, even, first=0, limits=(0.0, 1.08 * history.max()))


@drawn
def effect_curves(region: Region) -> Figure | None:
    """Minus the effects on the losses in fair training `[E, D, K]`, the mean of all epochs so far."""
    effects = region.get("training_effects_epochs")
    if paths(region) == 1 or not effects:
        return None
    history = -np.cumsum(effects, axis=0) / np.arange(1, len(effects) + 1)[:, None, None]
    high = 1.08 * np.abs(history).max() or 1.0  # no limits are singular
    return _curves(region, history, 0.0, first=1, limits=(-high, high))


def _curves(
    region: Region, history: NDArray[np.float64], even: float, *, first: int, limits: tuple[float, float]
) -> Figure:
    """The effects of candidates on training losses, by epoch `[E, D, K]`: a panel a stage, the top path marked."""
    when, top = np.arange(first, first + len(history)), top_path(region)
    figure, axes = grid(history.shape[1])
    for d, panel in enumerate(axes):
        curves = history[:, d]
        panel.axhline(even, color=MUTED, linewidth=0.8, linestyle=(0, (1, 2)))
        for k, curve in enumerate(curves.T):
            chosen = k == top[d]
            (line,) = panel.plot(when, curve, marker="o" if len(when) == 1 else None, markersize=3)
            line.set(color=MARK if chosen else to_rgba(ACCENT, 0.5), linewidth=1.9 if chosen else 1, zorder=3 + chosen)
        _end_labels(panel, curves[-1], when[-1], top[d], *limits)
        margin = 0.02 * len(when)
        panel.set(ylim=limits, xlim=(first - margin, when[-1] + margin))
        if len(when) == 1:  # whose surroundings a locator would divide
            panel.set_xticks(when)
    figure.supxlabel("epoch", fontsize=9, color=MUTED, y=0.06 / figure.get_figheight(), va="bottom")
    return figure


def _end_labels(panel: Axes, final: np.ndarray, end: float, top: int, low: float, high: float) -> None:
    """Name each curve at its end, pushed apart to stay legible."""
    order, share = np.argsort(final), min(0.075, 1 / max(len(final) - 1, 1))
    step = share * (high - low)
    heights = final[order].astype(float)
    for place in range(1, len(heights)):
        heights[place] = max(heights[place], heights[place - 1] + step)
    heights -= (heights - final[order]).mean()
    heights += max(0.0, low - heights[0])
    heights -= max(0.0, heights[-1] - high)
    for k, height in zip(order, heights, strict=True):
        panel.annotate(
            str(k), (end, height), (4, 0), textcoords="offset points", va="center", fontsize=100 * share,
            color=MARK if k == top else MUTED, annotation_clip=False,
        )  # fmt: skip


@drawn
def rank_scatter(region: Region) -> Figure | None:
    """Score of each path against its true accuracy: mean and standard deviation over seeds, the top path marked."""
    truth = region.get("truth")
    if not truth:
        return None
    figure, (panel,) = panels(6.2, 4.1)
    scores = np.array([path["score"] for path in truth])
    means = 100 * np.array([np.mean(path["accuracy"]) for path in truth])
    spread = 100 * np.array([np.std(path["accuracy"], ddof=1) if len(path["accuracy"]) > 1 else 0 for path in truth])
    top = np.array([path["path"] == top_path(region) for path in truth])
    sampled = np.array([path.get("sampled", True) for path in truth])
    if spread.any():
        panel.errorbar(scores, means, spread, fmt="none", ecolor=FAINT, elinewidth=1, zorder=1)
    crowd = 26 if len(truth) <= 200 else 9
    plain = sampled & ~top
    panel.scatter(scores[plain], means[plain], s=crowd, color=to_rgba(ACCENT, 0.75), linewidths=0, zorder=2)
    if top.any():
        face = MARK if sampled[top][0] else "none"
        panel.scatter(
            scores[top], means[top], s=62, marker="D", facecolors=face, edgecolors=MARK, linewidths=1.6, zorder=3
        )
        right = scores[top][0] > (scores.min() + scores.max()) / 2
        panel.annotate(
            "top path", (scores[top][0], means[top][0]), (-9 if right else 9, 0), textcoords="offset points",
            ha="right" if right else "left", va="center", color=MARK,
        )  # fmt: skip
    panel.set(xlabel="score of the path", ylabel="test accuracy when trained from scratch, %")
    panel.yaxis.set_major_locator(PercentLocator())
    return figure


@drawn
def region_correlations(metrics: Metrics) -> Figure | None:
    """Spearman's correlation of each region with its interval and ceiling; None for fewer than two regions."""
    regions = correlated(metrics)
    if len(regions) < 2:
        return None
    labels = [f"region {region['index']}" for region in regions]
    return forest(labels, [{**region["correlation"]["spearman"], **_ceiling(region)} for region in regions])


def _ceiling(region: Region) -> dict[str, float | None]:
    return {"ceiling": (region["correlation"].get("ceiling") or {}).get("spearman")}


@drawn
def forest(labels: Sequence[str], estimates: Sequence[Mapping[str, Any]], xlabel: str = "Spearman’s ρ") -> Figure:
    """A line an estimate: its value, its interval, and a tick where its noise ceiling stands.

    Args:
        labels: N names.
        estimates: N of {value, low, high, ceiling}, any of them None or absent; `value` None leaves the line empty.
        xlabel: What the values are.
    """
    figure, (panel,) = panels(4.6 + name_width(labels), 0.85 + 0.27 * len(labels), left=name_width(labels))
    panel.grid(visible=False)
    panel.axvline(0, color=FAINT, linewidth=1)
    for row, estimate in enumerate(estimates):
        value, low, high, ceiling = (estimate.get(key) for key in ("value", "low", "high", "ceiling"))
        if ceiling is not None:
            panel.plot([ceiling] * 2, [row - 0.3, row + 0.3], color=MARK, linewidth=1.6)
        if low is not None and high is not None:
            panel.plot([low, high], [row] * 2, color=ACCENT, alpha=0.5, linewidth=2.4)
        if value is None:
            panel.text(0, row, " undefined", va="center", color=MUTED, fontsize=8)
        else:
            panel.scatter([value], [row], s=30, color=ACCENT, linewidths=0, zorder=3)
    bounds = [estimate.get(key) for estimate in estimates for key in ("value", "low")]
    lowest = min((bound for bound in bounds if bound is not None), default=0)
    panel.set(xlim=(min(-0.05, lowest - 0.05), 1.02), ylim=(len(labels) - 0.5, -0.5), xlabel=xlabel)
    panel.set_yticks(range(len(labels)), labels, color=INK)
    panel.tick_params(axis="y", length=0, labelcolor=INK)
    panel.spines["left"].set_visible(False)
    return figure


def costs_so_far(metrics: Metrics) -> list[float] | None:
    """FLOPs of training after each region; None where one is not known, or nothing is trained (synthetic scores)."""
    costs = [point.get("train_flops") for point in metrics.get("trajectory") or ()]
    return costs if None not in costs and max(costs, default=0) > 0 else None


@drawn
def search_progress(metrics: Metrics) -> Figure | None:
    """Accuracy of θ's mode and of each region's top path, and θ's entropy, over the training cost so far."""
    trajectory = metrics.get("trajectory") or []
    accuracy = {
        label: points
        for key, label in (("best_accuracy", "top path"), ("mode_accuracy", "mode of θ"))
        if (points := [100 * p[key] if p.get(key) is not None else np.nan for p in trajectory])
        and not np.isnan(points).all()
    }
    entropy = [point["entropy"] if point.get("entropy") is not None else np.nan for point in trajectory]
    parts = (["accuracy"] if accuracy else []) + (["entropy"] if entropy and not np.isnan(entropy).all() else [])
    if not parts:
        return None
    costs = costs_so_far(metrics)
    unit, name = next((scale for scale in _FLOPS if costs and max(costs) >= scale[0]), (1, ""))
    where = np.array(costs or [point["region"] for point in trajectory], dtype=float) / unit
    figure, axes = panels(3.7 * len(parts), 2.7, 1, len(parts), gap=0.7)
    dots: dict[str, Any] = {"marker": "o", "markersize": 3.2 if len(where) <= 60 else 0}
    for part, panel in zip(parts, axes, strict=True):
        panel.set_xlabel(f"training cost so far, {name}FLOPs" if costs else "region")
        panel.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 2.5, 5, 10], integer=not costs))
        if part == "entropy":
            panel.plot(where, entropy, color=ACCENT, linewidth=1.6, **dots)
            panel.set_title("entropy of θ", fontsize=9, color=MUTED, loc="left")
            panel.set_ylim(0, 1.06 * np.nanmax([*entropy, 1e-9]))
            continue
        for (label, values), colour in zip(accuracy.items(), (MARK, ACCENT), strict=False):
            panel.plot(where, values, color=colour, linewidth=1.6, label=label, **dots)
        trained = metrics.get("dataset") != "synthetic"
        title = "test accuracy of one training, %" if trained else "accuracy, %"
        panel.set_title(title, fontsize=9, color=MUTED, loc="left")
        panel.yaxis.set_major_locator(PercentLocator())
        low, high = panel.get_ylim()
        panel.set_ylim(low, high + 0.2 * (high - low))  # a strip for the legend
        panel.legend(loc="upper left", ncols=2, columnspacing=1.2)
    return figure


ROW_NAMES = 12
"""How many rows of a heat map are named at most."""

_FLOPS = ((1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"))


@drawn
def theta_map(metrics: Metrics) -> Figure | None:
    """θ as a heat map: a panel a stage, a column a region, a row an edge or a listed cell; opacity the probability."""
    thetas = [point["theta"] for point in metrics.get("trajectory") or () if point.get("theta") is not None]
    history = [probabilities(theta) for theta in thetas]
    depth = min(map(len, history), default=0)
    if not depth or not all(map(len, history[0])):
        return None
    figure, axes = grid(depth)
    for d, panel in enumerate(axes):
        opacity = np.clip([stages[d] for stages in history], 0, 1).T
        _shade(panel, opacity, (0, opacity.shape[1], opacity.shape[0], 0))
        thin = -(-len(opacity) // ROW_NAMES)
        names = _row_names(thetas[0][d], len(opacity))[::thin]
        panel.set_yticks(np.arange(len(names)) * thin + 0.5, names, fontsize=7.5)
        panel.tick_params(axis="y", length=0)
    width, height = figure.get_size_inches()
    figure.supxlabel("regions so far", fontsize=9, color=MUTED, x=0.6 / width, y=0.06 / height, ha="left", va="bottom")
    key = figure.add_axes((1 - 1.25 / width, 0.09 / height, 0.8 / width, 0.1 / height), label="key")
    _shade(key, np.linspace(0, 1, 64)[None], (0, 1, 0, 1))
    key.set(xticks=[], yticks=[])
    for x, text, side in ((-0.08, "probability 0", "right"), (1.08, "1", "left")):
        key.text(x, 0.5, text, ha=side, va="center", fontsize=8.5, color=MUTED)
    return figure


def _shade(panel: Axes, opacity: NDArray[np.float64], extent: tuple[float, float, float, float]) -> None:
    colours = np.dstack([np.broadcast_to(to_rgba(ACCENT)[:3], (*opacity.shape, 3)), opacity])
    panel.imshow(colours, aspect="auto", interpolation="none", extent=extent)
    panel.grid(visible=False)


def _row_names(stage: Any, rows: int) -> list[str]:
    """Vertex pairs in the order of θ, or the numbers of listed cells."""
    if isinstance(stage, Mapping) and "edges" not in stage:
        return [str(row) for row in range(rows)]
    return [f"{i}–{j}" for i, j in combinations(range((1 + isqrt(1 + 8 * rows)) // 2), 2)]


def probabilities(theta: Sequence[Any]) -> list[list[float]]:
    """Probabilities of edges, or of cells where they are listed: a list a stage, from a mapping or these numbers."""
    return [list(stage.get("edges", stage.get("cells")) if isinstance(stage, Mapping) else stage) for stage in theta]
