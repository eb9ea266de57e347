"""What would networks trained alone tell, instead of a region's training? Paths with several seeds each, on the others.

python -m experiments.rank_correlation.alone FOLDER

An additive model of the accuracies of some of a truth's networks ranks the paths that it has not seen, the means of all
seeds. `tables.md` has the same of one seed a path; more paths tell more than more seeds, but a truth has only so many.
"""

import argparse
from collections.abc import Iterator

import numpy as np

from experiments.collect import study_folder
from experiments.rank_correlation.study import Study
from experiments.rank_correlation.tables import FEW, leaves_enough, told_alone
from experiments.readings import header


def table(study: Study) -> Iterator[str]:
    """A line for each number of paths and seeds that leaves ten paths to be told of."""
    seeds = min(truth.accuracy.shape[1] for truth in study.truths)
    size = np.mean([truth.region.size for truth in study.truths])
    yield from header("networks", "paths × seeds", "of training all paths once", "Spearman on the others", "by region")
    for few in (few for few in FEW if leaves_enough(study, few)):
        for several in range(1, seeds + 1):
            found, networks = told_alone(study, few, several), few * several
            each = " ".join(f"{v:+.2f}" for v in found)
            share = f"{100 * networks / size:.0f} %"
            yield f"| {networks} | {few} × {several} | {share} | {found.mean():+.2f} | {each} |"


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=study_folder)
    print(*table(Study([parser.parse_args().folder])), sep="\n")


if __name__ == "__main__":
    main()
