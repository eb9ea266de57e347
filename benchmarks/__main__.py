"""Run benchmarks that have a floor to be held against, and write a table of each: python -m benchmarks [NAME …]."""

from __future__ import annotations

import argparse

import torch

from benchmarks import at_once, modes, readouts, run, steps
from benchmarks.measure import write

BENCHMARKS = {"steps": steps, "modes": modes, "at_once": at_once, "readouts": readouts, "run": run}
BY_THEMSELVES = ("enumeration", "engine", "depthwise", "networks", "search_step_size")
"""Older ones, each a command of its own: python -m benchmarks.NAME."""


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all where none is given")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--list", action="store_true", help="say what there is, and run nothing")
    args = parser.parse_args()
    if unknown := set(args.names) - BENCHMARKS.keys():
        parser.error(f"unknown benchmarks {', '.join(sorted(unknown))}; choose from {', '.join(BENCHMARKS)}")
    if args.list:
        for name, module in BENCHMARKS.items():
            print(f"{name:12s}{(module.__doc__ or '').splitlines()[0]}")
        print("by themselves, as python -m benchmarks.NAME:", ", ".join(BY_THEMSELVES))
        return
    torch.set_num_threads(args.threads)
    for name in args.names or BENCHMARKS:
        module = BENCHMARKS[name]
        print(write(name, module.__doc__ or "", module.COLUMNS, module.rows(args.repeats)))


if __name__ == "__main__":
    main()
