"""Which ops does an estimator favour? Numbers of each op in a candidate against its effect, within stages.

python -m experiments.rank_correlation.ops FOLDER --recipes RECIPE…

A line has Pearson's correlations over the candidates of all regions of a study, of the truth's effects on accuracies
and of those of each recipe on the accuracies of its paths, means over its runs.
"""

import argparse
import re
from collections.abc import Mapping, Sequence

import numpy as np

from experiments.collect import kept, study_folder
from experiments.rank_correlation.study import Floats, Truth, read_truth
from experiments.rank_correlation.subregions import by_region, effects
from experiments.readings import header, named
from fade.training.effects import main_effects


def counts(truth: Truth, op: str) -> Floats:
    """How often each candidate has an op ``[D, K]``."""
    found = [[len(re.findall(rf":{op}\b", str(cell))) for cell in stage] for stage in truth.region.cells]
    return np.array(found, dtype=np.float64)


def favour(found: Mapping[str, Floats], truths: Sequence[Truth], op: str) -> float:
    """Pearson's correlation of the number of an op with effects, both less their mean in the stage."""
    pairs = [(counts(truth, op), found[truth.name]) for truth in truths]
    number, effect = (
        np.concatenate([(v - v.mean(1, keepdims=True)).ravel() for v in of]) for of in zip(*pairs, strict=True)
    )
    return float(np.corrcoef(number, effect)[0, 1])


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=study_folder)
    parser.add_argument("--recipes", nargs="+", default=(), help="as in tables.md")
    parser.add_argument("--regions", nargs="+", default=(), help="all where there are none")
    asked = parser.parse_args()
    truths = [read_truth(row) for row in kept(asked.folder / "truth.jsonl")]
    truths = [truth for truth in truths if not asked.regions or truth.name in asked.regions]
    rows = by_region(kept(asked.folder / "trainings.jsonl"))
    lines = {"truth": {t.name: main_effects(t.paths, t.mean, t.region.candidates) for t in truths}}
    for recipe in asked.recipes:
        lines[recipe] = {
            t.name: np.mean(
                [
                    effects([row["path_losses"]], t.region.candidates)
                    for row in rows[t.name]
                    if named(row["trainer"]) == recipe and "path_losses" in row
                ],
                axis=0,
            )
            for t in truths
        }
    ops = sorted({op for truth in truths for op in re.findall(r":(\w+)", str(truth.region.texts))})
    print(*header("effects of", *ops), sep="\n")
    for name, found in lines.items():
        print(f"| {name} | " + " | ".join(f"{favour(found, truths, op):+.2f}" for op in ops) + " |")


if __name__ == "__main__":
    main()
