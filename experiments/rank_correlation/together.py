"""What do a few networks trained alone add to what a region's training says of the others?

python -m experiments.rank_correlation.together FOLDER…

The sum of a training's scores and of what an additive model of some of the networks says, each over its spread;
Spearman's on the paths of the truth that the model has not seen. Means over draws of paths and seeds, over runs, and
over the regions of all folders. Trainings are today's default and, where paths apart are kept, those of `capacity`.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from scipy import stats

from experiments.collect import study_folder
from experiments.rank_correlation.analysis import DEFAULT
from experiments.rank_correlation.capacity import Runs, scores_of
from experiments.rank_correlation.study import Study, Truth
from experiments.rank_correlation.tables import FEW, leaves_enough, told_alone, told_together
from experiments.readings import header


def beside_default(study: Study, folder: Path) -> Iterator[tuple[Truth, Runs]]:
    """The runs of today's default in each region and, where paths apart are kept, those of `capacity`."""
    longer = (folder / "subregions.jsonl").exists()
    known = {truth.name: runs for truth, runs in scores_of(study, folder)} if longer else {}
    for truth in study.truths:
        default = {"default": [stats.zscore(scores) for scores in study.scores[DEFAULT][truth.name]]}
        yield truth, default | known.get(truth.name, {})


def table(folders: Sequence[Path]) -> Iterator[str]:
    """A line for each number of networks trained alone; a column for these, and one for each training beside them."""
    studies = [Study([folder]) for folder in folders]
    numbers = [few for few in FEW if all(leaves_enough(study, few) for study in studies)]
    found: dict[str, list[list[float]]] = defaultdict(list)  # a list a region: of no network alone, and of each number
    for study, folder in zip(studies, folders, strict=True):
        alone = [told_alone(study, few) for few in numbers]
        found["no training"] += np.transpose([np.full(len(study.truths), np.nan), *alone]).tolist()
        for truth, of in beside_default(study, folder):
            for name, runs in of.items():
                by_itself = float(np.mean([stats.spearmanr(run, truth.mean).statistic for run in runs]))
                found[name].append([by_itself, *(told_together(truth, few, runs) for few in numbers)])
    ceiling = np.mean([value for study in studies for value in study.ceiling()])
    size = np.mean([truth.region.size for study in studies for truth in study.truths])
    yield from header("networks alone", "of training all paths", *(f"{name}, of the ceiling" for name in found))
    means = np.mean(list(found.values()), axis=1)  # [T, numbers]
    for few, each in zip([0, *numbers], means.T, strict=True):
        told = ["" if np.isnan(value) else f"{value:+.2f}, {value / ceiling:.2f}" for value in each]
        yield f"| {few} | {100 * few / size:.0f} % | {' | '.join(told)} |"


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=study_folder)
    print(*table(parser.parse_args().folders), sep="\n")


if __name__ == "__main__":
    main()
