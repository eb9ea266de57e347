"""Candidates matched in sinks, edges and depth: the table and the figure of the study's page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from experiments.agreement import (
    Mean,
    averaged,
    baseline,
    ceiling,
    combined,
    cost,
    estimated,
    measured,
    predicted,
    runs,
)
from experiments.figures import Panel, Row, forest
from experiments.pages import Claim, share, table
from experiments.rows import Region, Training, of, regions, trainings
from experiments.stand_alone import ranked_by_networks

RESULTS = Path(__file__).parent / "results"
COMMAND = "`python -m experiments.analyse matched_regions`"
DEFAULT = "joint + fair, 3 + 3 x 1 epochs, batches of 25, constant rate"
LONG = "joint + fair, 3 + 3 x 3 epochs, batches of 50, annealed"
PATHS = "independent_paths, 40 steps, batches of 50, annealed"
ACCURACIES, LOSSES, SCORES = "accuracies", "validation losses", "scores of trainings"
EPOCHS = 3
"""Of the stand-alone networks."""
NAMES = {
    "default": "**default**, trainings of 1 epoch",
    "long": "long trainings, one run",
    "long twice": "**long trainings, mean of two runs**",
    "paths": "independent paths (120 networks of 40 steps)",
    "predictor": "predictor from accuracies, no training in the region",
    "predictor, losses": "predictor from validation losses, no training in the region",
    "predictor, scores": "predictor from the default's scores, no training in the region",
    "default + predictor": "default + predictor from accuracies",
    "long + predictor": "long trainings, one run + predictor from accuracies",
    "long twice + predictor": "**long trainings, two runs + predictor from accuracies**",
    "long twice + predictor, losses": "**long trainings, two runs + predictor from validation losses**",
    "30 networks": "30 stand-alone networks",
    "120 networks": "40 stand-alone networks × 3 seeds",
    "parameters": "number of parameters",
    "jacob_cov": "jacob_cov",
    "naswot": "NASWOT",
    "sinks": "sinks, edges, depth (alike by design)",
}


def ranked() -> list[Region]:
    """The regions that are ranked, of six ops on CIFAR-10."""
    return [region for region in regions(RESULTS / "cifar10_six_ops") if region.role != "predictor"]


def held_out(found: Sequence[Region]) -> list[Region]:
    """Those that no choice was made on."""
    return [region for region in found if region.role == "held out"]


def development(found: Sequence[Region]) -> list[Region]:
    """Those that recipes and features were chosen on."""
    return [region for region in found if region.role == "development"]


def means(found: Sequence[Region], trained: Sequence[Training]) -> dict[str, Mean]:
    """Of all that ranks, the correlation by region."""
    default, long = (runs(found, of(trained, recipe), "consensus") for recipe in (DEFAULT, LONG))
    twice = averaged(long)
    sources = {source: predicted(found, source) for source in (ACCURACIES, LOSSES, SCORES)}
    return {
        "default": measured(found, default),
        "long": measured(found, long),
        "long twice": measured(found, twice),
        "paths": estimated(found, of(trained, PATHS), "accuracy_effects"),
        "predictor": measured(found, [[each] for each in sources[ACCURACIES]]),
        "predictor, losses": measured(found, [[each] for each in sources[LOSSES]]),
        "predictor, scores": measured(found, [[each] for each in sources[SCORES]]),
        "default + predictor": combined(found, default, sources[ACCURACIES]),
        "long + predictor": combined(found, long, sources[ACCURACIES]),
        "long twice + predictor": combined(found, twice, sources[ACCURACIES]),
        "long twice + predictor, losses": combined(found, twice, sources[LOSSES]),
        "30 networks": ranked_by_networks(found, 30),
        "120 networks": ranked_by_networks(found, 40, 3),
        "parameters": baseline(found, "parameters"),
        "jacob_cov": baseline(found, "jacob_cov"),
        "naswot": baseline(found, "naswot"),
        "sinks": baseline(found, "sinks"),
    }


def costs(trained: Sequence[Training]) -> dict[str, float]:
    """Shares of training all paths of a region; what the other regions cost is not in them."""
    default, long, paths = (cost(of(trained, recipe), EPOCHS) for recipe in (DEFAULT, LONG, PATHS))
    one = {"default": default, "long": long, "long twice": 2 * long, "paths": paths}
    return one | {
        "predictor": 0.0,
        "predictor, losses": 0.0,
        "predictor, scores": 0.0,
        "default + predictor": default,
        "long + predictor": long,
        "long twice + predictor": 2 * long,
        "long twice + predictor, losses": 2 * long,
        "30 networks": 30 / 125,
        "120 networks": 120 / 125,
    }


def content() -> str:
    """What stands between the markers of the page."""
    everything, trained = ranked(), trainings(RESULTS / "cifar10_six_ops")
    parts = [held_out(everything), development(everything), everything]
    columns, ceilings = [means(part, trained) for part in parts], [ceiling(part) for part in parts]
    price = costs(trained)
    rows = [["*noise ceiling*", *(f"{each.value:.2f}" for each in ceilings), "", ""]]
    for name, label in NAMES.items():
        texts = [column[name].text() for column in columns]
        rows.append(
            [
                label,
                *texts,
                f"{columns[-1][name].over(ceilings[-1]):.3f}",
                share(price[name]) if name in price else "0 %",
            ]
        )
    titles = [
        f"{title} ({len(part)} regions)" for title, part in zip(("held out", "development", "all"), parts, strict=True)
    ]
    header = ["What ranks", *titles, "of the ceiling", "cost"]
    taught = len({region.name for region in regions(RESULTS / "cifar10_six_ops")}) - 1
    note = f"The predictor learns from the {taught} other regions. All networks have {EPOCHS} epochs and 3 seeds."
    return "\n\n".join([table(header, rows), note, glyphs()])


def glyphs() -> str:
    """The same question where candidates have one op."""
    found, trained = regions(RESULTS / "glyphs"), trainings(RESULTS / "glyphs")
    mean = estimated(found, of(trained, DEFAULT), "consensus")
    networks = ranked_by_networks(found, 30)
    return (
        f"On the generated data set glyphs, {len(found)} matched regions of one op: the default has {mean.value:.2f} "
        f"of a ceiling of {ceiling(found).value:.2f},\nwhere 30 stand-alone networks have {networks.value:.2f}."
    )


def figure() -> Figure:
    """Held-out regions beside those of development."""
    everything, trained = ranked(), trainings(RESULTS / "cifar10_six_ops")
    labels = {
        "long twice + predictor, losses": ("long, two runs + predictor, losses", "ours"),
        "long twice + predictor": ("long, two runs + predictor (56 %)", "ours"),
        "predictor": ("predictor alone (0 %)", "ours"),
        "long twice": ("long trainings, two runs (56 %)", "trained"),
        "long": ("long trainings, one run (28 %)", "trained"),
        "default": ("default (12 %)", "trained"),
        "paths": ("independent paths (11 %)", "trained"),
        "120 networks": ("40 networks × 3 seeds (96 %)", "trained"),
        "30 networks": ("30 networks (24 %)", "trained"),
        "parameters": ("number of parameters", "free"),
        "jacob_cov": ("jacob_cov", "free"),
        "naswot": ("NASWOT", "free"),
    }
    panels = []
    for title, part in (("held out", held_out(everything)), ("development", development(everything))):
        found = means(part, trained)
        rows = [Row(label, found[name], kind) for name, (label, kind) in labels.items()]
        panels.append(Panel(f"{title}: {len(part)} regions", rows, ceiling(part)))
    return forest(panels, low=-0.5)


def claims() -> list[Claim]:
    """Rows of the table of all studies."""
    everything, trained = ranked(), trainings(RESULTS / "cifar10_six_ops")
    found, most, price = means(everything, trained), ceiling(everything), costs(trained)
    held, limit = means(held_out(everything), trained), ceiling(held_out(everything)).value

    def both(name: str) -> str:
        return f"held out {held[name].text()}; all {found[name].text()}"

    n = f"{len(everything)} regions × 60 networks × 3 seeds"
    data = f"CIFAR-10, matched candidates; {len(held_out(everything))} regions held out"
    ceilings = f"ceilings {limit:.2f}, {most.value:.2f}; of all"
    networks = f"40 networks × 3 seeds {found['120 networks'].value:.2f} (96 %)"
    return [
        Claim(
            "**Negative:** where candidates are alike in sinks, edges and depth, the default ranks weakly.",
            data,
            n,
            both("default"),
            f"{ceilings}: two long runs {found['long twice'].value:.2f} ({share(price['long twice'])})",
            share(price["default"]),
            COMMAND,
        ),
        Claim(
            "On such regions, two long runs and a predictor that learned from validation losses of other regions "
            "rank better.",
            data,
            n,
            both("long twice + predictor, losses"),
            f"{ceilings}: predictor alone {found['predictor, losses'].value:.2f}; {networks}",
            f"{share(price['long twice'])}, and 36 other regions",
            COMMAND,
        ),
    ]
