"""Measure how the cost of a region grows, and print the fitted laws.

python -m experiments.cost_scaling [--afresh] [--passes 3]

Points are timed in several passes, each in an order of its own, so that what else the machine does for a while does not
grow with a size. A time is written as soon as it is known: run it again to go on where it stopped.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from random import Random

import torch

from experiments.cost_scaling.measure import Work
from experiments.cost_scaling.points import points
from experiments.cost_scaling.study import TIMINGS, constants
from experiments.rows import load, save


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--afresh", action="store_true", help="forget what was measured before")
    parser.add_argument("--passes", type=int, default=3, help="times that each point is timed (default: 3)")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    if asked.afresh:
        TIMINGS.unlink(missing_ok=True)
    columns = list(asdict(next(points())))
    rows = {tuple(row[column] for column in columns): row for row in load(TIMINGS)}
    warm: set[tuple[object, ...]] = set()
    for number in range(asked.passes):
        todo = list(points())
        Random(number).shuffle(todo)
        for point in todo:
            work = Work(point)
            if point.key not in rows:
                rows[point.key] = asdict(point) | work.known() | {"seconds": [], "processor_seconds": []}
            row = rows[point.key]
            if len(row["seconds"]) > number:
                continue
            if point.key not in warm:
                work.warm_up()
                warm.add(point.key)
            clock, processor = work.seconds()
            row["seconds"].append(clock)
            row["processor_seconds"].append(processor)
            save(TIMINGS, rows.values())
            print(number + 1, *point.key, f"{clock:.3f} s", flush=True)
    print(constants())


if __name__ == "__main__":
    main()
