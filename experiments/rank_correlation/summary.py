"""One line a study: what the estimators, the strongest free count and networks trained alone say of its regions.

python -m experiments.rank_correlation.summary experiments/rank_correlation/{cifar,textures,…}

"of 1" and "of 3" are one training and `trainer.repeats=3`, "networks alone" an additive model of so many with one
seed each. Intervals as in `experiments.rank_correlation.analysis`.
"""

import argparse
from pathlib import Path

from experiments.rank_correlation.analysis import Study, leaves_enough, shown, told_alone
from experiments.readings import header, recipe, with_bounds

SETTING = {"epochs": 3, "batch_size": 50}
CONSENSUS = {"name": "joint", "region_batch_size": 25, "anneal": False, **SETTING}
FAIR = {"name": "fair", "alpha_lr": 0.0, **SETTING}
PAPER = {"name": "joint", **SETTING}
COLUMNS = {
    "consensus, of 1": (CONSENSUS, "consensus"),
    "consensus, of 3": (CONSENSUS, "consensus, mean of 3"),
    "training_effects, of 1": (FAIR, "training_effects"),
    "training_effects, of 3": (FAIR, "training_effects, mean of 3"),
    "softmax(α)": (PAPER, "weights"),
}
ALONE = (10, 30)


def cells(study: Study) -> list[str]:
    """The ceiling, each estimator, sinks, networks trained alone; blank where there are none."""
    found = [shown(study.ceiling().mean())]
    for trainer, reading in COLUMNS.values():
        labels = [label for label, each in study.recipes.items() if each == recipe(trainer)]
        name = f"{labels[0]} / {reading}" if labels else ""
        if name in study.scores:
            value, drawn = study.estimator(name)
            found.append(with_bounds(value.mean(), study.interval(drawn)))
        else:
            found.append("")
    sinks, drawn = study.baseline("sinks")
    found.append(with_bounds(sinks.mean(), study.interval(drawn)))
    return found + [f"{told_alone(study, n).mean():+.2f}" if leaves_enough(study, n) else "" for n in ALONE]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    args = parser.parse_args()
    print(*header("study", "regions", "ceiling", *COLUMNS, "sinks", *(f"{n} networks alone" for n in ALONE)), sep="\n")
    for folder in args.folders:
        study = Study(folder)
        print("| " + " | ".join([folder.name, str(len(study.truths)), *cells(study)]) + " |")


if __name__ == "__main__":
    main()
