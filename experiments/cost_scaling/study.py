"""How the cost of a region grows: the tables and the figure of the study's page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, LogLocator, NullLocator

from experiments.cost_scaling.points import READ_AXES
from experiments.cost_scaling.power_law import PowerLaw
from experiments.figures import ACCENT, INK, MARK, MUTED, quiet
from experiments.pages import Claim, table
from experiments.rows import Floats, load

TIMINGS = Path(__file__).parent / "results" / "timings.jsonl"
SECONDS = "seconds"
"""Of the clock; on a machine that does other work beside take ``processor_seconds``."""
AXES = {
    "depth": "D",
    "candidates": "K",
    "vertices": "vertices",
    "edges": "edges",
    "examples": "examples",
    "epochs": "epochs",
}
TRAININGS = {"joint": MARK, "fair": ACCENT}
READOUTS = {"sampled_paths": "sampled paths", "alone": "`alone`"}
NAMES = {"joint": "training, joint", "fair": "training, fair", "sampled_paths": "read-out, sampled paths"}
PANELS = {
    "depth": ("stages D, with K = 4", (2, 4, 8, 16, 32)),
    "candidates": ("candidates K, with D = 3", (2, 4, 8, 16)),
    "vertices": ("vertices V of a cell", (4, 6, 8, 10, 12)),
    "examples": ("training examples × epochs", (250, 500, 1000, 2000, 4000)),
}
"""Label and ticks."""
CEILING = 1e5
"""Seconds that the figure shows at most, or all else would be one line at its foot."""


def along(what: str, axis: str, cost: str = SECONDS) -> tuple[Floats, Floats]:
    """Sizes ``[n]`` along an axis, and their cost in each pass that all of them have ``[n, passes]``.

    Raises:
        ValueError: Where nothing was measured.
    """
    varied = "vertices" if axis == "edges" else axis  # which comes with them
    rows = [row for row in load(TIMINGS) if (row["what"], row["axis"]) == (what, varied)]
    if not rows:
        raise ValueError(f"{TIMINGS} has no {what} by {varied}; measure it with python -m experiments.cost_scaling")
    rows.sort(key=lambda row: float(row[axis]))
    costs = [row[cost] if isinstance(row[cost], list) else [row[cost]] for row in rows]
    passes = min(map(len, costs))
    return np.array([row[axis] for row in rows], dtype=np.float64), np.array([each[:passes] for each in costs], float)


def law(what: str, axis: str, cost: str = SECONDS) -> PowerLaw:
    """Of the least cost over passes, which other work on the machine disturbs least."""
    sizes, costs = along(what, axis, cost)
    return PowerLaw.fitted(sizes, costs.min(1))


def power(fit: PowerLaw) -> str:
    """The exponent and its interval."""
    return f"{fit.power:.2f}±{fit.halves[2]:.2f}"


def content() -> str:
    """What stands between the markers of the page."""
    rows = []
    for axis, label in AXES.items():
        fits = [law(what, axis) for what in TRAININGS]
        cells = [cell for fit in fits for cell in (power(fit), f"{fit.fixed:.2f}±{fit.halves[0]:.2f}")]
        rows.append([label, *cells, f"{law('joint', axis, 'flops').power:.2f}"])
    columns = [f"`{what}`: {figure}" for what in TRAININGS for figure in ("p", "a, s")]
    trainings = table(["Training, by", *columns, "FLOPs"], rows)
    rows = []
    for what, label in READOUTS.items():
        costs = [law(what, axis, cost) for cost in (SECONDS, "flops") for axis in READ_AXES]
        rows.append([label, *map(power, costs[:2]), *(f"{fit.power:.2f}" for fit in costs[2:])])
    readouts = table(["Read-out, by", "D: p", "K: p", "D, FLOPs", "K, FLOPs"], rows)
    return f"{trainings}\n\n{readouts}\n\nOne thread, {measured_on()}."


def constants() -> str:
    """Every fitted law with its intervals, for a terminal."""
    pairs = [(what, axis) for what in TRAININGS for axis in AXES]
    pairs += [(what, axis) for what in READOUTS for axis in READ_AXES]
    lines = []
    for what, axis in pairs:
        for cost in ("seconds", "processor_seconds", "flops"):
            fit = law(what, axis, cost)
            a, b, p = zip((fit.fixed, fit.factor, fit.power), fit.halves, strict=True)
            lines.append(
                f"{what:13} {axis:10} {cost:17} a = {a[0]:.3g} ± {a[1]:.2g}, b = {b[0]:.3g} ± {b[1]:.2g}, "
                f"p = {p[0]:.3f} ± {p[1]:.3f}"
            )
    return "\n".join(lines)


def measured_on() -> str:
    """The machines of the rows."""
    return "; ".join(sorted({str(row["machine"]) for row in load(TIMINGS)}))


def figure() -> Figure:
    """Seconds against each size, with the fitted laws; and what training all paths would take."""
    picture = Figure(figsize=(8.4, 6.2), dpi=160, facecolor="white")
    panels = dict(zip(PANELS, picture.subplots(2, 2).ravel(), strict=True))
    for size, axis in panels.items():
        for what, colour in TRAININGS.items():
            draw(axis, what, size, colour)
        quiet(axis).set(xscale="log", yscale="log", xlabel=PANELS[size][0], ylabel="seconds")
        for label in (axis.xaxis.label, axis.yaxis.label):
            label.set(fontsize=8.5, color=MUTED)
    examples = first("joint")["examples"]
    for what, colour in TRAININGS.items():
        draw(panels["examples"], what, "epochs", colour, unit=examples, hollow=True)
    for size in READ_AXES:
        draw(panels[size], "sampled_paths", size, MUTED)
    draw_all_paths(panels["depth"])
    for size, axis in panels.items():
        axis.xaxis.set_major_locator(FixedLocator(PANELS[size][1]))
        axis.yaxis.set_major_locator(LogLocator(subs=(1,) if size == "depth" else (1, 2, 5)))
        for side in (axis.xaxis, axis.yaxis):
            side.set_major_formatter("{x:,g}")
            side.set_minor_locator(NullLocator())
    panels["candidates"].legend(frameon=False, fontsize=8, labelcolor=INK, loc="upper left", handlelength=1.2)
    picture.tight_layout(w_pad=2, h_pad=2)
    return picture


def draw(axis: Axes, what: str, size: str, colour: str, *, unit: float = 1, hollow: bool = False) -> None:
    """The least seconds as dots, the median as faint ones, and the law as a line."""
    sizes, seconds = along(what, size)
    fine = np.geomspace(sizes[0], sizes[-1], 50)
    axis.plot(unit * fine, law(what, size)(fine), color=colour, linewidth=1.2, label=NAMES[what])
    axis.scatter(unit * sizes, np.median(seconds, 1), s=12, color=colour, alpha=0.3, linewidths=0)
    face = "white" if hollow else colour
    axis.scatter(unit * sizes, seconds.min(1), s=20, facecolors=face, edgecolors=colour, linewidths=1, zorder=3)


def draw_all_paths(axis: Axes) -> None:
    """K^D times a network of D stages."""
    sizes, seconds = along("network", "depth")
    each = first("network")["candidates"] ** sizes * seconds.min(1)
    axis.plot(sizes, each, color=INK, linewidth=1.2, linestyle=(0, (4, 3)))
    shown = int((each < CEILING).sum()) - 1
    axis.text(sizes[shown] * 1.25, each[shown], "training all $K^D$ paths", color=INK, fontsize=8)
    axis.set_ylim(top=CEILING)


def first(what: str) -> dict[str, Any]:
    """Its first row, for what all its rows along another axis share."""
    return next(row for row in load(TIMINGS) if row["what"] == what and row["axis"] == "depth")


def claims() -> list[Claim]:
    """Rows of the table of all studies: none, for it ranks nothing."""
    return []
