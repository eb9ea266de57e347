"""Do networks as small as a region's, each trained alone, rank as the published ones? What its training could know.

python -m experiments.nas_bench_macro.networks FOLDER TRAININGS

Accuracies of the paths that FOLDER/truth.jsonl has, and scores of the trainings in TRAININGS/trainings.jsonl, against
the published accuracies of the same paths, with bootstrap intervals over these; then what a block is worth in each
stage, by an additive model on these paths of ranks by either accuracy, and by the trainings.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from experiments.collect import kept, study_folder, trainings_folder
from experiments.nas_bench_macro.analysis import places_of, worth_table
from experiments.rank_correlation.study import Floats, Truth, read_truth
from experiments.readings import header, readings
from fade.nets.vocabulary import BLOCKS
from fade.ranking import correlation, tied
from fade.space import Region
from fade.training.effects import main_effects
from fade.truth.table import digits_of, macro_table, table_rows

READOUT = "training_effects, last half alike"
"""Which was fixed for the trainings of the second study."""


def scores_of(training: Mapping[str, Any], digits: NDArray[np.int64]) -> Floats:
    """What a training says of strings of block numbers ``[N, D]``, whatever order its region has the blocks in."""
    region = Region.parse(training["cells"])
    paths = places_of(region)[np.arange(region.depth), digits]
    scores: Floats = readings(training, region.candidates)[READOUT](paths)
    return scores


def ranked(name: str, estimates: Sequence[Floats], published: Floats) -> str:
    """A line: Spearman's with its interval and Kendall's, means over the estimates."""
    found = [correlation(estimate, published, seed=0) for estimate in estimates]
    rho, low, high = (np.mean([getattr(each.spearman, bound) for each in found]) for bound in ("value", "low", "high"))
    tau = np.mean([each.kendall.value for each in found])
    return f"| {name} | {rho:.3f} [{low:.3f}, {high:.3f}] | {tau:.3f} |"


def tables(truth: Truth, trainings: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Both tables."""
    digits = digits_of(truth.region, truth.paths)
    published = tied(macro_table().accuracy[table_rows(digits)].mean(1))
    scores = [scores_of(training, digits) for training in trainings]
    yield from header(f"what ranks {len(digits)} paths", "Spearman, published accuracies", "Kendall")
    yield ranked("networks trained alone", [truth.mean], published)
    for seed, each in enumerate(truth.accuracy.T if truth.accuracy.shape[1] > 1 else []):
        yield ranked(f"networks trained alone, seed {seed}", [each], published)
    yield ranked(f"a region's training, mean of {len(scores)}", scores, published)
    yield ""
    yield from header(f"what ranks {len(digits)} paths", "Spearman, networks trained alone", "Kendall")
    yield ranked(f"a region's training, mean of {len(scores)}", scores, truth.mean)
    yield ""
    values = {"published": [published], "alone": [truth.mean], "training": scores}
    worth = {
        name: np.mean([standardised(main_effects(digits, stats.rankdata(each), len(BLOCKS))) for each in of], axis=0)
        for name, of in values.items()
    }
    yield from worth_table(worth)


def standardised(effects: Floats) -> Floats:
    """Effects over their spread."""
    return np.asarray(effects / effects.std())


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=study_folder)
    parser.add_argument("trainings", type=trainings_folder)
    asked = parser.parse_args()
    (truth,) = map(read_truth, kept(asked.folder / "truth.jsonl"))
    print(*tables(truth, kept(asked.trainings / "trainings.jsonl")), sep="\n")


if __name__ == "__main__":
    main()
