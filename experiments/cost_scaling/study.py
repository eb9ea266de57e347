"""How the cost of a region grows: the tables and the figure of the study's page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.cost_scaling.points import READ_AXES
from experiments.cost_scaling.power_law import PowerLaw
from experiments.figures import ACCENT, INK, MARK, MUTED, quiet
from experiments.pages import Claim, table
from experiments.rows import Floats, load

TIMINGS = Path(__file__).parent / "results" / "timings.jsonl"
AXES = {
    "depth": "stages D",
    "candidates": "candidates K",
    "vertices": "vertices V",
    "edges": "edges",
    "examples": "training examples",
    "epochs": "epochs",
}
TRAININGS = {"joint": MARK, "fair": ACCENT}
READOUTS = {"sampled_paths": "sampled paths", "alone": "`alone`"}
NAMES = {"joint": "training, joint", "fair": "training, fair", "sampled_paths": "read-out, sampled paths"}
CEILING = 1e5
"""Seconds that the figure shows at most, or all else would be one line at its foot."""


def along(what: str, axis: str, cost: str = "seconds") -> tuple[Floats, Floats]:
    """Sizes ``[n]`` along an axis, and what they cost in each pass ``[n, passes]``; FLOPs have one."""
    varied = "vertices" if axis == "edges" else axis  # which comes with them
    rows = [row for row in load(TIMINGS) if (row["what"], row["axis"]) == (what, varied)]
    rows.sort(key=lambda row: float(row[axis]))
    costs = np.array([row[cost] for row in rows], dtype=np.float64)
    return np.array([row[axis] for row in rows], dtype=np.float64), costs.reshape(len(rows), -1)


def law(what: str, axis: str, cost: str = "seconds") -> PowerLaw:
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
    trainings = table(["Training, by", *columns, "FLOPs: p"], rows)
    rows = []
    for what, label in READOUTS.items():
        costs = [law(what, axis, cost) for cost in ("seconds", "flops") for axis in READ_AXES]
        rows.append([label, *map(power, costs[:2]), *(f"{fit.power:.2f}" for fit in costs[2:])])
    readouts = table(["Read-out", "D: p", "K: p", "FLOPs, D: p", "FLOPs, K: p"], rows)
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
    depth, candidates, vertices, data = picture.subplots(2, 2).ravel()
    for what, colour in TRAININGS.items():
        draw(depth, what, "depth", colour)
        draw(candidates, what, "candidates", colour)
        draw(vertices, what, "vertices", colour)
        draw(data, what, "examples", colour)
        draw(data, what, "epochs", colour, unit=row_of(what)["examples"], hollow=True)
    for axis, size in ((depth, "depth"), (candidates, "candidates")):
        draw(axis, "sampled_paths", size, MUTED)
    sizes, seconds = along("network", "depth")
    all_paths = row_of("network")["candidates"] ** sizes * seconds.min(1)
    depth.plot(sizes, all_paths, color=INK, linewidth=1.2, linestyle=(0, (4, 3)))
    shown = all_paths[all_paths < CEILING]
    depth.text(sizes[len(shown) - 1] * 1.12, shown[-1], "training all $K^D$ paths", color=INK, fontsize=8)
    depth.set_ylim(top=CEILING)
    labels = ("stages D, K = 4", "candidates K, D = 3", "vertices V of a cell", "training examples × epochs")
    for axis, label in zip((depth, candidates, vertices, data), labels, strict=True):
        axis.set_xlabel(label, fontsize=8.5, color=MUTED)
        axis.set_ylabel("seconds", fontsize=8.5, color=MUTED)
    named(candidates)
    picture.tight_layout(w_pad=2, h_pad=2)
    return picture


def draw(axis: Axes, what: str, size: str, colour: str, *, unit: float = 1, hollow: bool = False) -> None:
    """The least seconds as dots, the median as faint ones, and the law as a line."""
    sizes, seconds = along(what, size)
    fine = np.geomspace(sizes[0], sizes[-1], 50)
    quiet(axis).plot(unit * fine, law(what, size)(fine), color=colour, linewidth=1.2, label=NAMES[what])
    axis.scatter(unit * sizes, np.median(seconds, 1), s=12, color=colour, alpha=0.3, linewidths=0)
    face = "white" if hollow else colour
    axis.scatter(unit * sizes, seconds.min(1), s=20, facecolors=face, edgecolors=colour, linewidths=1, zorder=3)
    axis.set(xscale="log", yscale="log")


def row_of(what: str) -> dict[str, Any]:
    """Its first row."""
    return next(row for row in load(TIMINGS) if row["what"] == what)


def named(axis: Axes) -> None:
    """Which colour is what."""
    axis.legend(frameon=False, fontsize=8, labelcolor=INK, loc="upper left", handlelength=1.2)


def claims() -> list[Claim]:
    """Rows of the table of all studies: none, for it ranks nothing."""
    return []
