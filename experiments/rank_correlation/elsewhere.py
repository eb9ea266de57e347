"""What do other regions tell of a region?

python -m experiments.rank_correlation.elsewhere FOLDER… [--told FOLDER…] [--again FOLDER…]

A Bayesian ridge regression on features of cells, for all stages alike and for each by itself, learned on other regions
of the folders and read on one of which it knows only the cells (`fade.training.elsewhere`). It learns what candidates
are worth: main effects on the accuracies of their trained networks, on the validation losses of these, where they are
kept, as `trainer.elsewhere` does, on the scores that the default gave their paths, or (see `capacity`) on those of
paths apart. Folders that are told add regions to learn from, their networks and `trainer=apart` where it was collected;
of regions that are ranked they add validation losses alone, where more networks have them. Other folders add runs
of the trainings of regions that are ranked, and with two of each the mean of both. The first table has it alone and
added to what the region's own trainings say, each over its spread over the paths; the next, by how many regions it
learned from; the last, how it ranks the told regions. Means over runs, draws and regions; Student's intervals over the
regions.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from experiments.collect import kept, same, study_folder, trainings_folder
from experiments.rank_correlation.capacity import Runs
from experiments.rank_correlation.study import Floats, Study, Truth, read_truth
from experiments.rank_correlation.subregions import effects
from experiments.rank_correlation.together import beside_default
from experiments.readings import header
from fade.ranking import PathRanks
from fade.report.estimates import mean_interval
from fade.report.quantity import interval
from fade.training.effects import main_effects
from fade.training.elsewhere import candidate_features, learned, names

FEW, DRAWS = (1, 2, 4, 8, 16, 32), 20
NETWORKS = 30
"""Of each region that it learns from, trained once: enough to tell the effects of candidates."""
ACCURACIES, LOSSES, TRAININGS = "accuracies", "validation losses", ("default", "apart")
"""What can be learned of a region."""
LONGEST = "both kinds"
Lesson = tuple[Floats, Floats]
"""Features of a region's candidates ``[D, K, 1 + D, F]`` and what they are worth ``[D, K]``."""


@dataclass(frozen=True)
class Told:
    """What is known of a region: features of its candidates, its networks, and scores by trainings, a run each.

    Networks with validation losses may be others than those that it is ranked by.
    """

    features: Floats
    truth: Truth
    scores: dict[str, list[Floats]]
    with_losses: Truth | None

    def tells(self, source: str) -> bool:
        if source == LOSSES:
            return self.with_losses is not None
        return source == ACCURACIES or bool(self.scores.get(source))

    def worth(self, accuracy: Floats, paths: slice | NDArray[np.int64] = np.s_[:]) -> Lesson:
        """Main effects on accuracies of some of its networks."""
        return self.features, main_effects(self.truth.paths[paths], accuracy, self.truth.region.candidates)

    def lesson(self, source: str) -> Lesson:
        """All of a source: the networks' mean accuracies or losses, or the mean scores of a training's runs."""
        if source in TRAININGS:
            return self.features, np.mean(self.scores[source], axis=0)
        if source == LOSSES and self.with_losses is not None:
            losses = [np.mean(path.validation_loss) for path in self.with_losses.known.paths]
            return self.features, -main_effects(self.with_losses.paths, losses, self.truth.region.candidates)
        return self.worth(self.truth.mean)

    def one_run(self, training: str, rng: np.random.Generator) -> Lesson:
        """One run of a training, drawn."""
        runs = self.scores[training]
        return self.features, runs[rng.integers(len(runs))]

    def networks(self, rng: np.random.Generator) -> Lesson:
        """Some of the networks, drawn as their seed is."""
        paths = rng.choice(len(self.truth.paths), min(NETWORKS, len(self.truth.paths)), replace=False)
        seed = rng.integers(self.truth.accuracy.shape[1])
        return self.worth(self.truth.accuracy[paths, seed], paths)

    def by(self, lessons: Sequence[Lesson]) -> Floats:
        """Scores of its networks' paths, over their spread, by what other regions tell."""
        return np.asarray(stats.zscore(PathRanks(learned(lessons, self.features)).scores(self.truth.paths)))


@dataclass(frozen=True)
class Known:
    """The regions of several folders, what trainings say of paths of each, and further regions."""

    regions: list[Told]
    runs: list[Runs]
    ceiling: float
    further: list[Told]

    @classmethod
    def read(cls, folders: Sequence[Path], told: Sequence[Path] = (), again: Sequence[Path] = ()) -> Self:
        """What is kept in the folders of one space."""
        truths: list[Truth] = []
        runs: list[Runs] = []
        ceilings: list[float] = []
        for folder in folders:
            study = Study([folder], [folder, *again])
            ceilings += list(study.ceiling())
            for truth, of in beside_default(study, folder):
                truths.append(truth)
                runs.append(of)
        if all(len(of.get(LONGEST, ())) > 1 for of in runs):
            runs = [of | {f"{LONGEST}, mean of 2": [stats.zscore(np.mean(of[LONGEST][:2], axis=0))]} for of in runs]
        ranked = {truth.name: truth.region for truth in truths}
        rows = [read_truth(row) for folder in told for row in kept(folder / "truth.jsonl")]
        for row in rows:
            assert ranked.get(row.name, row.region) == row.region, f"two regions are called {row.name}"
        further = list(_most(row for row in rows if row.name not in ranked).values())
        losses = _most(row for row in truths + rows if all(path.validation_loss for path in row.known.paths))
        apart: dict[str, list[Floats]] = defaultdict(list)
        for training in {same(row): row for folder in told for row in kept(folder / "trainings.jsonl")}.values():
            if training["trainer"]["name"] == "apart":
                apart[training["region"]].append(effects([training["path_losses"]], len(training["cells"][0])))
        ops = names(truth.region for truth in truths + further)
        regions = []
        for truth, of in zip(truths, runs, strict=True):
            k = truth.region.candidates
            scores = {name: [main_effects(truth.paths, run, k) for run in of.get(name, ())] for name in TRAININGS}
            regions.append(Told(candidate_features(truth.region, ops), truth, scores, losses.get(truth.name)))
        others = []
        for truth in further:
            scores = {"apart": apart[truth.name]}
            others.append(Told(candidate_features(truth.region, ops), truth, scores, losses.get(truth.name)))
        return cls(regions, runs, float(np.mean(ceilings)), others)

    def others(self, held: Told, source: str) -> list[Told]:
        """All regions that a source tells of but one."""
        return [told for told in self.regions + self.further if told.tells(source) and told is not held]

    def elsewhere(self, held: Told) -> dict[str, Floats]:
        """Scores of a region's paths, over their spread, by what each source tells of all others, and a sum of two."""
        found = {
            source: held.by([told.lesson(source) for told in others])
            for source in (ACCURACIES, LOSSES, *TRAININGS)
            if (others := self.others(held, source))
        }
        if "apart" in found:
            found[f"{ACCURACIES} and apart"] = stats.zscore(found[ACCURACIES] + found["apart"])
        return found

    def draws(self, held: Told, rng: np.random.Generator) -> dict[str, list[Callable[[], Lesson]]]:
        """How to draw of each other region what it tells, by kind."""
        networks = self.others(held, ACCURACIES)
        found: dict[str, list[Callable[[], Lesson]]] = {
            f"scores by {name}": [partial(told.one_run, name, rng) for told in others]
            for name in TRAININGS
            if (others := self.others(held, name))
        }
        everything: list[Callable[[], Lesson]] = [
            partial(told.lesson, ACCURACIES) for told in self.regions if told is not held
        ]
        return found | {
            f"{NETWORKS} networks of each, one seed": [partial(told.networks, rng) for told in networks],
            "all networks of each, all seeds": everything,
        }


def _known(truth: Truth) -> tuple[int, int]:
    """How much: accuracies, then validation losses."""
    return truth.accuracy.size, sum(len(path.validation_loss) for path in truth.known.paths)


def _most(truths: Iterable[Truth]) -> dict[str, Truth]:
    """Of each region, which teaches once, the one of which most is known."""
    found: dict[str, Truth] = {}
    for truth in truths:
        found[truth.name] = max(found.get(truth.name, truth), truth, key=_known)
    return found


def _rho(runs: Sequence[Floats], truth: Truth) -> float:
    return float(np.mean([np.nan_to_num(stats.spearmanr(run, truth.mean).statistic) for run in runs]))


def table(known: Known) -> Iterator[str]:
    """A line for each training, alone and with what was learned of all other regions."""
    truths = [held.truth for held in known.regions]
    learned_of = [known.elsewhere(held) for held in known.regions]
    sources = list(learned_of[0])

    def told(rhos: Sequence[float]) -> str:
        return f"{np.mean(rhos):+.2f} {interval(mean_interval(rhos))}, {np.mean(rhos) / known.ceiling:.3f}"

    columns = [column for source in sources for column in (f"with {source} elsewhere", "lead")]
    yield from header(
        f"trained here (ceiling {known.ceiling:.2f})", "alone", *columns, f"with {sources[-1]}, by region"
    )
    for name in ("nothing", *known.runs[0]):
        runs = [of.get(name, [np.zeros(1)]) for of in known.runs]
        alone = [] if name == "nothing" else [_rho(run, truth) for run, truth in zip(runs, truths, strict=True)]
        cells = []
        for source in sources:
            sums = [
                _rho([run + scores[source] for run in of], truth)
                for of, scores, truth in zip(runs, learned_of, truths, strict=True)
            ]
            lead = np.subtract(sums, alone) if alone else None
            cells += [told(sums), "" if lead is None else f"{lead.mean():+.2f} {interval(mean_interval(lead))}"]
        by_region = " ".join(f"{rho:+.2f}" for rho in sums)
        yield f"| {name} | {told(alone) if alone else ''} | {' | '.join(cells)} | {by_region} |"


def curve(known: Known, here: str) -> Iterator[str]:
    """A line for each number of regions that are learned from, added to a training of the region itself, if any."""
    rng = np.random.default_rng(0)
    draws = [known.draws(held, rng) for held in known.regions]
    most = {kind: len(regions) for kind, regions in draws[0].items()}
    yield from header(f"regions learned from (trained here: {here})", *most)
    for few in sorted({*(n for n in FEW if n < max(most.values())), *most.values()}):
        cells = []
        for kind, all_of in most.items():
            rhos = []
            for number, held in enumerate(known.regions if few <= all_of else ()):
                runs = known.runs[number].get(here, [np.zeros(1)])
                for _ in range(DRAWS):
                    drawn = rng.choice(all_of, few, replace=False)
                    scores = held.by([draws[number][kind][n]() for n in drawn])
                    rhos.append(_rho([run + scores for run in runs], held.truth))
            cells.append(f"{np.mean(rhos):+.2f}, {np.mean(rhos) / known.ceiling:.2f}" if rhos else "")
        yield f"| {few} | {' | '.join(cells)} |"


def told_table(known: Known) -> Iterator[str]:
    """A line for all that ranks the further regions: what was learned of all other regions, and their own paths apart.

    Their networks may be of one seed, so that nothing says what noise allows.
    """
    rhos: dict[str, list[float]] = defaultdict(list)
    for held in known.further:
        for source, told in known.elsewhere(held).items():
            rhos[f"{source} elsewhere"].append(_rho([told], held.truth))
        for scores in held.scores["apart"][:1]:
            rhos["apart, trained here"].append(_rho([PathRanks(scores).scores(held.truth.paths)], held.truth))
    yield from header("learned from", "told regions", "Spearman with their networks")
    for name, each in rhos.items():
        yield f"| {name} | {len(each)} | {np.mean(each):+.2f} {interval(mean_interval(each))} |"


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=study_folder)
    parser.add_argument("--told", nargs="+", type=study_folder, default=[])
    parser.add_argument("--again", nargs="+", type=trainings_folder, default=[])
    asked = parser.parse_args()
    known = Known.read(asked.folders, asked.told, asked.again)
    print(*table(known), sep="\n")
    for here in ("nothing", LONGEST):
        if here in ("nothing", *known.runs[0]):
            print("", *curve(known, here), sep="\n")
    if known.further:
        print("", *told_table(known), sep="\n")


if __name__ == "__main__":
    main()
