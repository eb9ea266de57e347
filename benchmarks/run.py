"""Where the time of a whole `fade` run goes, part by part: the demo, from the command to its report.

Seconds on the clock; trainings that run side by side are counted while they run. The floor is the time of the trainings
alone on all cores, as if they could be shared out evenly: a run cannot be faster than that.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measure import Timing

COLUMNS = ("part", "seconds")
CORES = 2


def command(folder: Path, store: Path, *more: str) -> float:
    """Seconds of `fade experiment=demo`."""
    words = [f"hydra.run.dir={folder}", f"store={store}", f"outputs={folder}/outputs", *more]
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "fade", "experiment=demo", *words], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def rows(repeats: int) -> list[tuple[str, ...]]:
    """The parts of one run, the fixed ones as the medians of several."""
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole = command(folder / "first", folder / "store")
        metrics = json.loads((folder / "first" / "metrics.json").read_text(encoding="utf-8"))
        trainings = metrics["cost"]["seconds"] + metrics["cost"]["measure_seconds"]
        again = [command(folder / str(n), folder / "store") for n in range(min(repeats, 3))]
        silent = [command(folder / f"s{n}", folder / "store", "tracking=none") for n in range(min(repeats, 3))]
        composed = [command(folder / f"c{n}", folder / "store", "--cfg", "job") for n in range(min(repeats, 3))]
        found = [
            ("the whole command", f"{whole:.1f}"),
            (f"its trainings, summed, over {CORES} cores (the floor)", f"{trainings / CORES:.1f}"),
            ("all the rest: the same command with everything in the store", Timing.of(again).seconds(1)),
            ("— without Weights & Biases", Timing.of(silent).seconds(1)),
            ("— composing and printing the configuration alone", Timing.of(composed).seconds(1)),
        ]
    for row in found:
        print(" | ".join(row), flush=True)
    return found
