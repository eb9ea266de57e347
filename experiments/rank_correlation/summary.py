"""One line a study: what the estimators, the strongest free count and networks trained alone say of its regions.

python -m experiments.rank_correlation.summary experiments/rank_correlation/{cifar,textures,…}

FOLDER:OTHER reads the trainings of another study of the same regions. "Networks alone" are an additive model of so
many with one seed each. "Additive part" is the default's correlation with what an additive model says of the truth, and
the ceiling of that. Intervals as in `experiments.rank_correlation.analysis`.
"""

import argparse
from pathlib import Path

from experiments.rank_correlation.analysis import DEFAULT, FAIR, JOINT
from experiments.rank_correlation.study import Study
from experiments.rank_correlation.tables import additive, leaves_enough, shown, told_alone
from experiments.readings import header, with_bounds

COLUMNS = {
    "both kinds, 3 + 3 × 1 epochs": DEFAULT,
    "joint, 3 × 1": JOINT,
    "fair, 3 × 1": FAIR,
    "softmax(α)": "joint, 3 epochs, batches of 50, annealed / weights",
}
ALONE = (10, 30)


def cells(study: Study) -> list[str]:
    """The ceiling, each estimator, the additive part, sinks, networks trained alone; blank where there are none."""
    found = [shown(study.ceiling().mean())]
    for name in COLUMNS.values():
        if name in study.scores:
            value, drawn = study.estimator(name)
            found.append(with_bounds(value.mean(), study.interval(drawn)))
        else:
            found.append("")
    if DEFAULT in study.scores:
        found.append(f"{study.mean_of(DEFAULT, additive):+.2f} of {shown(study.ceiling(additive=True).mean())}")
    else:
        found.append("")
    sinks, drawn = study.baseline("sinks")
    found.append(with_bounds(sinks.mean(), study.interval(drawn)))
    return found + [f"{told_alone(study, n).mean():+.2f}" if leaves_enough(study, n) else "" for n in ALONE]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", metavar="FOLDER[:OTHER]")
    args = parser.parse_args()
    alone = [f"{few} networks alone" for few in ALONE]
    print(*header("study", "regions", "ceiling", *COLUMNS, "additive part", "sinks", *alone), sep="\n")
    for given in args.folders:
        folder, *others = map(Path, given.split(":"))
        study = Study([folder], others)
        print("| " + " | ".join([folder.name, str(len(study.truths)), *cells(study)]) + " |")


if __name__ == "__main__":
    main()
