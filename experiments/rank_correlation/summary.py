"""One line a study: what the estimators, the strongest free count and networks trained alone say of its regions.

python -m experiments.rank_correlation.summary experiments/rank_correlation/{cifar,textures,…}

"of 1" and "of 3" are one training, and the mean of three. Intervals as in `experiments.rank_correlation.analysis`.
"""

import argparse
from pathlib import Path

from experiments.rank_correlation.analysis import Study, told_alone
from experiments.readings import header, with_bounds

SMALL = {
    "epochs": 3,
    "batch_size": 25,
    "lr_end": 0.003,
    "alpha_warmup": 0.0,
    "candidate_dropout": 0.0,
    "mixing": "softmax",
}
LARGE = {**SMALL, "batch_size": 50, "lr_end": 0.00003}
ROWS = {
    "consensus, of 1": ({"name": "joint", **SMALL}, "consensus"),
    "consensus, of 3": ({"name": "joint", **SMALL}, "consensus, mean of 3"),
    "training_effects, of 1": ({"name": "fair", **LARGE}, "training_effects"),
    "training_effects, of 3": ({"name": "fair", **LARGE}, "training_effects, mean of 3"),
    "softmax(α)": ({"name": "joint", "alpha_lr": 0.01, **LARGE}, "weights"),
}
ALONE = (10, 30)


def cells(study: Study) -> list[str]:
    """The ceiling, each estimator, sinks, networks trained alone."""
    found = [f"{study.ceiling().mean():.2f}"]
    for wanted, reading in ROWS.values():
        names = [
            f"{label} / {reading}"
            for label, recipe in study.recipes.items()
            if wanted.items() <= recipe.items() and f"{label} / {reading}" in study.scores
        ]
        if names:
            value, drawn = study.estimator(names[0])
            found.append(with_bounds(value.mean(), study.interval(drawn)))
        else:
            found.append("")
    sinks, drawn = study.baseline("sinks")
    found.append(with_bounds(sinks.mean(), study.interval(drawn)))
    return found + [f"{told_alone(study, few).mean():+.2f}" for few in ALONE]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    args = parser.parse_args()
    print(*header("study", "regions", "ceiling", *ROWS, "sinks", *(f"{n} networks alone" for n in ALONE)), sep="\n")
    for folder in args.folders:
        study = Study(folder)
        print("| " + " | ".join([folder.name, str(len(study.truths)), *cells(study)]) + " |")


if __name__ == "__main__":
    main()
