"""Rebuild the tables and figures of studies from their raw rows.

python -m experiments.analyse [STUDY …]

The table of a study goes between the markers of its README.md, the figure into figure.png beside it. Without names it
rebuilds all studies, and the table of all of them in experiments/README.md and in the README of the project.
"""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path
from types import ModuleType

from experiments import figures, pages

HERE = Path(__file__).parent
STUDIES = ("rank_correlation", "matched_regions", "nas_bench_macro", "normalisation", "first_light", "cost_scaling")


def study(name: str) -> ModuleType:
    """Its module, with `content`, `figure` and `claims`."""
    return import_module(f"experiments.{name}.study")


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", nargs="*", metavar="STUDY", help=f"of {', '.join(STUDIES)}")
    names = parser.parse_args().studies
    if unknown := set(names) - set(STUDIES):
        parser.error(f"unknown studies {', '.join(sorted(unknown))}; choose from {', '.join(STUDIES)}")
    for name in names or STUDIES:
        module = study(name)
        pages.insert(HERE / name / "README.md", module.content())
        figures.save(module.figure(), HERE / name / "figure.png")
        print(HERE / name)
    if not names:
        found = [claim for name in STUDIES for claim in study(name).claims()]
        claims = sorted(found, key=lambda claim: "held out" not in claim.data)  # which is first
        for page in (HERE / "README.md", HERE.parent / "README.md"):
            pages.insert(page, pages.claims_table(claims))
            print(page)


if __name__ == "__main__":
    main()
