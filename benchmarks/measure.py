"""Timing of several ways to do one work: in turn, so that what else the machine does falls on all alike."""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import torch

from fade.training.peak import peak_flops_per_second

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Timing:
    """Seconds of one step: the median over repeats, the fastest and the slowest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Timing:
        """The timing of several repeats."""
        return cls(statistics.median(seconds), min(seconds), max(seconds))

    def __str__(self) -> str:
        """In milliseconds."""
        return f"{1000 * self.median:.1f} [{1000 * self.low:.1f}, {1000 * self.high:.1f}]"

    def seconds(self, digits: int) -> str:
        """In seconds."""
        return f"{self.median:.{digits}f} [{self.low:.{digits}f}, {self.high:.{digits}f}]"


def alternating(work: Mapping[str, Callable[[], object]], repeats: int, least: float = 0.05) -> dict[str, Timing]:
    """Time each way in turn, `repeats` times; a repeat lasts at least `least` seconds."""
    ways = {}
    for name, step in work.items():
        step()
        ways[name] = partial(_mean_seconds, step, max(1, round(least / _mean_seconds(step, 1))))
    return in_turn(ways, repeats)


def _mean_seconds(step: Callable[[], object], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        step()
    return (time.perf_counter() - start) / times


def in_turn(ways: Mapping[str, Callable[[], float]], repeats: int) -> dict[str, Timing]:
    """Take each way in turn, `repeats` times after a first one; each returns its own seconds."""
    _, *rounds = [{name: way() for name, way in ways.items()} for _ in range(repeats + 1)]
    return {name: Timing.of([each[name] for each in rounds]) for name in ways}


def write(name: str, what: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Path:
    """One table into `benchmarks/NAME.md`, with the command, the device and the versions."""
    device = f"{processor()}, {torch.get_num_threads()} threads"
    head = [
        f"# {name}",
        "",
        what.strip(),
        "",
        f"`python -m benchmarks {name} --threads {torch.get_num_threads()}`, {date.today()}, {device}, "
        f"torch {torch.__version__}, Python {platform.python_version()}; median [fastest, slowest]; the peak is a "
        f"matrix product of 1,024 × 1,024, {peak_flops_per_second() / 1e9:.0f} GFLOP/s.",
        "",
    ]
    table = ["| " + " | ".join(line) + " |" for line in (columns, *rows)]
    table.insert(1, "|---|" + "---:|" * (len(columns) - 1))
    threads = torch.get_num_threads()
    file = HERE / (f"{name}.md" if threads == 1 else f"{name}_{threads}_threads.md")
    file.write_text("\n".join([*head, *table, ""]), encoding="utf-8")
    return file


def processor() -> str:
    """The name of the CPU."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
