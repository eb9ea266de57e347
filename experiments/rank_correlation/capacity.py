"""What does the number of parameters add to what trainings say of matched regions, whose other counts are alike?

python -m experiments.rank_correlation.capacity FOLDER…

Trainings as long as the networks' own, of `joint` and of both kinds, one run of paths apart (`subregions.jsonl`), and
sums of these; beside each the same with the ranks of the number of parameters, by a share of its weight. All over their
spreads over the paths; means over all choices of runs, the regions of all folders, and Student's intervals over these.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import numpy as np
from scipy import stats

from experiments.collect import kept, study_folder
from experiments.rank_correlation.study import Floats, Study, Truth
from experiments.rank_correlation.subregions import LONG, by_region, effects
from experiments.readings import header, with_ranks
from fade.ranking import PathRanks
from fade.report.estimates import mean_interval
from fade.report.quantity import interval

JOINT, BOTH = f"{LONG} / accuracy_effects", f"{LONG}, fair_repeats 3 / consensus"
PART = f"{LONG}, fair_repeats 3 / accuracy_effects"
"""The `joint` trainings of both kinds, where no others are kept."""
SHARES = (0.0, 0.25, 0.5, 1.0)
Runs = dict[str, list[Floats]]


def scores_of(study: Study, folder: Path) -> Iterator[tuple[Truth, Runs]]:
    """Standardised scores of the paths of each region, by estimator: of each run, or of each choice of runs."""
    parts = by_region(kept(folder / "subregions.jsonl"))
    for truth in study.truths:
        alone = [effects([row], truth.region.candidates) for row in parts[truth.name] if row["design"] == "apart"]
        runs: Runs = {
            "apart": [stats.zscore(PathRanks(each).scores(truth.paths)) for each in alone],
            "joint": [
                stats.zscore(each) for each in study.scores[JOINT if JOINT in study.scores else PART][truth.name]
            ],
            "both kinds": [stats.zscore(each) for each in study.scores[BOTH][truth.name]],
        }
        for other in ("joint", "both kinds"):
            runs[f"apart + {other}"] = [stats.zscore(a + b) for a, b in product(runs["apart"], runs[other])]
        yield truth, runs


def correlations(truth: Truth, runs: Sequence[Floats]) -> Floats:
    """Spearman's with the truth for each share of the number of parameters, the mean over the runs ``[S]``."""
    sizes = truth.baselines["parameters"]
    each = [[stats.spearmanr(with_ranks(run, sizes, share), truth.mean).statistic for share in SHARES] for run in runs]
    return np.mean(each, axis=0)


def table(folders: Sequence[Path]) -> Iterator[str]:
    """A line an estimator."""
    found: dict[str, list[Floats]] = defaultdict(list)
    names, ceilings = [], []
    for folder in folders:
        study = Study([folder])
        ceilings += list(study.ceiling())
        for truth, runs in scores_of(study, folder):
            names.append(truth.name)
            for name, of in runs.items():
                found[name].append(correlations(truth, of))
    ceiling = float(np.mean(ceilings))
    shares = [f"+ {share:g} parameters" if share else "alone" for share in SHARES]
    yield from header("trained", *shares, f"+ 0.5, of the ceiling of {ceiling:.2f}", "gain of 0.5", *names)
    half = SHARES.index(0.5)
    for name, values in found.items():
        rhos = np.array(values)  # [R, S]
        means = " | ".join(f"{mean:+.2f}" for mean in rhos.mean(0))
        gain = rhos[:, half] - rhos[:, 0]
        each = " | ".join(f"{rho:+.2f}" for rho in rhos[:, half])
        told = f"{rhos[:, half].mean() / ceiling:.2f} | {gain.mean():+.2f} {interval(mean_interval(gain))}"
        yield f"| {name} | {means} | {told} | {each} |"


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=study_folder)
    print(*table(parser.parse_args().folders), sep="\n")


if __name__ == "__main__":
    main()
