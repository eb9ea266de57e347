"""Do the ranks of a region agree with trained networks? The table and the figure of the study's page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from experiments.agreement import Mean, baseline, ceiling, combined, cost, estimated, measured, predicted, runs
from experiments.figures import Panel, Row, forest
from experiments.pages import Claim, share, table
from experiments.rows import Region, Training, of, regions, trainings
from experiments.stand_alone import possible, ranked_by_networks

RESULTS = Path(__file__).parent / "results"
COMMAND = "`python -m experiments.analyse rank_correlation`"
DEFAULT = "joint + fair, 3 + 3 x 1 epochs, batches of 25, constant rate"
JOINT = "joint, 3 x 1 epochs, batches of 25, constant rate"
FAIR = "fair, 3 x 1 epochs, batches of 25, constant rate"
PAPER = "joint, 3 epochs, batches of 50, annealed"
PATHS = "independent_paths, 40 steps, batches of 50, annealed"
PROXIES = {
    "sinks": "number of sinks",
    "depth": "depth",
    "edges": "number of edges",
    "parameters": "number of parameters",
    "grad_norm": "gradient norm",
    "synflow": "synflow",
    "naswot": "NASWOT",
    "jacob_cov": "jacob_cov",
}


@dataclass(frozen=True)
class Data:
    """Regions of one data set whose networks trained for as many epochs, and how their trainings were initialised."""

    title: str
    regions: list[Region]
    trainings: list[Training]
    initialisation: str = "shared"

    @classmethod
    def read(
        cls, title: str, space: str, epochs: int = 3, among: Callable[[int], bool] = lambda _: True, **more: str
    ) -> Data:
        """Of the folder of a space, the regions whose seeds are among those that are wanted."""
        found = [each for each in regions(RESULTS / space) if each.network_epochs == epochs]
        return cls(title, [each for each in found if among(int(float(each.name)))], trainings(RESULTS / space), **more)

    def by(self, recipe: str) -> list[Training]:
        """The trainings of these regions by a recipe; the paper's is older than shared initialisation."""
        kind = "independent" if recipe == PAPER else self.initialisation
        names = {region.name for region in self.regions}
        return [each for each in of(self.trainings, recipe, initialisation=kind) if each.region in names]

    @cached_property
    def ceiling(self) -> Mean:
        return ceiling(self.regions)

    @cached_property
    def default(self) -> Mean:
        return estimated(self.regions, self.by(DEFAULT), "consensus")

    def read_by(self, recipe: str, readout: str) -> Mean:
        return estimated(self.regions, self.by(recipe), readout)

    @property
    def paper(self) -> Mean | None:
        """The paper's read-out; None where it was not run."""
        return self.read_by(PAPER, "weights") if self.by(PAPER) else None

    def predictor(self, source: str) -> Mean | None:
        """Without any training of the region; None where its other regions are too few."""
        if self.initialisation == "independent" or not all(source in region.predictor for region in self.regions):
            return None
        return measured(self.regions, [[scores] for scores in predicted(self.regions, source)])

    def with_predictor(self, source: str) -> Mean | None:
        if self.predictor(source) is None:
            return None
        own = runs(self.regions, self.by(DEFAULT), "consensus")
        return combined(self.regions, own, predicted(self.regions, source))

    def networks(self, number: int, seeds: int = 1) -> Mean | None:
        return ranked_by_networks(self.regions, number, seeds) if possible(self.regions, number, seeds) else None

    def lead(self, name: str) -> Mean:
        """Of the default over a baseline, region by region."""
        return Mean.of(self.default.values - baseline(self.regions, name).values)

    @property
    def epochs(self) -> int:
        return self.regions[0].network_epochs

    def cost(self, recipe: str) -> float:
        return cost(self.by(recipe), self.epochs)


def data() -> list[Data]:
    """All data sets of the study, held-out data first."""
    return [
        Data.read("calls, held out", "calls"),
        Data.read("CIFAR-10", "cifar10", among=lambda seed: seed > 5),
        Data.read("CIFAR-10, networks of 9 epochs", "cifar10", epochs=9, among=lambda seed: seed > 5),
        Data.read("CIFAR-10, first regions", "cifar10", among=lambda seed: seed <= 5, initialisation="independent"),
        Data.read("CIFAR-10, six ops", "cifar10_six_ops"),
        Data.read("glyphs", "glyphs"),
        Data.read("textures", "textures"),
        Data.read("mnist1d", "mnist1d"),
    ]


def content() -> str:
    """What stands between the markers of the page."""
    found = data()
    lines: dict[str, list[Mean | None]] = {
        "**default**: joint and fair trainings": [each.default for each in found],
        "joint trainings alone": [each.read_by(JOINT, "consensus") for each in found],
        "fair trainings alone (`trainer=fair`)": [each.read_by(FAIR, "training_effects") for each in found],
        "softmax(α), the paper's read-out": [each.paper for each in found],
        "predictor, no training in the region": [each.predictor("scores of trainings") for each in found],
        "default with predictor": [each.with_predictor("scores of trainings") for each in found],
        "30 stand-alone networks (24 %)": [each.networks(30) for each in found],
        "40 stand-alone networks × 3 seeds (96 %)": [each.networks(40, 3) for each in found],
    }
    for name, label in PROXIES.items():
        lines[label] = [baseline(each.regions, name) if name in each.regions[0].baselines else None for each in found]
    for name in ("sinks", "grad_norm", "synflow"):
        lead = [each.lead(name) if name in each.regions[0].baselines else None for each in found]
        lines[f"*lead of the default over {PROXIES[name]}*"] = lead
    header = ["What ranks", *(each.title for each in found)]
    rows = [[label, *("" if mean is None else mean.text() for mean in means)] for label, means in lines.items()]
    sizes = [f"{len(e.regions)} × {len(e.regions[0].paths)} × {e.regions[0].accuracy.shape[1]}" for e in found]
    costs = [
        [name, *(share(e.cost(recipe)) for e in found)]
        for name, recipe in (("cost, default", DEFAULT), ("cost, fair", FAIR))
    ]
    costs.append(
        [
            "seconds of the default on one thread",
            *(f"{np.median([e.seconds for e in d.by(DEFAULT)]):.0f}" for d in found),
        ]
    )
    ceilings = [f"{each.ceiling.value:.2f}" for each in found]
    rows = [["*noise ceiling*", *ceilings], *rows]
    return table(header, [["*regions × networks × seeds*", *sizes], *rows, *costs]) + "\n\n" + control()


def control() -> str:
    """The control of regions whose paths were trained as networks of their own."""
    found = data()[1]
    with_paths = {each.region for each in found.by(PATHS)}
    few = Data(found.title, [each for each in found.regions if each.name in with_paths], found.trainings)
    names = ", ".join(region.name.split(".")[0] for region in few.regions)
    return (
        f"Regions {names} of CIFAR-10 have a control without shared weights, 120 independent paths of 40 steps each:\n"
        f"{few.read_by(PATHS, 'accuracy_effects').text()} for {share(few.cost(PATHS))}, "
        f"where the default has {few.default.text()} for {share(few.cost(DEFAULT))}."
    )


def figure() -> Figure:
    """Held-out data beside the ten regions of CIFAR-10."""
    panels = []
    for each in data()[:2]:
        networks = {number: ranked_by_networks(each.regions, number) for number in (10, 30)}
        prediction = each.predictor("scores of trainings")
        assert prediction is not None
        rows = [
            Row("default: joint + fair (12 %)", each.default, "ours"),
            Row("joint alone (8 %)", each.read_by(JOINT, "consensus"), "trained"),
            Row("fair alone (4 %)", each.read_by(FAIR, "training_effects"), "trained"),
            Row("softmax(α), the paper's", each.read_by(PAPER, "weights"), "trained"),
            Row("predictor from other regions", prediction, "free"),
            Row("30 stand-alone networks (24 %)", networks[30], "trained"),
            Row("10 stand-alone networks (8 %)", networks[10], "trained"),
            *(Row(label, baseline(each.regions, name), "free") for name, label in PROXIES.items()),
        ]
        panels.append(Panel(f"{each.title}: {len(each.regions)} regions", rows, each.ceiling))
    return forest(panels)


def claims() -> list[Claim]:
    """Rows of the table of all studies."""
    calls, cifar, long = data()[:3]
    prediction = calls.predictor("scores of trainings")
    assert prediction is not None
    return [
        _claim(
            "The default ranks a region on data that no choice was made on.",
            calls,
            DEFAULT,
            calls.default,
            "sinks",
            "grad_norm",
            "30",
        ),
        _claim(
            "The default ranks regions of CIFAR-10, where it was developed.",
            cifar,
            DEFAULT,
            cifar.default,
            "sinks",
            "weights",
        ),
        _claim(
            "`trainer=fair` comes close for a third of the default's price.",
            cifar,
            FAIR,
            cifar.read_by(FAIR, "training_effects"),
            "sinks",
        ),
        _claim(
            "Networks that train three times as long are ranked nearly as well, given their ceiling.",
            long,
            DEFAULT,
            long.default,
            "sinks",
        ),
        Claim(
            "**Negative:** after a few regions a linear model of cells, learned from the default's scores elsewhere, "
            "ranks a new region as well, without any training in it.",
            calls.title,
            _size(calls),
            prediction.text(),
            f"ceiling {calls.ceiling.value:.2f}; default {calls.default.value:.2f}",
            "0 % in the region",
            COMMAND,
        ),
    ]


def _size(each: Data) -> str:
    networks, seeds = each.regions[0].accuracy.shape
    return f"{len(each.regions)} regions × {networks} networks × {seeds} seeds"


def _claim(claim: str, each: Data, recipe: str, mean: Mean, *rivals: str) -> Claim:
    beside = [f"ceiling {each.ceiling.value:.2f}"]
    for rival in rivals:
        if rival == "weights":
            beside.append(f"softmax(α) {each.read_by(PAPER, rival).value:.2f}")
        elif rival == "30":
            beside.append(f"30 stand-alone networks {ranked_by_networks(each.regions, 30).value:.2f} (24 %)")
        else:
            beside.append(f"{PROXIES[rival]} {baseline(each.regions, rival).value:.2f}")
    role = "" if "held out" in each.title else ", development"
    return Claim(
        claim, each.title + role, _size(each), mean.text(), "; ".join(beside), share(each.cost(recipe)), COMMAND
    )
