"""The command `fade-report`: rebuild reports from the files of finished or killed runs, without training."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from fade import run_files
from fade.errors import with_type


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Answer a wrong command line in one line."""
        self.exit(2, f"fade-report: error: {message}; see fade-report --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the report of each folder named and print where it is.

    Args:
        arguments: The command line, by default that of the process.

    Returns:
        0, or 2 if a folder is neither a run nor a sweep or its files are damaged; the others are built all the same.
    """
    parser = _Parser(
        prog="fade-report", description="Rebuild report.html from the files of runs and sweeps, without training."
    )
    help_ = "folder of a run (finished or not) or of a sweep; jobs of a sweep without a report get theirs, too"
    parser.add_argument("paths", metavar="PATH", nargs="+", type=Path, help=help_)
    code = 0
    for folder in parser.parse_args(arguments).paths:
        try:
            print(build(folder))
        except (ValueError, OSError) as error:
            print(f"fade-report: error: {error}", file=sys.stderr)
            code = 2
        except KeyError as error:
            print(
                f"fade-report: error: the files of {folder} have no {error}; are they of this version?", file=sys.stderr
            )
            code = 2
        except (TypeError, IndexError, AttributeError) as error:
            print(
                f"fade-report: error: the files of {folder} hold what no run writes ({with_type(error)}); are they of "
                "this version?",
                file=sys.stderr,
            )
            code = 2
    return code


def build(folder: Path) -> Path:
    """Build the report of a run or of a sweep, whichever the folder is."""
    from fade.report.run import build_run
    from fade.report.sweep import build_sweep

    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder; give the folder of a run or a sweep")
    if not (folder / run_files.SWEEP).is_file():
        inside = sorted(
            path.parent for name in (run_files.SWEEP, run_files.REGIONS) for path in folder.glob(f"*/{name}")
        )
        if inside and not (folder / run_files.REGIONS).is_file() and not (folder / run_files.METRICS).is_file():
            raise ValueError(f"{folder} is no run but holds some; the newest is {inside[-1]}")
        return build_run(folder)
    for job in run_files.read_sweep(folder):
        place = folder / str(job["folder"])
        begun = (place / run_files.METRICS).is_file() or (place / run_files.REGIONS).is_file()
        if begun and not (place / run_files.REPORT).is_file():
            build_run(place)
    return build_sweep(folder)


if __name__ == "__main__":
    sys.exit(main())
