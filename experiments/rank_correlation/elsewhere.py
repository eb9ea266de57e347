"""What do other regions tell of a region?

python -m experiments.rank_correlation.elsewhere FOLDER…

A Bayesian ridge regression on features of cells, for all stages alike and for each by itself, learned on other regions
of the folders and read on one of which it knows only the cells. It learns the accuracies of their trained networks, the
scores that the default gave their paths, or, where these are kept (see `capacity`), those of paths apart. The first
table has it alone and added to what the region's own trainings say, each over its spread over the paths; the second, by
how many regions it learned from. Means over runs, draws and regions; Student's intervals over the regions.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from scipy import stats
from sklearn.linear_model import BayesianRidge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from experiments.rank_correlation.capacity import Runs
from experiments.rank_correlation.study import Floats, Study, Truth
from experiments.rank_correlation.together import beside_default
from experiments.readings import header
from fade.report.estimates import mean_interval
from fade.report.quantity import interval
from fade.space import Cell, Region
from fade.training.effects import main_effects

FEW, DRAWS = (1, 2, 4), 20
NETWORKS = (10, 30)
"""Of each region that it learns from, trained once."""


def features(cell: Cell, ops: Sequence[str]) -> list[float]:
    """Edges of each op, in all, from the input's vertices and to the output's, and what lies along the cell's paths.

    Along the paths from its input to its output: how many convolutions on the mean, at most and at least, the share of
    paths without any, and the logarithm of their number; then the numbers of sinks and of edges in a row.
    """
    after = defaultdict(list)
    for i, j, op in cell.edges:
        after[i].append((j, op))

    def convolutions(vertex: int) -> list[int]:
        rest = [("conv" in op) + count for j, op in after[vertex] for count in convolutions(j)]
        return rest or [0]

    places = [
        cell.edges,
        [e for e in cell.edges if e[0] in cell.sources],
        [e for e in cell.edges if e[1] in cell.sinks],
    ]
    along = [count for vertex in cell.sources for count in convolutions(vertex)]
    return [
        *(sum(op == edge[2] for edge in edges) for edges in places for op in ops),
        *(float(np.mean(along)), max(along), min(along), along.count(0) / len(along), np.log(len(along))),
        *(len(cell.sinks), cell.depth),
    ]


def candidate_features(region: Region, ops: Sequence[str]) -> Floats:
    """Features of candidates, less their stage's mean, for all stages alike and for their own: ``[D, K, F·(1 + D)]``.

    Those of a path are the sum of its candidates'.
    """
    cells = np.array([[features(cell, ops) for cell in stage] for stage in region.cells], dtype=np.float64)
    cells -= cells.mean(1, keepdims=True)
    own = np.eye(region.depth)[:, None, :, None] * cells[:, :, None, :]  # [D, K, D, F]
    return np.concatenate([cells, own.reshape(*cells.shape[:2], -1)], axis=2)


def learned(told: Sequence[tuple[Floats, Floats]], unknown: Floats) -> Floats:
    """Scores of paths of which nothing but the cells is known.

    Args:
        told: Of each region that something is known of, features ``[N, F]`` and what to learn ``[N]``, of which only
            differences within the region count.
        unknown: Features of the paths to score.
    """
    # The evidence says how much to shrink: left-out regions, too few, say it with too much chance.
    model = make_pipeline(StandardScaler(), BayesianRidge(fit_intercept=False))
    model.fit(np.concatenate([x for x, _ in told]), np.concatenate([stats.zscore(y) for _, y in told]))
    return np.asarray(model.predict(unknown))


@dataclass(frozen=True)
class Known:
    """The regions of several folders, by number: features of candidates, truths, and what trainings say of paths."""

    features: list[Floats]
    truths: list[Truth]
    runs: list[Runs]
    ceiling: float

    @classmethod
    def read(cls, folders: Sequence[Path]) -> Self:
        """What is kept in the folders of one space."""
        truths: list[Truth] = []
        runs: list[Runs] = []
        ceilings: list[float] = []
        for folder in folders:
            study = Study([folder])
            ceilings += list(study.ceiling())
            for truth, of in beside_default(study, folder):
                truths.append(truth)
                runs.append(of)
        ops = sorted({e[2] for truth in truths for stage in truth.region.cells for cell in stage for e in cell.edges})
        return cls([candidate_features(t.region, ops) for t in truths], truths, runs, float(np.mean(ceilings)))

    def of_paths(self, number: int) -> Floats:
        """Features of a region's paths ``[N, F·(1 + D)]``."""
        return np.asarray(
            sum(stage[k] for stage, k in zip(self.features[number], self.truths[number].paths.T, strict=True))
        )

    def accuracies(self, number: int) -> tuple[Floats, Floats]:
        """What the networks of a region tell: features of its paths, and their mean accuracies."""
        return self.of_paths(number), self.truths[number].mean

    def scores(self, number: int, run: Floats) -> tuple[Floats, Floats]:
        """What a training of a region tells: features of its candidates, and their scores, of which paths' are sums."""
        truth = self.truths[number]
        candidates = self.features[number].reshape(-1, self.features[number].shape[2])
        return candidates, main_effects(truth.paths, run, truth.region.candidates).ravel()

    def told(self, number: int, source: str) -> tuple[Floats, Floats]:
        """What can be learned of a region: of its networks, or of the mean of the runs of a training."""
        if source == "accuracies":
            return self.accuracies(number)
        return self.scores(number, np.mean(self.runs[number][source], axis=0))

    def without(self, held: int) -> list[int]:
        """The numbers of all other regions."""
        return [number for number in range(len(self.truths)) if number != held]

    def elsewhere(self, held: int, source: str) -> Floats:
        """Scores of a region's paths by what was told of all others."""
        return stats.zscore(learned([self.told(n, source) for n in self.without(held)], self.of_paths(held)))


def _rho(runs: Sequence[Floats], truth: Truth) -> float:
    return float(np.mean([np.nan_to_num(stats.spearmanr(run, truth.mean).statistic) for run in runs]))


def table(known: Known) -> Iterator[str]:
    """A line for each training, alone and with what was learned of all other regions."""
    sources = ["accuracies", *(name for name in ("default", "apart") if name in known.runs[0])]
    learned_of = {source: [known.elsewhere(held, source) for held in range(len(known.truths))] for source in sources}

    def told(rhos: Sequence[float]) -> str:
        return f"{np.mean(rhos):+.2f} {interval(mean_interval(rhos))}, {np.mean(rhos) / known.ceiling:.2f}"

    columns = [column for source in sources for column in (f"with {source} elsewhere", "lead")]
    yield from header(f"trained here (ceiling {known.ceiling:.2f})", "alone", *columns, "with accuracies, by region")
    for name in ("nothing", *known.runs[0]):
        runs = [of.get(name, [np.zeros(1)]) for of in known.runs]
        alone = [] if name == "nothing" else [_rho(run, truth) for run, truth in zip(runs, known.truths, strict=True)]
        cells, by_region = [], []
        for scores in learned_of.values():
            sums = [
                _rho([run + score for run in of], truth)
                for of, score, truth in zip(runs, scores, known.truths, strict=True)
            ]
            lead = np.subtract(sums, alone) if alone else None
            cells += [told(sums), "" if lead is None else f"{lead.mean():+.2f} {interval(mean_interval(lead))}"]
            by_region.append(" ".join(f"{rho:+.2f}" for rho in sums))
        yield f"| {name} | {told(alone) if alone else ''} | {' | '.join(cells)} | {by_region[0]} |"


def curve(known: Known) -> Iterator[str]:
    """A line for each number of regions that are learned from; nothing of the region itself is known but its cells."""
    rng = np.random.default_rng(0)
    kinds = ["default", *(f"{few} networks of each, one seed" for few in NETWORKS), "all networks of each, all seeds"]
    yield from header("regions learned from", *kinds)
    for few in (*(n for n in FEW if n < len(known.truths) - 1), len(known.truths) - 1):
        rhos = {
            kind: [
                float(np.mean([_draw(known, kind, held, few, rng) for _ in range(DRAWS)]))
                for held in range(len(known.truths))
            ]
            for kind in kinds
        }
        means = [float(np.mean(each)) for each in rhos.values()]
        yield f"| {few} | {' | '.join(f'{mean:+.2f}, {mean / known.ceiling:.2f}' for mean in means)} |"


def _draw(known: Known, kind: str, held: int, few: int, rng: np.random.Generator) -> float:
    """Spearman's in one region by so many others, drawn as their networks and seeds are."""
    told = []
    for number in rng.choice(known.without(held), few, replace=False):
        truth = known.truths[number]
        if kind == "default":
            runs = known.runs[number]["default"]
            told.append(known.scores(number, runs[rng.integers(len(runs))]))
        elif kind.startswith("all"):
            told.append(known.accuracies(number))
        else:
            paths = rng.choice(len(truth.paths), int(kind.split()[0]), replace=False)
            seed = rng.integers(truth.accuracy.shape[1])
            told.append((known.of_paths(number)[paths], truth.accuracy[paths, seed]))
    return _rho([learned(told, known.of_paths(held))], known.truths[held])


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    known = Known.read(parser.parse_args().folders)
    print(*table(known), "", *curve(known), sep="\n")


if __name__ == "__main__":
    main()
