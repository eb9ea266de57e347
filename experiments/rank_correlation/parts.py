"""What the parts of a consensus are worth, alone and together: sums of them, each over its spread over the paths.

python -m experiments.rank_correlation.parts experiments/rank_correlation/{cifar_ten_alike,cifar_ten_long:…,…}

FOLDER:OTHER reads the trainings of another study of the same regions. Beside each sum its mean lead over the number of
sinks over the regions, by Student's interval, where a study has three regions or more.
"""

import argparse
from pathlib import Path

import numpy as np
from scipy import stats

from experiments.rank_correlation.analysis import FAIR, JOINT
from experiments.rank_correlation.study import Floats, Study
from experiments.readings import header
from fade.report.estimates import mean_interval
from fade.report.quantity import interval

JOINTLY = JOINT.rsplit(" / ", 1)[0]
PARTS = (FAIR, f"{JOINTLY} / accuracy_effects", f"{JOINTLY} / weights_mean, log_sum")
"""Training effects of `fair` trainings; accuracy effects and log mean softmax(α) of `joint` ones."""
WEIGHTS = (
    (1, 0, 0),
    (0, 1, 0),
    (0, 0, 1),
    (0, 1, 0.5),
    (0, 1, 1),
    (1, 1, 0),
    (1, 0, 1),
    (1, 0.5, 0.5),
    (1, 1, 0.5),
    (1, 1, 1),
)
"""Of the parts in the sums."""


def correlations(study: Study, weights: tuple[float, ...]) -> Floats:
    """Spearman's of a sum in each region, the mean over the runs of each part taken first."""
    found = []
    for truth in study.truths:
        parts = [
            weight * stats.zscore(np.mean([stats.zscore(run) for run in study.scores[part][truth.name]], axis=0))
            for part, weight in zip(PARTS, weights, strict=True)
            if weight
        ]
        found.append(stats.spearmanr(sum(parts), truth.mean).statistic)
    return np.array(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", metavar="FOLDER[:OTHER]")
    args = parser.parse_args()
    studies = {}
    for given in args.folders:
        folder, *others = map(Path, given.split(":"))
        studies[folder.name] = Study([folder], others)
    sinks = {name: study.baseline("sinks")[0] for name, study in studies.items()}
    names = [f"{name} ({len(study.truths)})" for name, study in studies.items()]
    print(*header("training effects", "accuracy effects", "log α", *names, "mean"), sep="\n")
    for weights in WEIGHTS:
        cells, means = [], []
        for name, study in studies.items():
            values = correlations(study, weights)
            lead = values - sinks[name]
            means.append(values.mean())
            over = f" ({lead.mean():+.2f} {interval(mean_interval(lead))})" if len(lead) > 2 else ""
            cells.append(f"{values.mean():.2f}{over}")
        shown = [f"{weight:g}" if weight else "" for weight in weights]
        print("| " + " | ".join([*shown, *cells, f"{np.mean(means):.3f}"]) + " |")


if __name__ == "__main__":
    main()
