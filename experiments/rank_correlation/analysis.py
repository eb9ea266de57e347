"""Tables and figures of a study of ranks, from its raw results (truth.jsonl and trainings.jsonl), into its folder.

python -m experiments.rank_correlation.analysis experiments/rank_correlation/NAME [--default 'RECIPE / READ-OUT']

Several folders are read as one study of all their regions, into `with_OTHERS` in the first. The tables say which
command made them.
"""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from experiments.collect import study_folder, trainings_folder
from experiments.rank_correlation.figures import overview, scatter
from experiments.rank_correlation.study import Study
from experiments.rank_correlation.tables import (
    alone_table,
    comparison_table,
    cost_table,
    estimator_table,
    recipe_table,
    region_table,
    stages_table,
)

NUMBERS = """
Every number is a mean over regions (over the runs of a recipe first; "mean of n" reads the trainings of n runs as those
of one, for n times the price). Intervals are 95 % percentile bootstraps
that draw regions, and within each its paths, the same ones for all that is compared; that of a difference is given by
Student's interval over the regions too, which holds what it says where bootstraps are too wide or too narrow
(`experiments.rank_correlation.coverage`). The sign of a baseline is that of its mean correlation in the other regions.
"""

JOINT = "joint, 3 × 1 epochs, batches of 25, constant / consensus"
DEFAULT = "joint, 3 × 1 epochs, batches of 25, constant, fair_repeats 3 / consensus"
"""`trainer=consensus`, its batches half of the networks' as its default has them."""
FAIR = "fair, 3 × 1 epochs, batches of 25, constant / training_effects"
ROWS = 30


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Those of the command line, where none are given."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=f"{__doc__}{NUMBERS}", formatter_class=form)
    parser.add_argument("folders", type=study_folder, nargs="+", metavar="FOLDER")
    parser.add_argument("--default", default=DEFAULT, help="the estimator to compare with the baselines")
    parser.add_argument(
        "--trainings",
        type=trainings_folder,
        nargs="+",
        default=(),
        help="other folders, whose trainings of these regions are read",
    )
    parser.add_argument("--regions", nargs="+", default=(), help="of these alone, into a folder of its own")
    parser.add_argument("--rows", type=int, default=ROWS, help="of the table of estimators")
    return parser.parse_args(words)


def command(args: argparse.Namespace) -> str:
    """What makes the same tables again, whichever estimator is the default by then."""
    words = [*args.folders, "--default", args.default]
    for option in ("trainings", "regions"):
        if values := getattr(args, option):
            words += [f"--{option}", *values]
    if args.rows != ROWS:
        words += ["--rows", args.rows]
    return shlex.join(["python", "-m", "experiments.rank_correlation.analysis", *map(str, words)])


def target(args: argparse.Namespace) -> Path:
    """The folder of the tables and figures."""
    folder, *others = args.folders
    if others:
        folder = folder / "_".join(["with", *(other.name for other in others)])
    if args.regions:
        folder = folder / "_".join(["regions", *args.regions])
    return folder


def page(args: argparse.Namespace, study: Study) -> str:
    """All tables, and how they are made and read."""
    name, default = " with ".join(folder.name for folder in args.folders), args.default
    tables = {
        f"Regions, and `{default}`": region_table(study, default),
        "Estimators, best first": estimator_table(study, args.rows),
        "By recipe and read-out, one run each": recipe_table(study),
        "Against what is free": comparison_table(study, default),
        "What networks trained alone tell": alone_table(study),
        "By stage": stages_table(study, [name for name in dict.fromkeys((default, FAIR)) if name in study.scores]),
        "Cost": cost_table(study),
    }
    text = "\n\n".join(f"## {title}\n{table}" for title, table in tables.items())
    return f"# {name}: tables\n```\n{command(args)}\n```\n{NUMBERS}\n{text}\n"


def main() -> None:
    args = arguments()
    study = Study(args.folders, args.trainings, args.regions)
    if args.default not in study.scores:
        choices = "\n".join(study.scores)
        sys.exit(f"--default={args.default} has not been run in every region; choose from\n{choices}")
    folder = target(args)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tables.md").write_text(page(args, study))
    for stem, figure in (("scores", scatter(study, args.default)), ("estimators", overview(study, args.default))):
        figure.savefig(folder / f"{stem}.png", dpi=160)


if __name__ == "__main__":
    main()
